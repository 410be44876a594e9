/**
 * The region's master key at rest when it is sealed: wrapped under what a passphrase gives (argon2id) or under a secret that k of n
 * custodians hold together (Shamir). The file alone opens nothing. Everything here is bytes in, bytes out.
 */
import { argon2, hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { combine, split } from 'shamir-secret-sharing';
import { type Static, Type } from 'typebox';
import { Check } from 'typebox/schema';
import { KEY_BYTES, open, type SymmetricKey, seal, symmetricKey } from '../wrapping.ts';
import type { Share } from './share-text.ts';

const FORMAT = 'casemate-sealed-master-v1';
/** What shamir-secret-sharing can do is 255; more custodians than this no ceremony bears. */
export const SHARES_MAX = 16;
export const PASSPHRASE_LENGTH_MIN = 16;
export const PASSPHRASE_LENGTH_MAX = 1_024;
/** RFC 9106, section 4, second choice, with four times its memory: about a second. */
const KDF = { memory_KiB: 256 * 1024, passes: 3, parallelism: 4 } as const;
const SALT_BYTES = 16;

const BASE64 = Type.String({ maxLength: 4_096 });
const common = {
  format: Type.Literal(FORMAT),
  region: Type.String(),
  masterKeyId: Type.String(),
  wrapped: BASE64,
};
const ByPassphrase = Type.Object({
  ...common,
  seal: Type.Literal('passphrase'),
  // Bounded, so that a file that somebody changed cannot take the machine's memory.
  kdf: Type.Object({
    name: Type.Literal('argon2id'),
    memory_KiB: Type.Integer({ minimum: 19 * 1024, maximum: 4 * 1024 * 1024 }),
    passes: Type.Integer({ minimum: 1, maximum: 16 }),
    parallelism: Type.Integer({ minimum: 1, maximum: 16 }),
    salt: BASE64,
  }),
});
const ByShares = Type.Object({
  ...common,
  seal: Type.Literal('shares'),
  threshold: Type.Integer({ minimum: 2, maximum: SHARES_MAX }),
  set: Type.String({ pattern: '^[0-9a-f]{8}$' }),
  /** SHA-256 of each share, by custodian: tells a wrong one at once. A share has 32 random bytes, so its digest gives nothing away. */
  digests: Type.Array(Type.String({ pattern: '^[0-9a-f]{64}$' }), { minItems: 2, maxItems: SHARES_MAX }),
});
const SealedMaster = Type.Union([ByPassphrase, ByShares]);

export type SealedMaster = Static<typeof SealedMaster>;
export type SealedByShares = Static<typeof ByShares>;
export type SealedByPassphrase = Static<typeof ByPassphrase>;

/** Why the seal did not open, and what to do. Never carries any of what was tried. */
export class UnsealError extends Error {
  override readonly name = 'UnsealError';
}

/** Reads the text of a sealed file. Throws UnsealError. */
export function parseSealed(text: string, path: string): SealedMaster {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (Check(SealedMaster, value)) return value;
  throw new UnsealError(`${path} is no sealed master key, or is damaged; restore it from its backup`);
}

export const sealedText = (sealed: SealedMaster): string => `${JSON.stringify(sealed, null, 2)}\n`;

/** What the ceremony's transcript names the file by. */
export const sealedDigest = (text: string): string => hash('sha256', text, 'hex');
export const shareDigest = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex');

const context = (region: string) => `sealed master key\0${region}`;

function wrapMaster(region: string, masterKey: SymmetricKey, under: SymmetricKey) {
  const plain = masterKey.key.export();
  const wrapped = Buffer.from(seal('CMW1', under, plain, context(region))).toString('base64');
  plain.fill(0);
  return { format: FORMAT, region, masterKeyId: masterKey.id, wrapped } as const;
}

function unwrapMaster(sealed: SealedMaster, under: SymmetricKey): SymmetricKey | undefined {
  try {
    return symmetricKey(open('CMW1', under, Buffer.from(sealed.wrapped, 'base64'), context(sealed.region)));
  } catch {
    return undefined;
  }
}

const derive = promisify(argon2);

async function keyOfPassphrase(
  passphrase: Uint8Array,
  kdf: SealedByPassphrase['kdf'],
): Promise<SymmetricKey> {
  const key = await derive('argon2id', {
    message: passphrase,
    nonce: Buffer.from(kdf.salt, 'base64'),
    parallelism: kdf.parallelism,
    tagLength: KEY_BYTES,
    memory: kdf.memory_KiB,
    passes: kdf.passes,
  });
  return symmetricKey(key);
}

/** Throws UnsealError for a passphrase that is too short to mean anything. */
export async function sealWithPassphrase(
  region: string,
  masterKey: SymmetricKey,
  passphrase: Uint8Array,
): Promise<SealedByPassphrase> {
  if (passphrase.length < PASSPHRASE_LENGTH_MIN || passphrase.length > PASSPHRASE_LENGTH_MAX) {
    throw new UnsealError(
      `the passphrase must have ${PASSPHRASE_LENGTH_MIN} to ${PASSPHRASE_LENGTH_MAX} bytes: six random words, say`,
    );
  }
  const kdf = { name: 'argon2id', ...KDF, salt: randomBytes(SALT_BYTES).toString('base64') } as const;
  return {
    ...wrapMaster(region, masterKey, await keyOfPassphrase(passphrase, kdf)),
    seal: 'passphrase',
    kdf,
  };
}

export interface SharedSeal {
  readonly sealed: SealedByShares;
  /** Secret; one for each custodian. */
  readonly shares: readonly Share[];
}

/** Throws UnsealError unless 2 ≤ threshold ≤ count ≤ SHARES_MAX. */
export async function sealWithShares(
  region: string,
  masterKey: SymmetricKey,
  threshold: number,
  count: number,
): Promise<SharedSeal> {
  if (threshold < 2 || threshold > count || count > SHARES_MAX) {
    throw new UnsealError(
      `${threshold} of ${count} shares: at least 2 of at most ${SHARES_MAX}, and not more than there are`,
    );
  }
  const secret = new Uint8Array(randomBytes(KEY_BYTES));
  const parts = await split(secret, count, threshold);
  const wrapped = wrapMaster(region, masterKey, symmetricKey(secret));
  const set = randomBytes(4).toString('hex');
  return {
    sealed: { ...wrapped, seal: 'shares', threshold, set, digests: parts.map(shareDigest) },
    shares: parts.map((bytes, at) => ({ set, index: at + 1, bytes })),
  };
}

/** Throws UnsealError when it is another one. */
export async function openWithPassphrase(
  sealed: SealedByPassphrase,
  passphrase: Uint8Array,
): Promise<SymmetricKey> {
  const masterKey = unwrapMaster(sealed, await keyOfPassphrase(passphrase, sealed.kdf));
  if (masterKey) return masterKey;
  throw new UnsealError('that is not the passphrase');
}

/** Throws UnsealError unless the share is one of this seal's. */
export function checkShare(sealed: SealedByShares, share: Share): void {
  if (share.set !== sealed.set) {
    throw new UnsealError(`that share is of another ceremony (${share.set}); this one is ${sealed.set}`);
  }
  const digest = sealed.digests[share.index - 1];
  const own = Buffer.from(shareDigest(share.bytes), 'hex');
  if (digest === undefined || !timingSafeEqual(Buffer.from(digest, 'hex'), own)) {
    throw new UnsealError(`that is not share ${share.index} of this ceremony`);
  }
}

/** Of as many different shares as the threshold says, each checked. */
export async function openWithShares(
  sealed: SealedByShares,
  shares: readonly Share[],
): Promise<SymmetricKey> {
  const secret = await combine(shares.map(({ bytes }) => bytes));
  const masterKey = unwrapMaster(sealed, symmetricKey(secret));
  if (masterKey) return masterKey;
  throw new UnsealError('these shares fit together, but not to this file; restore it from its backup');
}
