/** Checks a root that was proposed, says whose it is, and lets it count once it was agreed to. */
import type { Controller, ReconcileContext } from '#kernel/controller.ts';
import { setCondition } from '#kernel/reconcile/conditions.ts';
import { BundleError } from '../bundle/problem.ts';
import { requireRole, signersOf } from '../bundle/tuf/check-role.ts';
import { metadataBytes, readRoot, type Signable, signedDigest } from '../bundle/tuf/metadata.ts';
import type { RootSigned } from '../bundle/tuf/schema.ts';
import { BundleTrust, type BundleTrustObject, TRUST_KEY, type TrustStatus } from './trust-kind.ts';

export const trustController: Controller = {
  name: 'bundle-trust',
  realms: ['region'],
  kind: BundleTrust,
  async reconcile(key, context) {
    const trust = context.realm.view.get(BundleTrust, key);
    if (trust === undefined || trust.metadata.deletionTimestamp !== undefined) return undefined;
    const next = nextStatus(trust);
    if (next !== undefined) await writeTrust(context, trust, () => next);
    return undefined;
  },
};

function nextStatus({ spec, status }: BundleTrustObject): TrustStatus | undefined {
  const phase = status?.phase ?? 'Checking';
  try {
    if (phase === 'Checking') {
      const root = readRoot(Buffer.from(spec.root), 'root');
      requireRole(root.signed, 'root', root, `root ${root.signed.version}`);
      return { ...factsOf(root), phase: 'AwaitingApproval' };
    }
    if (phase === 'AwaitingApproval' && spec.trusted === true) {
      const root = readRoot(Buffer.from(spec.root), 'root');
      return { ...factsOf(root), phase: 'Trusted', root: metadataBytes(root).toString('utf8') };
    }
  } catch (error) {
    if (!(error instanceof BundleError)) throw error;
    return { phase: 'Refused', message: error.message.slice(0, 4_096) };
  }
  return undefined;
}

/** What a person should know of a root before agreeing to it. */
export function factsOf(
  root: Signable<RootSigned>,
): Pick<TrustStatus, 'version' | 'digest' | 'signers' | 'threshold'> {
  const { version, roles } = root.signed;
  const all = signersOf(root.signed, `root ${version}`);
  return {
    version,
    digest: `sha256:${signedDigest(root)}`,
    signers: roles.targets.keyids.map((id) => all.get(id)?.name ?? id).sort(),
    threshold: roles.targets.threshold,
  };
}

const MESSAGES: Readonly<Record<TrustStatus['phase'], string>> = {
  Checking: 'its signatures are being checked',
  AwaitingApproval:
    'somebody else has to agree: compare the digest with what the signers told you, then casemate approval approve',
  Trusted: 'bundles that its signers signed are let in, when people agree to each',
  Refused: 'the root is not right; delete this object and propose another',
};

/** Writes the status that `change` makes of the current one, unless the object was made anew. */
export async function writeTrust(
  { realm, change: by, clock }: ReconcileContext,
  { metadata }: BundleTrustObject,
  change: (current: TrustStatus) => TrustStatus,
): Promise<void> {
  await realm.resources.modify(
    BundleTrust,
    TRUST_KEY,
    by,
    (current) => {
      if (current.metadata.uid !== metadata.uid || current.status === undefined) return current;
      const next = change(current.status);
      const { phase } = next;
      const ready = phase === 'Trusted' ? 'True' : 'False';
      const conditions = [
        ...setCondition(
          current.status.conditions,
          { type: 'Ready', status: ready, reason: phase, message: next.message ?? MESSAGES[phase] },
          clock,
        ),
      ];
      const status = { ...next, conditions };
      return JSON.stringify(status) === JSON.stringify(current.status) ? current : { ...current, status };
    },
    { subresource: 'status' },
  );
}
