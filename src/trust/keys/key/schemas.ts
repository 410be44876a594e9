/** What goes to and comes from the actions of a Key, with every bound. */
import { type TSchema, Type } from 'typebox';
import type { ActionDefinition } from '#kernel/kind.ts';

/** What one use may carry, before base64. Larger things are encrypted under a key of their own, which is wrapped here. */
export const DATA_BYTES_MAX = 64 * 1024;
/** Additional authenticated data, before base64. */
export const CONTEXT_BYTES_MAX = 4 * 1024;
/** A ciphertext's header, an encapsulation and a tag fit besides. */
const SEALED_BYTES_MAX = DATA_BYTES_MAX + 4 * 1024;
export const RANDOM_BYTES_MAX = 4 * 1024;

const inBase64 = (bytes_max: number) => Math.ceil(bytes_max / 3) * 4;
const base64 = (bytes_max: number, description: string) =>
  Type.String({ maxLength: inBase64(bytes_max), description: `${description}, in base64.` });

export const REASON_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$';
const reason = Type.Optional(
  Type.String({
    pattern: REASON_PATTERN,
    description: 'Why, as a code: on record, and checked against spec.justifications.',
  }),
);
const version = Type.Optional(Type.Integer({ minimum: 1, description: 'Default: the primary version.' }));
const plaintext = base64(DATA_BYTES_MAX, 'What to keep secret');
const ciphertext = base64(SEALED_BYTES_MAX, 'As it was answered');
const message = base64(DATA_BYTES_MAX, 'The whole message, or a digest that you sign as a message');
const additionalData = Type.Optional(
  base64(CONTEXT_BYTES_MAX, 'What the ciphertext is bound to: it opens only with the same'),
);
const keyVersion = Type.Integer({ description: 'Which version of the key it was.' });
const signature = base64(8 * 1024, 'ECDSA: r and s side by side, as JWS has it (RFC 7518, 3.4)');
const keyVersions = Type.Object({ versions: Type.Array(Type.Integer()) });
const recipient = Type.Object(
  {
    keyUid: Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' }),
    version: Type.Integer({ minimum: 1 }),
    publicKey: Type.String({ maxLength: 8_192 }),
  },
  { description: 'A Key for wrapping anywhere, as its own public-key action answers: an ML-KEM one.' },
);

function action(description: string, request: Record<string, TSchema>, response: TSchema): ActionDefinition {
  return {
    type: 'action',
    description,
    request: Type.Object({ ...request, reason }),
    response,
    recorded: ['reason', ...(request.version === undefined ? [] : ['version'])],
  };
}

const opened = (of: string) => Type.Object({ [of]: Type.String(), keyVersion });
const pickOne = (description: string) => action(description, { version }, keyVersions);

export const KEY_ACTIONS = {
  encrypt: action(
    'Encrypts up to 64 KiB under the primary version.',
    { plaintext, additionalData },
    Type.Object({ ciphertext, keyVersion }),
  ),
  decrypt: action('Opens what encrypt made.', { ciphertext, additionalData }, opened('plaintext')),
  wrap: action(
    'Wraps key material under the primary version.',
    { material: plaintext, additionalData },
    Type.Object({ wrapped: ciphertext, keyVersion }),
  ),
  unwrap: action('Opens what wrap made.', { wrapped: ciphertext, additionalData }, opened('material')),
  sign: action('Signs a message.', { message }, Type.Object({ signature, keyVersion })),
  verify: action(
    'Says whether a signature is of this key.',
    { message, signature, version },
    Type.Object({ valid: Type.Boolean(), keyVersion: Type.Optional(keyVersion) }),
  ),
  mac: action('HMAC-SHA-256 of a message.', { message }, Type.Object({ mac: Type.String(), keyVersion })),
  'verify-mac': action(
    'Says whether a MAC is of this key.',
    { message, mac: base64(64, 'The MAC'), version },
    Type.Object({ valid: Type.Boolean(), keyVersion: Type.Optional(keyVersion) }),
  ),
  random: action(
    'Random bytes from what holds the key.',
    { bytes: Type.Integer({ minimum: 1, maximum: RANDOM_BYTES_MAX, default: 32 }) },
    Type.Object({ random: Type.String() }),
  ),
  'public-key': action(
    'The public half of a version.',
    { version },
    Type.Object({ publicKey: Type.String(), keyUid: Type.String(), version: Type.Integer() }),
  ),
  rotate: action('Makes a new version, which is the primary one from now on.', {}, keyVersions),
  disable: pickOne('Takes a version out of use; nothing is lost.'),
  enable: pickOne('Takes a version into use again.'),
  'schedule-destroy': action(
    'Destroys a version, or without one all of them, once spec.destroyNotice_days are over. Until then it can be undone.',
    { version },
    Type.Object({ versions: Type.Array(Type.Integer()), destroyAt: Type.String() }),
  ),
  'cancel-destroy': pickOne(
    'Undoes schedule-destroy, and the deletion of the whole Key: the versions are disabled then, for you to enable.',
  ),
  export: action(
    'The material of a version, wrapped: under a Key of the project (under), or to one elsewhere (recipient). Only with spec.exportable.',
    { version, under: Type.Optional(Type.String({ maxLength: 253 })), recipient: Type.Optional(recipient) },
    Type.Object({ wrapped: Type.String(), keyVersion }),
  ),
  import: action(
    'Makes a new version of material that was wrapped under a Key of the project.',
    { wrapped: ciphertext, under: Type.String({ maxLength: 253 }) },
    keyVersions,
  ),
} as const satisfies Record<string, ActionDefinition>;

export type KeyAction = keyof typeof KEY_ACTIONS;
