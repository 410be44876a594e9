/**
 * KeyProvider: an organization's own HSM, which the operator connected for it. With `root`, everything of the organization hangs from a key
 * in there: switching the HSM off stops the organization's data, and switching it on brings it back.
 */
import { Type } from 'typebox';
import { conflict } from '#kernel/errors.ts';
import { type AdmissionRequest, defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, OBSERVED_GENERATION, READY_COLUMN } from '#kernel/kind-parts.ts';
import { KEYS_GROUP } from '../api-group.ts';

const PIN_LENGTH_MAX = 255;

export const KeyProvider = defineKind({
  group: KEYS_GROUP,
  version: 'v1',
  kind: 'KeyProvider',
  plural: 'keyproviders',
  scope: 'Realm',
  realms: ['organization'],
  description:
    'The organization’s own hardware security module. With root, the organization’s data opens only while it is at hand.',
  spec: Type.Object({
    hsm: Type.String({
      pattern: '^[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$',
      description: 'What the operator calls it in region.yaml.',
    }),
    root: Type.Boolean({
      default: false,
      description: 'Whether the organization’s root key is in it. Changing it moves the root.',
    }),
  }),
  status: Type.Object({
    provider: Type.Optional(Type.String({ description: 'What the HSM says it is; nobody checked.' })),
    holdsRoot: Type.Optional(Type.Boolean({ description: 'Whether the root is in it now.' })),
    observedGeneration: OBSERVED_GENERATION,
    conditions: CONDITIONS,
  }),
  columns: [
    { name: 'HSM', type: 'string', description: 'Which.', value: 'spec.hsm' },
    { name: 'Root', type: 'boolean', description: 'Whether the root is in it.', value: 'status.holdsRoot' },
    READY_COLUMN,
  ],
  immutable: ['spec.hsm'],
  subresources: {
    open: {
      type: 'action',
      description: 'Gives the PIN. It is kept sealed, so that the HSM comes back by itself.',
      request: Type.Object({ pin: Type.String({ minLength: 1, maxLength: PIN_LENGTH_MAX }) }),
      response: Type.Object({ token: Type.String(), model: Type.String() }),
    },
  },
  admit: refuseDeletion,
});

export type KeyProviderObject = ObjectOf<typeof KeyProvider>;

function refuseDeletion({ operation, object }: AdmissionRequest): void {
  const { spec, status, metadata } = object as KeyProviderObject;
  if (operation !== 'delete' || !(spec.root || status?.holdsRoot === true)) return;
  const subject = { group: KEYS_GROUP, kind: KeyProvider.kind, name: metadata.name };
  throw conflict(subject, 'the organization’s root is in it; set spec.root to false and wait until it moved');
}
