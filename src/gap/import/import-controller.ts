/**
 * Takes a BundleImport from phase to phase, one a call. Each begins by looking at what is there, so it may be repeated, or killed anywhere; each ends in a status, and so
 * in a leaf.
 */
import { rfc3339 } from '#kernel/clock.ts';
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import { setCondition } from '#kernel/reconcile/conditions.ts';
import { MissingBasesError } from '../bundle/delta/needs.ts';
import { MIB } from '../bundle/limits.ts';
import { BundleError } from '../bundle/problem.ts';
import { requireRole } from '../bundle/tuf/check-role.ts';
import { updateStart_ms } from '../bundle/tuf/client.ts';
import { metadataBytes, readRoot } from '../bundle/tuf/metadata.ts';
import {
  BundleImport,
  type BundleImportObject,
  type ImportStatus,
  ITEMS_SHOWN_MAX,
  type Phase,
} from './import-kind.ts';
import { ageIn, policyIn } from './policy-kind.ts';
import { NoSpaceError } from './receive.ts';
import { ReceiverError } from './receiver/client.ts';
import type { Against, ImportStore } from './store.ts';
import type { Checked, Summary } from './summary.ts';
import { factsOf, writeTrust } from './trust-controller.ts';
import { BundleTrust, NAMES_MAX, ownTrust, TRUST_KEY, trustIn } from './trust-kind.ts';

const DAY_MS = 24 * 60 * 60_000;
/** Until the disk is looked at again. */
const SPACE_LOOK_MS = 60_000;
/** Each word on progress is a leaf: so many at most for one bundle, and none for less than this. */
const PROGRESS_STEPS = 50;
const PROGRESS_BYTES_MIN = 64 * MIB;
const REMARKS_MAX = 32;
const MESSAGE_MAX = 4_096;

export interface ImportControllerOptions {
  readonly store: Pick<
    ImportStore,
    'receive' | 'received' | 'check' | 'scan' | 'publish' | 'retire' | 'discard' | 'list'
  >;
  /** When the newest leaf was written. Milliseconds since the Unix epoch. */
  readonly ledgerTime: (realm: ReconcileContext['realm']) => Promise<number>;
}

/** A receiver that breaks so often, one time after the other, is broken by what it reads. */
const BREAKS_MAX = 3;

/** Nobody agreed on a root yet. */
class NoTrustError extends Error {}

export function importController(options: ImportControllerOptions): Controller {
  const { store } = options;
  /** How often the receiver of each import broke, one time after the other. */
  const breaks = new Map<string, number>();
  return {
    name: 'bundle-imports',
    realms: ['region'],
    kind: BundleImport,
    // One at a time: disks and cores are the region's first.
    concurrency: 1,
    watches: [
      {
        kind: BundleTrust,
        keys: (_trust, { view }) =>
          view
            .list(BundleImport)
            .filter(({ status }) => status?.phase === 'Receiving')
            .map(({ metadata: { name } }) => ({ name })),
      },
    ],
    async reconcile(key, context): Promise<RetryAfter | undefined> {
      const current = context.realm.view.get(BundleImport, key);
      if (current === undefined) {
        await discardOrphans(options, context);
        return undefined;
      }
      if (current.metadata.deletionTimestamp !== undefined) return undefined;
      const { uid } = current.metadata;
      try {
        await step(current, options, context);
        breaks.delete(uid);
        return undefined;
      } catch (error) {
        const count = error instanceof ReceiverError ? (breaks.get(uid) ?? 0) + 1 : 0;
        breaks.set(uid, count);
        return await failed(error, current, context, count);
      }
    },
    sweep: (context) => discardOrphans({ store }, context),
  };
}

async function step(
  current: BundleImportObject,
  options: ImportControllerOptions,
  context: ReconcileContext,
) {
  const { uid } = current.metadata;
  switch (current.status?.phase ?? 'Receiving') {
    case 'Receiving':
      return receive(current, options, context);
    case 'Verifying':
      return verify(current, options, context);
    case 'Scanning':
      return scan(current, options, context);
    case 'AwaitingApproval':
      if (current.spec.publish !== undefined) await write(current, context, { phase: 'Publishing' });
      return;
    case 'Publishing':
      return publish(current, options, context);
    case 'Published':
      await options.store.discard(uid);
      if (current.spec.retire === true) await write(current, context, { phase: 'Retiring' });
      return;
    case 'Retiring':
      return retire(current, options, context);
    case 'Retired':
    case 'Refused':
      return options.store.discard(uid);
  }
}

async function receive(
  current: BundleImportObject,
  options: ImportControllerOptions,
  context: ReconcileContext,
) {
  if (current.spec.upload === true && current.status?.upload === undefined) {
    const message = `its bytes come through the API: casemate gap import FILE --name ${current.metadata.name}, or from standard input, goes on where it stopped`;
    return write(current, context, { phase: 'Receiving' }, { reason: 'Uploading', message });
  }
  const against = await againstOf(current, options, context);
  let said = current.status?.bytes?.done ?? 0;
  const { uid } = current.metadata;
  const { summary } = await options.store.receive(uid, current.spec.source, against, async (done, total) => {
    const stride = Math.max(PROGRESS_BYTES_MIN, total / PROGRESS_STEPS);
    if (done - said < stride) return;
    said = done;
    await write(current, context, { phase: 'Receiving', bytes: { done, total } });
  });
  const { size } = summary;
  await write(current, context, { phase: 'Verifying', bytes: { done: size, total: size } });
}

/** Of the copy, which nobody but us could change: what it is, and the newest root that it brings. */
async function verify(
  current: BundleImportObject,
  options: ImportControllerOptions,
  context: ReconcileContext,
) {
  const against = await againstOf(current, options, context);
  await options.store.received(current.metadata.uid);
  const checked = await options.store.check(current.metadata.uid, against);
  if (current.spec.root === undefined) await keepRoots(checked, context);
  await write(current, context, {
    phase: 'Scanning',
    bundle: bundleOf(checked.summary, updateStart_ms(against.clock_ms, against.trust)),
  });
}

async function scan(
  current: BundleImportObject,
  options: ImportControllerOptions,
  context: ReconcileContext,
) {
  const against = await againstOf(current, options, context);
  const { scan, refusals } = await options.store.scan(current.metadata.uid, against);
  if (refusals.length > 0) await write(current, context, { phase: 'Refused', scan, refusals: [...refusals] });
  else await write(current, context, { phase: 'AwaitingApproval', scan });
}

/** Held against what was accepted meanwhile, too: first remembered, so that nothing older comes after it, then published. */
async function publish(
  current: BundleImportObject,
  options: ImportControllerOptions,
  context: ReconcileContext,
) {
  const { uid, name } = current.metadata;
  const { summary } = await options.store.check(uid, await againstOf(current, options, context));
  const digest = `sha256:${summary.digest}`;
  if (digest !== current.spec.publish) {
    throw new BundleError('WrongDigest', 'targets', `${digest} is not what people agreed to`);
  }
  if (current.spec.root === undefined) await accept(summary, context);
  const publishedAt = rfc3339(context.clock.now());
  const content = await options.store.publish(uid, {
    name: summary.name,
    version: summary.version,
    created: summary.created,
    digest,
    metadata: summary.metadata,
    publishedAt,
    import: name,
    signers: summary.signers,
    threshold: summary.threshold,
    items: summary.items,
  });
  await write(current, context, { phase: 'Published', publishedAt, content });
}

/** Its version stays remembered: nothing older comes after it, and the very same may come again. */
async function retire(
  current: BundleImportObject,
  options: ImportControllerOptions,
  context: ReconcileContext,
) {
  const digest = current.status?.bundle?.digest;
  const freed = digest === undefined ? 0 : await options.store.retire(digest);
  await write(current, context, { phase: 'Retired', freed, retiredAt: rfc3339(context.clock.now()) });
}

async function againstOf(
  { spec }: BundleImportObject,
  { ledgerTime }: ImportControllerOptions,
  { realm, clock, signal }: ReconcileContext,
): Promise<Against> {
  const ledger_ms = await ledgerTime(realm);
  const trust = spec.root === undefined ? trustIn(realm.view, ledger_ms) : ownTrust(spec.root, ledger_ms);
  if (trust === undefined) throw new NoTrustError();
  const { view } = realm;
  return {
    trust,
    clock_ms: clock.now(),
    age: ageIn(view),
    policy: policyIn(view),
    // Base content is what this machine built; looking into it again would only make each start longer.
    archives: spec.root === undefined,
    signal,
  };
}

/**
 * TUF 5.3.8: a key that was taken away stays so, whatever becomes of the bundle that said it. Each root is held once more against the one before: what is trusted from now
 * on is never only a receiver's word.
 */
async function keepRoots({ roots }: Checked, context: ReconcileContext): Promise<void> {
  const trust = context.realm.view.get(BundleTrust, TRUST_KEY);
  if (trust?.status?.root === undefined) return;
  let last = readRoot(Buffer.from(trust.status.root), 'the trusted root');
  for (const text of roots) {
    const part = `root ${last.signed.version + 1}`;
    const root = readRoot(Buffer.from(text), part);
    if (root.signed.version <= last.signed.version) continue;
    if (root.signed.version !== last.signed.version + 1)
      throw new BundleError('Malformed', part, `says that it is version ${root.signed.version}`);
    requireRole(root.signed, 'root', root, part);
    requireRole(last.signed, 'root', root, part);
    last = root;
  }
  const { version } = last.signed;
  if (version === trust.status.version) return;
  await writeTrust(context, trust, (status) =>
    (status.version ?? 0) >= version
      ? status
      : { ...status, ...factsOf(last), root: metadataBytes(last).toString('utf8') },
  );
}

async function accept({ name, version, digest, created }: Summary, context: ReconcileContext): Promise<void> {
  const trust = context.realm.view.get(BundleTrust, TRUST_KEY);
  if (trust === undefined) throw new NoTrustError();
  await writeTrust(context, trust, (status) => {
    const others = (status.accepted ?? []).filter((one) => one.name !== name);
    const before = status.accepted?.find((one) => one.name === name);
    if (before !== undefined && before.version >= version) return status;
    if (others.length >= NAMES_MAX) {
      throw new BundleError('TooLarge', 'targets', `bundles of ${NAMES_MAX} names were accepted, the most`);
    }
    return { ...status, accepted: [...others, { name, version, digest, created }] };
  });
}

function bundleOf(found: Summary, start_ms: number): NonNullable<ImportStatus['bundle']> {
  const { name, version, created, digest, root, signers, threshold } = found;
  return {
    name,
    version,
    created,
    ageDays: Math.max(0, Math.floor((start_ms - Date.parse(created)) / DAY_MS)),
    digest: `sha256:${digest}`,
    root,
    signers,
    threshold,
    items: found.items.slice(0, ITEMS_SHOWN_MAX).map(({ path }) => path),
    itemCount: found.items.length,
    remarks: found.remarks.slice(0, REMARKS_MAX),
  };
}

async function failed(
  error: unknown,
  current: BundleImportObject,
  context: ReconcileContext,
  breaks: number,
): Promise<RetryAfter | undefined> {
  const phase = current.status?.phase ?? 'Receiving';
  if (error instanceof ReceiverError && (error.bound !== 'none' || breaks >= BREAKS_MAX)) {
    const message = `whoever reads it was ended: ${error.message}`.slice(0, MESSAGE_MAX);
    await write(current, context, {
      phase: 'Refused',
      refusals: [{ reason: RUNAWAY[error.bound], part: 'the receiver', message }],
    });
    return undefined;
  }
  if (error instanceof BundleError) {
    const { reason, part, message } = error;
    const refusal = { reason, part: part.slice(0, MESSAGE_MAX), message: message.slice(0, MESSAGE_MAX) };
    await write(current, context, { phase: 'Refused', refusals: [refusal] });
    return undefined;
  }
  if (error instanceof NoTrustError) {
    const message = 'no root is trusted here yet: casemate gap trust ROOT.json; it goes on then';
    await write(current, context, { phase }, { reason: 'NoTrust', message });
    return undefined;
  }
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (error instanceof MissingBasesError) {
    // Publishing anything brings this back at once: what was accepted changes.
    const message = `${error.message}; it goes on by itself once that was published`;
    await write(
      current,
      context,
      { phase },
      { reason: 'MissingBases', message: message.slice(0, MESSAGE_MAX) },
    );
    return { retryAfter_ms: SPACE_LOOK_MS };
  }
  if (error instanceof NoSpaceError || code === 'ENOSPC') {
    const message = error instanceof NoSpaceError ? error.message : 'the disk of the region’s data is full';
    await write(
      current,
      context,
      { phase },
      { reason: 'NoSpace', message: `${message}; it goes on by itself` },
    );
    return { retryAfter_ms: SPACE_LOOK_MS };
  }
  throw error;
}

/** What a bundle is refused for that its receiver could not bear. */
const RUNAWAY: Readonly<Record<ReceiverError['bound'], string>> = {
  memory: 'TooMuchMemory',
  time: 'TooMuchTime',
  protocol: 'Unreadable',
  none: 'Unreadable',
};

const MESSAGES: Readonly<Record<Phase, string>> = {
  Receiving: 'it is being copied into quarantine, and checked on its way',
  Verifying: 'the copy is held against signatures and lists',
  Scanning: 'its bills of materials are held against advisories and the policy',
  AwaitingApproval: 'it is what its signers signed; two people decide whether it is published',
  Publishing: 'people agreed; it is becoming content',
  Published: 'it is content of the region',
  Retiring: 'people agreed; it is being taken out of the region’s content',
  Retired: 'it is content no more; the very same bundle may be imported again',
  Refused: 'it is refused, and nothing of it was kept',
};

async function write(
  { metadata }: BundleImportObject,
  { realm, change, clock }: ReconcileContext,
  fields: Partial<ImportStatus> & { readonly phase: Phase },
  why?: { readonly reason: string; readonly message: string },
): Promise<void> {
  const { phase } = fields;
  const refusal = fields.refusals?.[0];
  const verdict = why ?? { reason: refusal?.reason ?? phase, message: refusal?.message ?? MESSAGES[phase] };
  try {
    await realm.resources.modify(
      BundleImport,
      { name: metadata.name },
      change,
      (current) => {
        if (current.metadata.uid !== metadata.uid || current.status === undefined) return current;
        const ready = {
          type: 'Ready',
          status: phase === 'Published' ? 'True' : 'False',
          ...verdict,
        } as const;
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

/** What nothing accounts for in quarantine. In this order, or what was just begun would go. */
async function discardOrphans(
  { store }: Pick<ImportControllerOptions, 'store'>,
  { realm, realms }: ReconcileContext,
): Promise<void> {
  const there = await store.list();
  if (there.length === 0) return;
  await realms.fresh(realm.id);
  const known = new Set(realm.view.list(BundleImport).map(({ metadata }) => metadata.uid));
  for (const uid of there) if (!known.has(uid)) await store.discard(uid);
}
