/**
 * Passwords: argon2id (RFC 9106) from `node:crypto`, a few at a time. What is hashed is the NFKC form, so that the same password typed on
 * another keyboard fits. A password alone never signs anybody in.
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { unavailable } from '#kernel/errors.ts';

/** How much work a hash is; kept beside each, so that it can be raised later. */
export interface HashParameters {
  readonly memory_KiB: number;
  readonly passes: number;
  readonly lanes: number;
}

/** OWASP Password Storage Cheat Sheet, argon2id with the most memory: 46 MiB, one pass, one lane. */
export const HASH_PARAMETERS: HashParameters = { memory_KiB: 47_104, passes: 1, lanes: 1 };

/** Hashes at once: bounds both memory (two times 46 MiB) and how many of Node's four threads they hold. */
export const HASHES_AT_ONCE_MAX = 2;
/** Hashes that wait for their turn; more are told to come again. */
export const HASHES_WAITING_MAX = 32;
const BUSY_RETRY_S = 5;

/** NIST SP 800-63B-4, 3.1.1.2 asks for 8 where a second factor is always needed; 12 cost little. */
export const PASSWORD_LENGTH_MIN = 12;
export const PASSWORD_LENGTH_MAX = 256;
const DIFFERENT_CHARACTERS_MIN = 5;

const SALT_BYTES = 16;
const HASH_BYTES = 32;

export interface PasswordHash extends HashParameters {
  /** base64 */
  readonly salt: string;
  /** base64 */
  readonly hash: string;
}

export type PasswordProblem = 'passwordShort' | 'passwordLong' | 'passwordPlain';

const normal = (password: string): string => password.normalize('NFKC');

/** What is wrong with a new password. `words`: what everybody knows of its owner. */
export function passwordProblem(password: string, words: readonly string[]): PasswordProblem | undefined {
  const characters = [...normal(password)];
  if (characters.length < PASSWORD_LENGTH_MIN) return 'passwordShort';
  if (characters.length > PASSWORD_LENGTH_MAX) return 'passwordLong';
  const text = normal(password).toLowerCase();
  // What is left of a password without its owner's names must be long enough to count by itself.
  const rest = words
    .map((word) => normal(word).toLowerCase())
    .filter((word) => word.length >= 3)
    .reduce((left, word) => left.replaceAll(word, ''), text);
  const plain = new Set(text).size < DIFFERENT_CHARACTERS_MIN || rest.length < PASSWORD_LENGTH_MIN / 2;
  return plain ? 'passwordPlain' : undefined;
}

export interface Passwords {
  /** Throws `unavailable` when too many wait. */
  hash(password: string): Promise<PasswordHash>;
  /** Whether a password is the one. Without a hash it does the same work and says no. Throws `unavailable`. */
  verify(password: string, hash: PasswordHash | undefined): Promise<boolean>;
}

function derive(password: string, salt: Uint8Array, parameters: HashParameters): Promise<Buffer> {
  const { memory_KiB, passes, lanes } = parameters;
  return new Promise((resolve, reject) => {
    argon2(
      'argon2id',
      {
        message: normal(password),
        nonce: salt,
        parallelism: lanes,
        tagLength: HASH_BYTES,
        memory: memory_KiB,
        passes,
      },
      (error, key) => (error ? reject(error) : resolve(key)),
    );
  });
}

/** `work` makes one hash; tests count how often. */
export function openPasswords(work: typeof derive = derive): Passwords {
  let running = 0;
  const waiting: (() => void)[] = [];

  async function inTurn(password: string, salt: Uint8Array, parameters: HashParameters): Promise<Buffer> {
    if (running >= HASHES_AT_ONCE_MAX) {
      if (waiting.length >= HASHES_WAITING_MAX)
        throw unavailable('too many people are signing in at once', BUSY_RETRY_S);
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      return await work(password, salt, parameters);
    } finally {
      // Whoever is next takes over this one's place.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  }

  return {
    async hash(password) {
      const salt = randomBytes(SALT_BYTES);
      const hash = await inTurn(password, salt, HASH_PARAMETERS);
      return { ...HASH_PARAMETERS, salt: salt.toString('base64'), hash: hash.toString('base64') };
    },
    async verify(password, known) {
      // Nobody types more; a longer one is as wrong as any other, and costs as much.
      const text = password.slice(0, 2 * PASSWORD_LENGTH_MAX);
      const salt = known === undefined ? randomBytes(SALT_BYTES) : Buffer.from(known.salt, 'base64');
      const hash = await inTurn(text, salt, known ?? HASH_PARAMETERS);
      const wanted = known === undefined ? randomBytes(HASH_BYTES) : Buffer.from(known.hash, 'base64');
      return wanted.length === hash.length && timingSafeEqual(wanted, hash) && known !== undefined;
    },
  };
}
