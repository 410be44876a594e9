/** Roots: the first one, and the one after. Made without signatures; k signers of the old one and of the new one then sign, one after the other. Pure. */
import { BundleError } from '../problem.ts';
import { requireRole, signersOf, signersOfRole } from './check-role.ts';
import { type Signable, signable } from './metadata.ts';
import type { Profile, RootSigned } from './schema.ts';
import { keyIdOf, type PrivateSigner, type PublicSigner, profileOf, signWith } from './signer.ts';

const SPEC_VERSION = '1.0.34';

/** Who may do what. The same person may be in both groups. */
export interface RootPlan {
  readonly profile: Profile;
  /** RFC 3339. */
  readonly expires: string;
  /** They change the root. */
  readonly rootSigners: readonly PublicSigner[];
  readonly rootThreshold: number;
  /** They sign bundles. */
  readonly contentSigners: readonly PublicSigner[];
  readonly contentThreshold: number;
}

/** An unsigned root. Throws BundleError for a plan that cannot be. */
export function rootOf(version: number, plan: RootPlan): Signable<RootSigned> {
  const all = new Map(
    [...plan.rootSigners, ...plan.contentSigners].map((one) => [keyIdOf(one.classical), one]),
  );
  for (const signer of all.values()) {
    if (profileOf(signer) !== plan.profile) {
      const why = `has keys of the profile ${profileOf(signer)}; the root is of the profile ${plan.profile}`;
      throw new BundleError('Malformed', signer.name, why);
    }
  }
  const role = (signers: readonly PublicSigner[], threshold: number) => ({
    keyids: [...new Set(signers.map(({ classical }) => keyIdOf(classical)))].sort(),
    threshold,
  });
  const content = role(plan.contentSigners, plan.contentThreshold);
  const ids = [...all].sort(([a], [b]) => (a < b ? -1 : 1));
  const signed: RootSigned = {
    _type: 'root',
    spec_version: SPEC_VERSION,
    version,
    expires: plan.expires,
    consistent_snapshot: true,
    keys: Object.fromEntries(ids.map(([id, { classical }]) => [id, classical])),
    roles: {
      root: role(plan.rootSigners, plan.rootThreshold),
      targets: content,
      snapshot: content,
      timestamp: content,
    },
    'x-casemate-profile': plan.profile,
    'x-casemate-signers': Object.fromEntries(
      ids.map(([id, { name, postQuantum }]) => [id, { name, key: postQuantum }]),
    ),
  };
  signersOf(signed, `root ${version}`);
  return signable(signed);
}

/** The plan that a root came from, to begin the next one with. */
export function planOf({ signed }: Signable<RootSigned>): RootPlan {
  const signers = signersOf(signed, `root ${signed.version}`);
  const group = (ids: readonly string[]): PublicSigner[] =>
    ids.flatMap((id) => {
      const one = signers.get(id);
      return one === undefined ? [] : [{ name: one.name, classical: one.key, postQuantum: one.postQuantum }];
    });
  const { root, targets } = signed.roles;
  return {
    profile: signed['x-casemate-profile'],
    expires: signed.expires,
    rootSigners: group(root.keyids),
    rootThreshold: root.threshold,
    contentSigners: group(targets.keyids),
    contentThreshold: targets.threshold,
  };
}

/** Signs the newest of a chain. Throws BundleError for somebody whose signature it does not need. */
export function signRoot(
  chain: readonly Signable<RootSigned>[],
  signer: PrivateSigner,
): Signable<RootSigned> {
  const [root, before] = [chain.at(-1), chain.at(-2)];
  if (root === undefined) throw new BundleError('Missing', 'root', 'there is none');
  const id = keyIdOf(signer.public.classical);
  const wanted = [root, before].some((one) => one?.signed.roles.root.keyids.includes(id) === true);
  if (!wanted) {
    const why = `is a root signer neither of version ${root.signed.version} nor of the one before`;
    throw new BundleError('Untrusted', signer.public.name, why);
  }
  return signWith(root, signer);
}

/** What is still missing of signatures on the newest of a chain; empty when it is complete. */
export function missingOnRoot(chain: readonly Signable<RootSigned>[]): string[] {
  const [root, before] = [chain.at(-1), chain.at(-2)];
  if (root === undefined) return [];
  return [root, before].flatMap((by) => {
    if (by === undefined) return [];
    const { signed, threshold, wanting } = signersOfRole(
      by.signed,
      'root',
      root,
      `root ${root.signed.version}`,
    );
    return signed.length >= threshold
      ? []
      : [
          `${threshold - signed.length} more of the signers of version ${by.signed.version} (${wanting.join('; ')})`,
        ];
  });
}

/** Throws BundleError that names the first root of a chain that does not follow from the one before. */
export function requireChain(chain: readonly Signable<RootSigned>[]): void {
  for (const [index, root] of chain.entries()) {
    const part = `root ${index + 1}`;
    if (root.signed.version !== index + 1) {
      throw new BundleError('Malformed', part, `says that it is version ${root.signed.version}`);
    }
    requireRole(root.signed, 'root', root, part);
    const before = chain[index - 1];
    if (before !== undefined) requireRole(before.signed, 'root', root, part);
  }
}
