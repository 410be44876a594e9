/** The actions that use a Key: what is sent is bytes in base64, what is answered too. Called once the use is on record. */
import type { ActionRequest } from '#kernel/connect.ts';
import { badRequest } from '#kernel/errors.ts';
import {
  assertJustified,
  assertNotDeleting,
  assertPurpose,
  type Backends,
  backendOf,
  chosenVersion,
  fromBase64,
  macBy,
  openUnder,
  refOf,
  sealUnder,
  signedBy,
  usablePrimary,
} from './crypt.ts';
import type { KeyObject } from './key.ts';
import type { KeyAction } from './schemas.ts';

type Answer = Readonly<Record<string, unknown>>;
export type Act = (key: KeyObject, request: ActionRequest) => Promise<Answer>;

const base64 = (bytes: Buffer) => bytes.toString('base64');

export function keyUses(backends: Backends) {
  const seals =
    (purpose: 'encrypt' | 'wrap', field: string, answer: string): Act =>
    async (key, { realm, body }) => {
      assertPurpose(key, purpose);
      assertJustified(key, body.reason);
      const bound = fromBase64('additionalData', body.additionalData);
      const { envelope, version } = await sealUnder(
        backends,
        realm,
        key,
        purpose,
        fromBase64(field, body[field]),
        bound,
      );
      return { [answer]: base64(envelope), keyVersion: version };
    };
  const opens =
    (purpose: 'encrypt' | 'wrap', field: string, answer: string): Act =>
    async (key, { realm, body }) => {
      assertPurpose(key, purpose);
      assertJustified(key, body.reason);
      const bound = fromBase64('additionalData', body.additionalData);
      const sealed = fromBase64(field, body[field]);
      const { plaintext, version } = await openUnder(backends, realm, key, purpose, sealed, bound);
      return { [answer]: base64(plaintext), keyVersion: version };
    };

  return {
    encrypt: seals('encrypt', 'plaintext', 'ciphertext'),
    decrypt: opens('encrypt', 'ciphertext', 'plaintext'),
    wrap: seals('wrap', 'material', 'wrapped'),
    unwrap: opens('wrap', 'wrapped', 'material'),
    async sign(key, { realm, body }) {
      assertPurpose(key, 'sign');
      assertJustified(key, body.reason);
      const { version } = usablePrimary(key);
      const message = fromBase64('message', body.message);
      const signature = await backendOf(key, backends).sign(refOf(realm, key, version), message);
      return { signature: base64(signature), keyVersion: version };
    },
    async verify(key, { body }) {
      assertPurpose(key, 'sign');
      const message = fromBase64('message', body.message);
      const signature = fromBase64('signature', body.signature);
      return verdict(signedBy(key, body.version, message, signature));
    },
    async mac(key, { realm, body }) {
      assertPurpose(key, 'mac');
      assertJustified(key, body.reason);
      const { version } = usablePrimary(key);
      const message = fromBase64('message', body.message);
      const mac = await backendOf(key, backends).mac(refOf(realm, key, version), message);
      return { mac: base64(mac), keyVersion: version };
    },
    async 'verify-mac'(key, { realm, body }) {
      assertPurpose(key, 'mac');
      assertJustified(key, body.reason);
      const message = fromBase64('message', body.message);
      const mac = fromBase64('mac', body.mac);
      return verdict(await macBy(backendOf(key, backends), realm, key, body.version, message, mac));
    },
    async random(key, { body }) {
      assertNotDeleting(key);
      return { random: base64(await backendOf(key, backends).random(Number(body.bytes))) };
    },
    async 'public-key'(key, { body }) {
      assertPurpose(key, 'sign', 'wrap');
      const { version, publicKey } = chosenVersion(key, body.version);
      if (publicKey === undefined) throw badRequest(`a key of ${key.spec.algorithm} has no public half`);
      return { publicKey, keyUid: key.metadata.uid, version };
    },
  } satisfies Partial<Record<KeyAction, Act>>;
}

const verdict = (version: number | undefined): Answer =>
  version === undefined ? { valid: false } : { valid: true, keyVersion: version };
