/**
 * Takes a BundleImport from phase to phase, one a call. Each begins by looking at what is there, so it may be repeated, or killed anywhere; each ends in a status, and so
 * in a leaf.
 */
import { rfc3339 } from '#kernel/clock.ts';
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import { setCondition } from '#kernel/reconcile/conditions.ts';
import type { AdvisorySource } from '../advisories/store/folder.ts';
import { MIB } from '../bundle/limits.ts';
import { BundleError } from '../bundle/problem.ts';
import type { AgePolicy } from '../bundle/tuf/client.ts';
import { metadataBytes } from '../bundle/tuf/metadata.ts';
import {
  BundleImport,
  type BundleImportObject,
  type ImportStatus,
  ITEMS_SHOWN_MAX,
  type Phase,
} from './import-kind.ts';
import { policyIn } from './policy-kind.ts';
import { type CheckOptions, NoSpaceError, type Received } from './receive.ts';
import { scanBundle } from './scan.ts';
import type { ImportStore } from './store.ts';
import { factsOf, writeTrust } from './trust-controller.ts';
import { BundleTrust, NAMES_MAX, TRUST_KEY, trustIn } from './trust-kind.ts';

const DAY_MS = 24 * 60 * 60_000;
/** Until the disk is looked at again. */
const SPACE_LOOK_MS = 60_000;
/** Each word on progress is a leaf: so many at most for one bundle, and none for less than this. */
const PROGRESS_STEPS = 50;
const PROGRESS_BYTES_MIN = 64 * MIB;
const REMARKS_MAX = 32;
const MESSAGE_MAX = 4_096;

export interface ImportControllerOptions {
  readonly store: Pick<ImportStore, 'receive' | 'check' | 'statement' | 'publish' | 'discard' | 'list'>;
  readonly advisories: AdvisorySource;
  /** When the newest leaf was written. Milliseconds since the Unix epoch. */
  readonly ledgerTime: (realm: ReconcileContext['realm']) => Promise<number>;
  readonly age: AgePolicy;
}

/** Nobody agreed on a root yet. */
class NoTrustError extends Error {}

export function importController(options: ImportControllerOptions): Controller {
  const { store } = options;
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
      try {
        await step(current, options, context);
        return undefined;
      } catch (error) {
        return failed(error, current, context);
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
    case 'Refused':
      return options.store.discard(uid);
  }
}

async function receive(
  current: BundleImportObject,
  options: ImportControllerOptions,
  context: ReconcileContext,
) {
  const check = await checkOptions(options, context);
  let said = current.status?.bytes?.done ?? 0;
  const { size } = await options.store.receive(current.metadata.uid, current.spec.source, {
    ...check,
    signal: context.signal,
    async progress(done, total) {
      const stride = Math.max(PROGRESS_BYTES_MIN, total / PROGRESS_STEPS);
      if (done - said < stride) return;
      said = done;
      await write(current, context, { phase: 'Receiving', bytes: { done, total } });
    },
  });
  await write(current, context, { phase: 'Verifying', bytes: { done: size, total: size } });
}

/** Of the copy, which nobody but us could change: what it is, and the newest root that it brings. */
async function verify(
  current: BundleImportObject,
  options: ImportControllerOptions,
  context: ReconcileContext,
) {
  const check = await checkOptions(options, context);
  const found = await options.store.check(current.metadata.uid, check);
  await keepRoot(found, context);
  await write(current, context, { phase: 'Scanning', bundle: bundleOf(found, check.clock_ms) });
}

async function scan(
  current: BundleImportObject,
  options: ImportControllerOptions,
  context: ReconcileContext,
) {
  const { uid } = current.metadata;
  const { items } = await options.store.check(uid, await checkOptions(options, context));
  const { scan, refusals } = await scanBundle({
    items,
    read: (descriptor, part) => options.store.statement(uid, descriptor, part),
    source: options.advisories,
    policy: policyIn(context.realm.view),
  });
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
  const found = await options.store.check(uid, await checkOptions(options, context));
  const digest = `sha256:${found.digest}`;
  if (digest !== current.spec.publish) {
    throw new BundleError('WrongDigest', 'targets', `${digest} is not what people agreed to`);
  }
  await accept(found, context);
  const publishedAt = rfc3339(context.clock.now());
  await options.store.publish(uid, {
    name: found.name,
    version: found.version,
    created: found.created,
    digest,
    metadata: found.metadata,
    publishedAt,
    import: name,
    items: found.items.map(({ path, artifactType, manifest, companion }) => ({
      path,
      ...(artifactType === undefined ? {} : { artifactType }),
      manifest: { digest: manifest.digest, size: manifest.size },
      companion: { digest: companion.digest, size: companion.size },
    })),
  });
  await write(current, context, { phase: 'Published', publishedAt });
}

async function checkOptions(
  { ledgerTime, age }: ImportControllerOptions,
  { realm, clock }: ReconcileContext,
): Promise<CheckOptions> {
  const trust = trustIn(realm.view, await ledgerTime(realm));
  if (trust === undefined) throw new NoTrustError();
  return { trust, clock_ms: clock.now(), policy: age };
}

/** TUF 5.3.8: a key that was taken away stays so, whatever becomes of the bundle that said it. */
async function keepRoot({ root }: Received, context: ReconcileContext): Promise<void> {
  const trust = context.realm.view.get(BundleTrust, TRUST_KEY);
  if (trust === undefined || (trust.status?.version ?? 0) >= root.signed.version) return;
  await writeTrust(context, trust, (status) =>
    (status.version ?? 0) >= root.signed.version
      ? status
      : { ...status, ...factsOf(root), root: metadataBytes(root).toString('utf8') },
  );
}

async function accept(
  { name, version, digest, created }: Received,
  context: ReconcileContext,
): Promise<void> {
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

function bundleOf(found: Received, now_ms: number): NonNullable<ImportStatus['bundle']> {
  return {
    name: found.name,
    version: found.version,
    created: found.created,
    ageDays: Math.max(0, Math.floor((now_ms - Date.parse(found.created)) / DAY_MS)),
    digest: `sha256:${found.digest}`,
    root: found.root.signed.version,
    signers: [...found.signers.signed].sort(),
    threshold: found.signers.threshold,
    items: found.items.slice(0, ITEMS_SHOWN_MAX).map(({ path }) => path),
    itemCount: found.items.length,
    remarks: found.remarks.slice(0, REMARKS_MAX),
  };
}

async function failed(
  error: unknown,
  current: BundleImportObject,
  context: ReconcileContext,
): Promise<RetryAfter | undefined> {
  const phase = current.status?.phase ?? 'Receiving';
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

const MESSAGES: Readonly<Record<Phase, string>> = {
  Receiving: 'it is being copied into quarantine, and checked on its way',
  Verifying: 'the copy is held against signatures and lists',
  Scanning: 'its bills of materials are held against advisories and the policy',
  AwaitingApproval: 'it is what its signers signed; two people decide whether it is published',
  Publishing: 'people agreed; it is becoming content',
  Published: 'it is content of the region',
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
