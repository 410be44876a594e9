/**
 * Takes an ExportRequest from phase to phase, one a call. Each begins by looking at what is there, so it may be repeated, or killed anywhere; each ends in a status, and so in a
 * leaf. Content is deleted as soon as nothing waits for it; what ends by time ends here.
 */
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import type { RealmKeyring } from '#kernel/keys.ts';
import { REGION } from '#kernel/realm-id.ts';
import { setCondition } from '#kernel/reconcile/conditions.ts';
import type { StartInspector } from './check/inspector.ts';
import { checkRequest } from './check-request.ts';
import { ContentError, type ContentOptions } from './content.ts';
import { type PackageFacts, writePackage } from './package.ts';
import { type ExportRules, exportPolicyIn, refusedBy } from './policy-kind.ts';
import {
  digestOf,
  type ExportPhase,
  ExportRequest,
  type ExportRequestObject,
  type ExportStatus,
  manifestOf,
  type ShownFinding,
  uploadUntil,
} from './request-kind.ts';
import type { ExportStore } from './store.ts';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
/** Times further away are looked at again then. */
const LOOK_MS_MAX = DAY_MS;

export interface ExportControllerOptions {
  readonly store: Pick<
    ExportStore,
    'read' | 'publish' | 'discard' | 'removePackage' | 'list' | 'holders' | 'discardRealm'
  >;
  readonly keyring: Pick<RealmKeyring, 'open'>;
  readonly inspector: StartInspector;
}

export function exportController(options: ExportControllerOptions): Controller {
  const { store } = options;
  return {
    name: 'exports',
    realms: ['region', 'organization'],
    kind: ExportRequest,
    // Cores are for tenants first.
    concurrency: 1,
    async reconcile(key, context): Promise<RetryAfter | undefined> {
      const current = context.realm.view.get(ExportRequest, key);
      if (current === undefined) {
        await discardOrphans(options, context);
        return undefined;
      }
      if (current.metadata.deletionTimestamp !== undefined) return undefined;
      return step(current, options, context);
    },
    async sweep(context) {
      await discardOrphans(options, context);
      if (context.realm.id === REGION) await discardGone(options, context);
    },
    holders: async () => (await store.holders()).map(({ id }) => id),
  };
}

async function step(
  current: ExportRequestObject,
  options: ExportControllerOptions,
  context: ReconcileContext,
): Promise<RetryAfter | undefined> {
  const { metadata, spec, status } = current;
  const { clock, realm } = context;
  const { store } = options;
  switch (status?.phase ?? 'Uploading') {
    case 'Uploading': {
      if (spec.submitted === true) return write(current, context, { phase: 'Checking' });
      return expireAt(uploadUntil(metadata.creationTimestamp), current, context);
    }
    case 'Checking':
      return check(current, options, context);
    case 'AwaitingApproval': {
      if (spec.release !== undefined && spec.release === status?.digest)
        return write(current, context, { phase: 'Packaging' });
      return expireAt(status?.until, current, context);
    }
    case 'Packaging':
      return release(current, options, context);
    case 'Released': {
      await store.discard(realm, metadata.uid);
      const made = status?.package;
      if (made === undefined || made.removedAt !== undefined) return undefined;
      const left_ms = Date.parse(made.until) - clock.now();
      if (left_ms > 0) return { retryAfter_ms: Math.min(left_ms, LOOK_MS_MAX) };
      await store.removePackage(realm, metadata.uid);
      return write(current, context, {
        phase: 'Released',
        package: { ...made, removedAt: rfc3339(clock.now()) },
      });
    }
    case 'Blocked':
    case 'Denied':
    case 'Expired':
      await store.removePackage(realm, metadata.uid);
      await store.discard(realm, metadata.uid);
      return undefined;
  }
}

async function expireAt(
  until: string | undefined,
  current: ExportRequestObject,
  context: ReconcileContext,
): Promise<RetryAfter | undefined> {
  const left_ms = until === undefined ? 0 : Date.parse(until) - context.clock.now();
  if (left_ms > 0) return { retryAfter_ms: Math.min(left_ms, LOOK_MS_MAX) };
  return write(current, context, { phase: 'Expired' });
}

async function check(
  current: ExportRequestObject,
  options: ExportControllerOptions,
  context: ReconcileContext,
): Promise<undefined> {
  const { realm, clock, signal } = context;
  const policy = exportPolicyIn(realm.view);
  if (policy === undefined) return block(current, context, noPolicy());
  const verdict = await checkRequest(
    current.spec,
    policy,
    contentOptions(current, options, context),
    options.inspector,
    signal,
  );
  const found = { ...verdict.status, checkedAt: rfc3339(clock.now()) };
  const recipientKey = keyOf(policy, current);
  if (verdict.isBlocked || recipientKey === undefined)
    return write(current, context, { phase: 'Blocked', ...found });
  const { logs } = await options.keyring.open(realm.id);
  return write(current, context, {
    phase: 'AwaitingApproval',
    ...found,
    recipientKey,
    digest: digestOf(manifestOf(current, logs.changes.origin, recipientKey)),
    until: rfc3339(clock.now() + policy.reviewHours * HOUR_MS),
  });
}

/** Held against the policy as it is by now, and the content against what people agreed to, as it is encrypted. */
async function release(
  current: ExportRequestObject,
  options: ExportControllerOptions,
  context: ReconcileContext,
): Promise<undefined> {
  const { realm, clock } = context;
  const { metadata, spec, status } = current;
  const policy = exportPolicyIn(realm.view);
  if (policy === undefined) return block(current, context, noPolicy());
  const [refused] = refusedBy(policy, spec);
  if (refused !== undefined)
    return block(current, context, finding('policy', refused.field ?? '', refused.message));
  const key = keyOf(policy, current);
  if (key === undefined || key !== status?.recipientKey) {
    return block(
      current,
      context,
      finding('policy', 'spec.recipient', `the key of ${spec.recipient} is another now`),
    );
  }
  const keys = await options.keyring.open(realm.id);
  const manifest = manifestOf(current, keys.logs.changes.origin, key);
  if (digestOf(manifest) !== spec.release) {
    return block(current, context, finding('content', 'spec.release', 'it is not what people agreed to'));
  }
  const releasedAt = rfc3339(clock.now());
  let facts: PackageFacts | undefined;
  try {
    const content = contentOptions(current, options, context);
    const folder = await options.store.publish(realm, metadata.uid, async (draft) => {
      facts = await writePackage(draft, { request: current, manifest, key, keys, content, releasedAt });
    });
    if (facts === undefined) throw new Error('the package was not written');
    const until = rfc3339(clock.now() + policy.keepDays * DAY_MS);
    return await write(current, context, {
      phase: 'Released',
      releasedAt,
      package: { ...facts, folder, until },
    });
  } catch (error) {
    if (!(error instanceof ContentError)) throw error;
    return block(current, context, finding('content', error.file, error.message));
  }
}

const contentOptions = (
  { metadata }: ExportRequestObject,
  { store }: ExportControllerOptions,
  { realm }: ReconcileContext,
): ContentOptions => ({ store, realm, request: metadata.uid });

const keyOf = (policy: ExportRules, { spec }: ExportRequestObject): string | undefined =>
  policy.recipients.find(({ name }) => name === spec.recipient)?.key;

const finding = (rule: ShownFinding['rule'], file: string, what: string): ShownFinding => ({
  rule,
  action: 'block',
  file,
  what,
});
const noPolicy = () => finding('policy', 'exportpolicy/exports', 'there is none any more');

const block = (
  current: ExportRequestObject,
  context: ReconcileContext,
  found: ShownFinding,
): Promise<undefined> =>
  write(current, context, {
    phase: 'Blocked',
    findings: [found, ...(current.status?.findings ?? [])].slice(0, 256),
  });

const MESSAGES: Readonly<Record<ExportPhase, string>> = {
  Uploading: 'its content is on its way; casemate export request goes on where it was',
  Checking: 'its content is being looked at',
  AwaitingApproval: 'nothing blocks it; two people other than who asks decide whether it leaves',
  Packaging: 'it is being encrypted for the recipient',
  Released: 'it may leave',
  Blocked: 'a rule blocks it, and its content is deleted',
  Denied: 'somebody said no, and its content is deleted',
  Expired: 'its time is over, and its content is deleted',
};

/** Writes the next status, unless somebody denied it meanwhile, or it was made anew. */
async function write(
  { metadata, status: seen }: ExportRequestObject,
  { realm, change, clock }: ReconcileContext,
  next: Partial<ExportStatus> & { readonly phase: ExportPhase },
): Promise<undefined> {
  await realm.resources.modify(
    ExportRequest,
    { name: metadata.name },
    change,
    (current) => {
      if (current.metadata.uid !== metadata.uid || current.status === undefined) return current;
      if (current.status.phase !== seen?.phase) return current;
      return { ...current, status: nextStatus(current.status, next, clock) };
    },
    { subresource: 'status' },
  );
}

/** The status with a phase, what belongs to it, and the condition that says so. Pure. */
export function nextStatus(
  current: ExportStatus,
  next: Partial<ExportStatus> & { readonly phase: ExportPhase },
  clock: Clock,
): ExportStatus {
  const { until: _, ...kept } = current;
  const { phase } = next;
  const conditions = [
    ...setCondition(
      current.conditions,
      {
        type: 'Ready',
        status: phase === 'Released' ? 'True' : 'False',
        reason: phase,
        message: MESSAGES[phase],
      },
      clock,
    ),
  ];
  return { ...kept, ...next, conditions };
}

async function discardOrphans(
  { store }: Pick<ExportControllerOptions, 'store'>,
  { realm, realms }: ReconcileContext,
): Promise<void> {
  const held = await store.list(realm);
  if (held.length === 0) return;
  await realms.fresh(realm.id);
  const known = new Set(realm.view.list(ExportRequest).map(({ metadata }) => metadata.uid));
  for (const uid of held.filter((one) => !known.has(one))) {
    await store.discard(realm, uid);
    await store.removePackage(realm, uid);
  }
}

/** Of realms that are gone, or were made anew. Their keys are destroyed: nothing of this can be read any more. */
async function discardGone(
  { store }: Pick<ExportControllerOptions, 'store'>,
  { realms }: ReconcileContext,
): Promise<void> {
  for (const place of await store.holders()) {
    const isThere =
      (await realms.exists(place.id)) && (await realms.use(place.id, ({ uid }) => uid === place.uid));
    if (!isThere) await store.discardRealm(place);
  }
}
