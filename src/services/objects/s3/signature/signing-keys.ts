/** Signing keys: four HMACs from the secret, the same for a day, a region and a service; so the last used are kept. */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

export const SIGNING_KEYS_MAX = 4_096;

export interface SigningScope {
  readonly accessKey: string;
  /** `20130524`. */
  readonly date: string;
  readonly region: string;
}

export class SigningKeys {
  readonly #keys = new Map<string, { readonly secret: string; readonly key: KeyObject }>();
  readonly #max: number;

  constructor(max = SIGNING_KEYS_MAX) {
    this.#max = max;
  }

  get(scope: SigningScope, secret: string): KeyObject {
    const name = `${scope.accessKey}/${scope.date}/${scope.region}`;
    const known = this.#keys.get(name);
    // A key that was given another secret signs with that from then on.
    if (known?.secret === secret) {
      // Used last, so dropped last.
      this.#keys.delete(name);
      this.#keys.set(name, known);
      return known.key;
    }
    const key = deriveKey(secret, scope);
    this.#keys.set(name, { secret, key });
    if (this.#keys.size > this.#max) {
      const [oldest] = this.#keys.keys();
      if (oldest !== undefined) this.#keys.delete(oldest);
    }
    return key;
  }
}

export function deriveKey(secret: string, { date, region }: SigningScope): KeyObject {
  const ofDate = hmac(Buffer.from(`AWS4${secret}`), date);
  return createSecretKey(hmac(hmac(hmac(ofDate, region), 's3'), 'aws4_request'));
}

export function hmac(key: Buffer | KeyObject, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
