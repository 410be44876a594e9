/** What can be done to an instance now, and why the rest cannot. Pure. */
import type { TextId } from '../../texts/en.ts';
import type { InstanceSpec, InstanceStatus } from './instance.ts';

export type PowerAction = 'start' | 'stop' | 'restart';

/** `isDeleting`: somebody has deleted it. */
export function possible(
  spec: Pick<InstanceSpec, 'powerState' | 'restartedAt'>,
  status: Pick<InstanceStatus, 'phase' | 'restoring' | 'restartedAt'>,
  isDeleting: boolean,
): Readonly<Record<PowerAction, TextId | undefined>> {
  const common: TextId | undefined = isDeleting
    ? 'compute.power.deleting'
    : status.restoring === undefined
      ? undefined
      : 'compute.power.restoring';
  const isRunning = spec.powerState === 'Running';
  const isRestarting = spec.restartedAt !== undefined && spec.restartedAt !== status.restartedAt;
  return {
    start: common ?? (isRunning ? 'compute.power.runs' : undefined),
    stop: common ?? (isRunning ? undefined : 'compute.power.stopped'),
    restart:
      common ??
      (!isRunning || status.phase !== 'Running'
        ? 'compute.power.notRunning'
        : isRestarting
          ? 'compute.power.restarts'
          : undefined),
  };
}

/** The change that an action is, as a merge patch. `now`: RFC 3339. */
export function patchFor(action: PowerAction, now: string): object {
  switch (action) {
    case 'start':
      return { spec: { powerState: 'Running' } };
    case 'stop':
      return { spec: { powerState: 'Stopped' } };
    case 'restart':
      return { spec: { restartedAt: now } };
  }
}
