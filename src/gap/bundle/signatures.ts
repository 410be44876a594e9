/**
 * Signatures by themselves: a small file that goes from one signer to the next, where the bundle is too large to, or where each built it alone and only the digest has to
 * be the same. Pure.
 */
import { type Static, Type } from 'typebox';
import { jsonBytes, readerOf } from './json.ts';
import { SIGNATURES_MAX, VERSION_MAX } from './limits.ts';
import { BundleError } from './problem.ts';
import { SIGNED_ROLES } from './sign.ts';
import { signersOf, signersOfRole } from './tuf/check-role.ts';
import type { BundleMetadata } from './tuf/client.ts';
import { type Signable, signedDigest } from './tuf/metadata.ts';
import { BUNDLE_NAME_PATTERN, Signature } from './tuf/schema.ts';

export const SIGNATURES_BYTES_MAX = 4 * 1024 * 1024;

const closed = { additionalProperties: false };
const List = Type.Array(Signature, { maxItems: SIGNATURES_MAX });
const SignaturesFile = Type.Object(
  {
    format: Type.Literal('casemate-bundle-signatures-v1'),
    name: Type.String({ pattern: BUNDLE_NAME_PATTERN }),
    version: Type.Integer({ minimum: 1, maximum: VERSION_MAX }),
    /** `signedDigest` of the targets. */
    digest: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    signatures: Type.Object({ targets: List, snapshot: List, timestamp: List }, closed),
  },
  closed,
);

const readFile = readerOf(SignaturesFile);

/** All signatures of a bundle, as a file. */
export function detachedSignatures({ targets, snapshot, timestamp }: BundleMetadata): Buffer {
  const file: Static<typeof SignaturesFile> = {
    format: 'casemate-bundle-signatures-v1',
    name: targets.signed['x-casemate-bundle'].name,
    version: targets.signed.version,
    digest: signedDigest(targets),
    signatures: {
      targets: [...targets.signatures],
      snapshot: [...snapshot.signatures],
      timestamp: [...timestamp.signatures],
    },
  };
  return jsonBytes(file);
}

/** The metadata with the signatures of a file as well. Throws BundleError, which names `part`, unless each of them counts. */
export function withSignatures(metadata: BundleMetadata, bytes: Uint8Array, part: string): BundleMetadata {
  if (bytes.length > SIGNATURES_BYTES_MAX) {
    throw new BundleError('TooLarge', part, `has more than ${SIGNATURES_BYTES_MAX} bytes`);
  }
  const { name, version, digest, signatures } = readFile(bytes, part);
  if (digest !== signedDigest(metadata.targets)) {
    throw new BundleError('WrongDigest', part, `are of ${name} ${version}; this is another content`);
  }
  const root = metadata.roots.at(-1)?.signed;
  if (root === undefined) throw new BundleError('Missing', 'root', 'the bundle has no root');
  const names = new Map<string, string>();
  for (const { keyId, postQuantumId, name: signer } of signersOf(root, part).values()) {
    names.set(keyId, signer).set(postQuantumId, signer);
  }
  const merge = <S>(file: Signable<S>, added: readonly Signature[]): Signable<S> => {
    const ids = new Set(added.map(({ keyid }) => keyid));
    return { ...file, signatures: [...file.signatures.filter(({ keyid }) => !ids.has(keyid)), ...added] };
  };
  const merged: BundleMetadata = {
    roots: metadata.roots,
    targets: merge(metadata.targets, signatures.targets),
    snapshot: merge(metadata.snapshot, signatures.snapshot),
    timestamp: merge(metadata.timestamp, signatures.timestamp),
  };
  for (const role of SIGNED_ROLES) {
    const { signed, wanting } = signersOfRole(root, role, merged[role], part);
    for (const { keyid } of signatures[role]) {
      const signer = names.get(keyid);
      if (signer !== undefined && signed.includes(signer)) continue;
      const why =
        wanting.find((one) => one.startsWith(`${signer} `)) ?? `the key ${keyid} signs nothing here`;
      throw new BundleError('Unsigned', part, `${role}: ${why}`);
    }
  }
  return merged;
}
