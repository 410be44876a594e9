/**
 * Signing a bundle's lists, and who has signed. What is signed does not change; see rewrite.ts for how a bundle on disk gets its new signatures. Pure but
 * for `signBundle`.
 */
import { BundleError } from './problem.ts';
import { rewriteMetadata } from './rewrite.ts';
import { type Signatories, signersOfRole } from './tuf/check-role.ts';
import type { BundleMetadata } from './tuf/client.ts';
import { delegatedRoles, signatoriesOf } from './tuf/delegations.ts';
import type { RoleName, Signable } from './tuf/metadata.ts';
import { keyIdOf, type PrivateSigner, signWith } from './tuf/signer.ts';

export const SIGNED_ROLES = ['targets', 'snapshot', 'timestamp'] as const satisfies readonly RoleName[];

interface SignedFile {
  readonly role: string;
  readonly signatories: Signatories;
  readonly file: Signable<unknown>;
}

export interface SignedRole {
  readonly role: string;
  readonly threshold: number;
  readonly signed: readonly string[];
}

/** Every list of a bundle that people sign, with who may, in the eyes of its newest root. */
export function signedFiles(metadata: BundleMetadata): SignedFile[] {
  const root = metadata.roots.at(-1)?.signed;
  if (root === undefined) throw new BundleError('Missing', 'root', 'the bundle has no root');
  const { targets, delegated } = metadata;
  const others = signatoriesOf(root, targets.signed);
  return [
    ...SIGNED_ROLES.map((role) => ({ role, signatories: root, file: metadata[role] })),
    ...(others === undefined
      ? []
      : delegatedRoles(targets.signed, delegated).map(({ role, file }) => ({
          role: role.name,
          signatories: others,
          file,
        }))),
  ];
}

/** The metadata with other signatures, where `change` gives some. */
export function withFiles(
  metadata: BundleMetadata,
  change: <S>(role: string, file: Signable<S>) => Signable<S>,
): BundleMetadata {
  const { targets, snapshot, timestamp, delegated } = metadata;
  const roles = delegatedRoles(targets.signed, delegated);
  return {
    roots: metadata.roots,
    targets: change('targets', targets),
    snapshot: change('snapshot', snapshot),
    timestamp: change('timestamp', timestamp),
    delegated: roles.map(({ role, file }) => change(role.name, file)),
  };
}

/** Signs every list that is the signer's to sign. Throws BundleError when there is none. */
export function signMetadata(metadata: BundleMetadata, signer: PrivateSigner): BundleMetadata {
  const id = keyIdOf(signer.public.classical);
  const isMine = ({ role, signatories }: SignedFile) => {
    const known = signatories['x-casemate-signers'][id];
    return (
      signatories.roles[role]?.keyids.includes(id) === true &&
      known !== undefined &&
      keyIdOf(known.key) === keyIdOf(signer.public.postQuantum)
    );
  };
  const mine = new Set(
    signedFiles(metadata)
      .filter(isMine)
      .map(({ role }) => role),
  );
  if (mine.size === 0) {
    throw new BundleError(
      'Untrusted',
      signer.public.name,
      `version ${metadata.roots.length} of the root lets these keys sign nothing in a bundle, and nothing is delegated to them`,
    );
  }
  return withFiles(metadata, (role, file) => (mine.has(role) ? signWith(file, signer) : file));
}

/** Who has signed, by the bundle's own newest root. */
export function signedRoles(metadata: BundleMetadata): SignedRole[] {
  return signedFiles(metadata).map(({ role, signatories, file }) => {
    const { threshold, signed } = signersOfRole(signatories, role, file, role);
    return { role, threshold, signed };
  });
}

/** Signs the bundle at `path`; gives its metadata as it is now. Content is not read: `verify` does that, before or after. */
export const signBundle = (path: string, signer: PrivateSigner): Promise<BundleMetadata> =>
  rewriteMetadata(path, (metadata) => signMetadata(metadata, signer));
