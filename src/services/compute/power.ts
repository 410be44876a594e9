/** Brings an instance into the power state it should have; asks its system nicely first, and pulls the plug when it does not listen. */
import { isIncusError } from '#engines/incus/errors.ts';
import { INSTANCE_STATUS, type IncusInstance } from '#engines/incus/types.ts';
import type { ComputeContext } from './context.ts';

/** How long a guest may take to shut down. A virtual machine has a kernel, and disks of its own to write to, as well. */
export const SHUTDOWN_LIMIT_S = { container: 20, 'virtual-machine': 90 } as const;

export interface Power {
  readonly running: boolean;
  /** It was started just now. */
  readonly started: boolean;
}

/** `restart`: a running instance is stopped and started once more. */
export async function setPower(
  compute: ComputeContext,
  project: string,
  current: IncusInstance,
  wanted: 'Running' | 'Stopped',
  restart: boolean,
): Promise<Power> {
  const { instances } = compute.incus;
  const { name } = current;
  // Asked anew: the update before this may have stopped it, or the guest itself.
  let code = (await instances.get(project, name)).value.status_code;
  if (code === INSTANCE_STATUS.frozen) {
    await instances.setState(project, name, { action: 'unfreeze' });
    code = INSTANCE_STATUS.running;
  }
  const running = code === INSTANCE_STATUS.running;
  if (running && (wanted === 'Stopped' || restart)) {
    await off(compute, project, current);
    if (wanted === 'Stopped') return { running: false, started: false };
    await on(compute, project, name);
    return { running: true, started: true };
  }
  if (running === (wanted === 'Running')) return { running, started: false };
  if (wanted === 'Stopped') {
    await forceOff(compute, project, name); // neither running nor stopped: it broke
    return { running: false, started: false };
  }
  await on(compute, project, name);
  return { running: true, started: true };
}

async function on({ incus }: ComputeContext, project: string, name: string): Promise<void> {
  try {
    await incus.instances.setState(project, name, { action: 'start' });
  } catch (error) {
    if (!isIncusError(error, 'Conflict') || !/already running/i.test(error.message)) throw error;
  }
}

async function off(compute: ComputeContext, project: string, { name, type }: IncusInstance): Promise<void> {
  try {
    const timeout_s = SHUTDOWN_LIMIT_S[type];
    await compute.incus.instances.setState(project, name, { action: 'stop', timeout_s });
  } catch (error) {
    if (!isIncusError(error) || isIncusError(error, 'Unavailable')) throw error;
    await forceOff(compute, project, name);
  }
}

/** Pulls the plug; no error when it is off. */
export async function forceOff({ incus }: ComputeContext, project: string, name: string): Promise<void> {
  try {
    await incus.instances.setState(project, name, { action: 'stop', force: true });
  } catch (error) {
    if (isIncusError(error, 'NotFound')) return;
    if (!isIncusError(error) || !/already stopped|not running/i.test(error.message)) throw error;
  }
}
