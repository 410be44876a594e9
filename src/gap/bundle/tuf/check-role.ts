/**
 * Whether enough of those who have to sign a role did. A signer counts once, and only when both halves hold: the Ed25519 signature, which any TUF
 * client checks as well, and the ML-DSA one. Pure.
 */
import { verify } from 'node:crypto';
import { BundleError } from '../problem.ts';
import type { Signable } from './metadata.ts';
import { type PostQuantumKey, PROFILES, type Profile, type RootSigned } from './schema.ts';
import { keyIdOf, publicKeyOf } from './signer.ts';

export interface RootSigner {
  readonly name: string;
  readonly keyId: string;
  readonly key: RootSigned['keys'][string];
  readonly postQuantum: PostQuantumKey;
  readonly postQuantumId: string;
}

/** Who signs what: of a root, or of what a list delegates. */
export interface Signatories extends Pick<RootSigned, 'keys' | 'x-casemate-signers' | 'x-casemate-profile'> {
  readonly roles: Readonly<Record<string, RootSigned['roles']['root'] | undefined>>;
  /** Of a root. */
  readonly version?: number;
}

/** The signers that are known, by the keyid of their Ed25519 key. Throws BundleError when they are not what they say, or not distinct. */
export function signersOf(root: Signatories, part: string): Map<string, RootSigner> {
  const malformed = (why: string) => new BundleError('Malformed', part, why);
  const scheme = PROFILES[root['x-casemate-profile']];
  const signers = new Map<string, RootSigner>();
  const seen = new Set<string>();
  for (const [keyId, key] of Object.entries(root.keys)) {
    const other = root['x-casemate-signers'][keyId];
    if (other === undefined)
      throw malformed(`x-casemate-signers has no post-quantum key for the key ${keyId}`);
    if (keyIdOf(key) !== keyId) throw malformed(`keys.${keyId} is not the key that its id says`);
    if (other.key.scheme !== scheme) {
      throw malformed(`${other.name} has an ${other.key.scheme} key; the profile asks for ${scheme}`);
    }
    const postQuantumId = keyIdOf(other.key);
    for (const one of [postQuantumId, `name ${other.name}`]) {
      if (seen.has(one)) throw malformed(`${other.name} is not distinct from another signer`);
      seen.add(one);
    }
    signers.set(keyId, { name: other.name, keyId, key, postQuantum: other.key, postQuantumId });
  }
  if (Object.keys(root['x-casemate-signers']).length !== signers.size) {
    throw malformed('x-casemate-signers names somebody whose key is not in keys');
  }
  for (const [name, role] of Object.entries(root.roles)) {
    if (role === undefined) continue;
    for (const keyId of role.keyids) {
      if (!signers.has(keyId)) throw malformed(`roles.${name} names the key ${keyId}, which is not in keys`);
    }
    if (role.threshold > role.keyids.length) {
      throw malformed(`roles.${name} asks for ${role.threshold} of ${role.keyids.length} signers`);
    }
  }
  return signers;
}

export interface RoleCheck {
  readonly threshold: number;
  /** Names of those who count. */
  readonly signed: readonly string[];
  /** What is wrong with each of the others: `bob did not sign`. */
  readonly wanting: readonly string[];
}

/** Who signed a role, in the eyes of `root`. */
export function signersOfRole(
  root: Signatories,
  role: string,
  file: Signable<unknown>,
  part: string,
): RoleCheck {
  const signers = signersOf(root, part);
  const signatures = new Map(file.signatures.map(({ keyid, sig }) => [keyid, Buffer.from(sig, 'hex')]));
  const signed: string[] = [];
  const wanting: string[] = [];
  const { keyids, threshold } = root.roles[role] ?? NOBODY;
  for (const keyId of keyids) {
    const signer = signers.get(keyId);
    if (signer === undefined) continue;
    const problem = problemOf(signer, root['x-casemate-profile'], file.bytes, signatures);
    if (problem === undefined) signed.push(signer.name);
    else wanting.push(`${signer.name} ${problem}`);
  }
  return { threshold, signed, wanting };
}

/** Nobody can sign a role that there is not. */
const NOBODY = { keyids: [], threshold: 1 };

/** Throws BundleError that names the role and who is wanting. */
export function requireRole(
  root: Signatories,
  role: string,
  file: Signable<unknown>,
  part: string,
): RoleCheck {
  const check = signersOfRole(root, role, file, part);
  if (check.signed.length < check.threshold) {
    const by = root.version === undefined ? 'the list of contents' : `version ${root.version} of the root`;
    throw new BundleError(
      'Unsigned',
      part,
      `${check.signed.length} of the ${check.threshold} signers that ${by} asks for signed it: ${check.wanting.join('; ')}`,
    );
  }
  return check;
}

function problemOf(
  signer: RootSigner,
  profile: Profile,
  bytes: Buffer,
  signatures: ReadonlyMap<string, Buffer>,
): string | undefined {
  const halves = [
    { scheme: 'Ed25519', key: signer.key, sig: signatures.get(signer.keyId) },
    {
      scheme: PROFILES[profile].toUpperCase(),
      key: signer.postQuantum,
      sig: signatures.get(signer.postQuantumId),
    },
  ];
  if (halves.every(({ sig }) => sig === undefined)) return 'did not sign';
  for (const { scheme, key, sig } of halves) {
    if (sig === undefined) return `signed without ${scheme}; both halves are required`;
    if (!verify(null, bytes, publicKeyOf(key), sig)) return `has an ${scheme} signature that does not hold`;
  }
  return undefined;
}
