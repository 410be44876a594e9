/**
 * The second factor beside a password: codes of an authenticator app (RFC 6238: SHA-1, six digits, thirty seconds, as every app does them),
 * and recovery codes on paper. Each code counts once. Pure but for what makes new secrets.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';

const PERIOD_S = 30;
const DIGITS = 6;
const SECRET_BYTES = 20; // RFC 4226, 4: 160 bits recommended.
/** Steps that a clock may be early or late. */
const WINDOW_STEPS = 1;

export const RECOVERY_CODES = 10;
const RECOVERY_CHARACTERS = 16;
/** No 0, 1, I, L, O or U: nothing that reads as something else. 30 characters, so sixteen are 78 bits. */
const RECOVERY_ALPHABET = '23456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A secret for an authenticator app, in base32. */
export const newTotpSecret = (): string => new Secret({ size: SECRET_BYTES }).base32;

/** In groups of four, as people type it. */
export const grouped = (text: string): string => text.match(/.{1,4}/g)?.join(' ') ?? '';

function totpOf(secret: string, issuer = '', label = ''): TOTP {
  return new TOTP({
    issuer,
    label,
    algorithm: 'SHA1',
    digits: DIGITS,
    period: PERIOD_S,
    secret: Secret.fromBase32(secret),
  });
}

/** The `otpauth:` address that authenticator apps open. */
export const totpAddress = (secret: string, issuer: string, user: string): string =>
  totpOf(secret, issuer, user).toString();

/** As it is compared: without spaces and dashes, in capitals. */
export const normalCode = (code: string): string => code.replace(/[\s-]/g, '').toUpperCase();

const stepAt = (now_ms: number): number => Math.floor(now_ms / 1000 / PERIOD_S);

/** The step that a code is of, within one step of now and after `lastStep`; undefined for every other code. */
export function totpStep(secret: string, code: string, now_ms: number, lastStep: number): number | undefined {
  const token = /^\d{6}$/.test(code) ? code : '000000';
  const delta = totpOf(secret).validate({ token, timestamp: now_ms, window: WINDOW_STEPS });
  if (delta === null || token !== code) return undefined;
  const step = stepAt(now_ms) + delta;
  return step > lastStep ? step : undefined;
}

export function newRecoveryCodes(): readonly string[] {
  return Array.from({ length: RECOVERY_CODES }, () => {
    let code = '';
    while (code.length < RECOVERY_CHARACTERS) {
      const [byte = 255] = randomBytes(1);
      // Bytes past the last whole round of the alphabet would favour its beginning.
      if (byte < 240) code += RECOVERY_ALPHABET.charAt(byte % RECOVERY_ALPHABET.length);
    }
    return code.match(/.{4}/g)?.join('-') ?? '';
  });
}

/** With 78 bits at random nobody can try them all, so a plain digest is enough. Bound to its owner. */
export function recoveryDigest(userUid: string, code: string): string {
  return createHash('sha256')
    .update(`recovery\0${userUid}\0${normalCode(code)}`)
    .digest('base64');
}

/** The digest among `digests` that a code has; compares with every one of them. */
export function recoveryMatch(userUid: string, code: string, digests: readonly string[]): string | undefined {
  const given = Buffer.from(recoveryDigest(userUid, code), 'base64');
  let found: string | undefined;
  for (const digest of digests) {
    const wanted = Buffer.from(digest, 'base64');
    if (wanted.length === given.length && timingSafeEqual(wanted, given)) found = digest;
  }
  return found;
}
