/**
 * Signing a bundle's three lists, and who has signed. What is signed does not change; see rewrite.ts for how a bundle on disk gets its new signatures. Pure but
 * for `signBundle`.
 */
import { BundleError } from './problem.ts';
import { rewriteMetadata } from './rewrite.ts';
import { signersOfRole } from './tuf/check-role.ts';
import type { BundleMetadata } from './tuf/client.ts';
import type { RoleName, Signable } from './tuf/metadata.ts';
import { keyIdOf, type PrivateSigner, signWith } from './tuf/signer.ts';

export const SIGNED_ROLES = ['targets', 'snapshot', 'timestamp'] as const satisfies readonly RoleName[];

export interface SignedRole {
  readonly role: RoleName;
  readonly threshold: number;
  readonly signed: readonly string[];
}

/** Signs every role that the bundle's newest root gives the signer. Throws BundleError when it gives none. */
export function signMetadata(metadata: BundleMetadata, signer: PrivateSigner): BundleMetadata {
  const root = metadata.roots.at(-1);
  if (root === undefined) throw new BundleError('Missing', 'root', 'the bundle has no root');
  const id = keyIdOf(signer.public.classical);
  const mine = SIGNED_ROLES.filter((role) => root.signed.roles[role].keyids.includes(id));
  const known = root.signed['x-casemate-signers'][id];
  if (mine.length === 0 || known === undefined || keyIdOf(known.key) !== keyIdOf(signer.public.postQuantum)) {
    throw new BundleError(
      'Untrusted',
      signer.public.name,
      `version ${root.signed.version} of the root lets these keys sign nothing in a bundle`,
    );
  }
  const sign = <S>(role: RoleName, file: Signable<S>) =>
    mine.some((one) => one === role) ? signWith(file, signer) : file;
  return {
    roots: metadata.roots,
    targets: sign('targets', metadata.targets),
    snapshot: sign('snapshot', metadata.snapshot),
    timestamp: sign('timestamp', metadata.timestamp),
  };
}

/** Who has signed, by the bundle's own newest root. */
export function signedRoles(metadata: BundleMetadata): SignedRole[] {
  const root = metadata.roots.at(-1);
  if (root === undefined) return [];
  return SIGNED_ROLES.map((role) => {
    const { threshold, signed } = signersOfRole(root.signed, role, metadata[role], role);
    return { role, threshold, signed };
  });
}

/** Signs the bundle at `path`; gives its metadata as it is now. Content is not read: `verify` does that, before or after. */
export const signBundle = (path: string, signer: PrivateSigner): Promise<BundleMetadata> =>
  rewriteMetadata(path, (metadata) => signMetadata(metadata, signer));
