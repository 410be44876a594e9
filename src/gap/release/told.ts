/** What the journal says of a Release. */
import { type Current, type Entry, isEnd } from './journal.ts';
import { type Phase, type ReleaseObject, type ReleaseStatus, STEPS_MAX } from './release-kind.ts';

export type Told = Pick<ReleaseStatus, 'phase'> &
  Partial<Pick<ReleaseStatus, 'steps' | 'attempt' | 'before'>>;

/** What the journal says of an object: of the newest attempt that was made for it since it was made. Pure. */
export function toldBy(object: ReleaseObject, entries: readonly Entry[], current: Current | undefined): Told {
  const started = entries.findLast(
    ({ why, at }) =>
      why?.object === object.metadata.name &&
      Date.parse(at) >= Date.parse(object.metadata.creationTimestamp ?? ''),
  );
  const phase = object.status?.phase ?? 'Planning';
  if (started === undefined) return { phase };
  const own = entries.filter(({ attempt }) => attempt === started.attempt);
  const last = own.at(-1) ?? started;
  const { attempt } = started;
  const steps = own.slice(-STEPS_MAX).map(({ step, at, message }) => ({ step, at, message }));
  if (!isEnd(last.step)) return { phase: 'Upgrading', attempt, steps };
  const runs = current !== undefined && current.digest === object.spec.apply;
  if (started.why?.kind === 'apply') {
    if (last.step !== 'Confirmed') return { phase: last.step as Phase, attempt, steps };
    const [before] = runs ? current.before : [];
    return {
      phase: runs ? 'Running' : 'Replaced',
      attempt,
      steps,
      ...(before === undefined ? {} : { before: { version: before.version, digest: before.digest } }),
    };
  }
  if (last.step === 'Confirmed') return { phase: 'RolledBack', attempt, steps };
  return { phase: runs ? 'Running' : 'Replaced', attempt, steps };
}
