/**
 * Plans a Release, waits for people, has begun what they agreed to, and writes down what is done to have it run: each step of the journal becomes a leaf, late where the
 * region was not there while it was taken. Takes no step itself, and could not: they are taken by the machine's owner.
 */
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import { setCondition } from '#kernel/reconcile/conditions.ts';
import { BundleError } from '../bundle/problem.ts';
import { BundleImport } from '../import/import-kind.ts';
import { toBegin } from './begin.ts';
import { type Entry, isEnd } from './journal.ts';
import { planOf } from './plan.ts';
import { type Phase, Release, type ReleaseObject, type ReleaseStatus } from './release-kind.ts';
import type { ReleaseSource } from './source.ts';
import { toldBy } from './told.ts';

/** While steps are taken. */
const LOOK_MS = 500;
/** While what was agreed to is not begun, or not published. */
const WAIT_MS = 5_000;
/** Without a step for so long, whoever took them may be gone: that is asked for, as often. */
const SILENT_MS = 60_000;
const MESSAGE_MAX = 2_000;

export type Source = Pick<
  ReleaseSource,
  'published' | 'config' | 'running' | 'journal' | 'current' | 'begin'
>;

export function releaseController(source: Source): Controller {
  let asked_ms = Number.NEGATIVE_INFINITY;
  /** Whether to ask now for who takes the steps, of which `last` was the newest. */
  const isSilent = (last: Entry, now_ms: number): boolean => {
    if (now_ms - Math.max(asked_ms, Date.parse(last.at)) <= SILENT_MS) return false;
    asked_ms = now_ms;
    return true;
  };
  return {
    name: 'releases',
    realms: ['region'],
    kind: Release,
    concurrency: 1,
    async reconcile(key, context): Promise<RetryAfter | undefined> {
      const object = context.realm.view.get(Release, key);
      if (object === undefined || object.metadata.deletionTimestamp !== undefined) return undefined;
      const phase = object.status?.phase ?? 'Planning';
      if (phase === 'Planning' || phase === 'Blocked') return plan(object, source, context);
      if (phase === 'AwaitingApproval') {
        if (object.spec.apply !== undefined) await write(object, context, { phase: 'Approved' });
        return object.spec.apply === undefined ? undefined : { retryAfter_ms: LOOK_MS };
      }
      return tell(object, source, context, isSilent);
    },
  };
}

async function plan(
  object: ReleaseObject,
  source: Source,
  context: ReconcileContext,
): Promise<RetryAfter | undefined> {
  const { version } = object.spec;
  const published = await source.published(version);
  if (published === undefined) {
    const message = `no release ${version} was published here: casemate gap import BUNDLE, then casemate gap publish`;
    await write(object, context, { phase: 'Blocked' }, { reason: 'NotPublished', message });
    return { retryAfter_ms: WAIT_MS };
  }
  try {
    const config = await source.config(published);
    const signers = context.realm.view.get(BundleImport, { name: published.bundle.import })?.status?.bundle
      ?.signers;
    const made = planOf(await source.running(), published, config, signers ?? []);
    const [problem] = made.problems;
    if (problem === undefined) await write(object, context, { phase: 'AwaitingApproval', plan: made });
    else
      await write(object, context, { phase: 'Blocked', plan: made }, { reason: 'Problem', message: problem });
  } catch (error) {
    if (!(error instanceof BundleError)) throw error;
    await write(object, context, { phase: 'Blocked' }, { reason: error.reason, message: error.message });
  }
  return undefined;
}

async function tell(
  object: ReleaseObject,
  source: Source,
  context: ReconcileContext,
  isSilent: (last: Entry, now_ms: number) => boolean,
): Promise<RetryAfter | undefined> {
  const [entries, current] = await Promise.all([source.journal(), source.current()]);
  const told = toldBy(object, entries, current);
  await write(object, context, told);
  const last = entries.at(-1);
  const isUnderWay = last !== undefined && !isEnd(last.step);
  const mayBeLost = isUnderWay && isSilent(last, context.clock.now());
  if (mayBeLost || toBegin(object, entries, current) !== undefined) {
    const problem = await source.begin(object.metadata.name);
    if (problem === undefined) return { retryAfter_ms: LOOK_MS };
    await write(object, context, { phase: told.phase }, { reason: 'NotBegun', message: problem });
    return { retryAfter_ms: WAIT_MS };
  }
  // Also of a release that ran until now: whether it still does is known when the change that is under way has ended.
  return isUnderWay ? { retryAfter_ms: LOOK_MS } : undefined;
}

const MESSAGES: Readonly<Record<Phase, string>> = {
  Planning: 'what it would do is being looked at',
  Blocked: 'it cannot be applied here',
  AwaitingApproval: 'it can be applied; two people decide whether it is',
  Approved: 'people agreed; it begins',
  Upgrading: 'it is being brought into force',
  Running: 'it runs the region',
  Failed: 'it did not come to a switch; what ran before never stopped',
  RolledBack: 'it ran, and what ran before runs again',
  Interrupted: 'whoever saw to it was killed; what ran before runs',
  Replaced: 'another release runs by now',
};

async function write(
  { metadata }: ReleaseObject,
  { realm, change, clock }: ReconcileContext,
  fields: Partial<ReleaseStatus> & { readonly phase: Phase },
  why?: { readonly reason: string; readonly message: string },
): Promise<void> {
  const { phase } = fields;
  const end = fields.steps?.at(-1);
  // Of what ended well the phase says it all; of the way back it would be said of the other release.
  const last = end?.step === 'Confirmed' ? undefined : end?.message;
  const message = why?.message ?? (last === undefined ? MESSAGES[phase] : `${MESSAGES[phase]}: ${last}`);
  const verdict = { reason: why?.reason ?? phase, message: message.slice(0, MESSAGE_MAX) };
  try {
    await realm.resources.modify(
      Release,
      { name: metadata.name },
      change,
      (current) => {
        if (current.metadata.uid !== metadata.uid || current.status === undefined) return current;
        const ready = { type: 'Ready', status: phase === 'Running' ? 'True' : 'False', ...verdict } as const;
        const conditions = [...setCondition(current.status.conditions, ready, clock)];
        const status = { ...current.status, ...fields, conditions };
        return JSON.stringify(status) === JSON.stringify(current.status) ? current : { ...current, status };
      },
      { subresource: 'status' },
    );
  } catch (error) {
    // Taken back meanwhile.
    if (!isStatusError(error, 'NotFound')) throw error;
  }
}
