/**
 * Signatures by themselves: a small file that goes from one signer to the next, where the bundle is too large to, or where each built it alone and only the digest has to
 * be the same. Pure.
 */
import { type Static, Type } from 'typebox';
import { jsonBytes, readerOf } from './json.ts';
import { DELEGATIONS_MAX, SIGNATURES_MAX, VERSION_MAX } from './limits.ts';
import { BundleError } from './problem.ts';
import { signedFiles, withFiles } from './sign.ts';
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
    /** By role: those that every bundle has, and those that it delegates to. */
    signatures: Type.Record(Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' }), List, {
      maxProperties: 3 + DELEGATIONS_MAX,
    }),
  },
  closed,
);

const readFile = readerOf(SignaturesFile);

/** All signatures of a bundle, as a file. */
export function detachedSignatures(metadata: BundleMetadata): Buffer {
  const { targets } = metadata;
  const file: Static<typeof SignaturesFile> = {
    format: 'casemate-bundle-signatures-v1',
    name: targets.signed['x-casemate-bundle'].name,
    version: targets.signed.version,
    digest: signedDigest(targets),
    signatures: Object.fromEntries(
      signedFiles(metadata).map(({ role, file: { signatures } }) => [role, [...signatures]]),
    ),
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
  const merge = <S>(file: Signable<S>, added: readonly Signature[]): Signable<S> => {
    const ids = new Set(added.map(({ keyid }) => keyid));
    return { ...file, signatures: [...file.signatures.filter(({ keyid }) => !ids.has(keyid)), ...added] };
  };
  const merged = withFiles(metadata, (role, file) => merge(file, signatures[role] ?? []));
  const files = signedFiles(merged);
  for (const role of Object.keys(signatures)) {
    if (!files.some((one) => one.role === role))
      throw new BundleError('Unexpected', part, `${role}: there is nothing of that name to sign`);
  }
  for (const { role, signatories, file } of files) {
    const names = new Map<string, string>();
    for (const { keyId, postQuantumId, name: signer } of signersOf(signatories, part).values()) {
      names.set(keyId, signer).set(postQuantumId, signer);
    }
    const { signed, wanting } = signersOfRole(signatories, role, file, part);
    for (const { keyid } of signatures[role] ?? []) {
      const signer = names.get(keyid);
      if (signer !== undefined && signed.includes(signer)) continue;
      const why =
        wanting.find((one) => one.startsWith(`${signer} `)) ?? `the key ${keyid} signs nothing here`;
      throw new BundleError('Unsigned', part, `${role}: ${why}`);
    }
  }
  return merged;
}
