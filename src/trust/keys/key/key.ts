/**
 * Key: a tenant's key. It holds versions; the primary one is used, the others open what they made. The object says everything about the
 * key but the key: its material lies wrapped under the organization's root, or in an HSM.
 */
import { Type } from 'typebox';
import type { StatusCause } from '#kernel/errors.ts';
import { invalid } from '#kernel/errors.ts';
import { type AdmissionRequest, defineKind, type ObjectOf, type Operation } from '#kernel/kind.ts';
import { CONDITIONS, OBSERVED_GENERATION, oneOf, READY_COLUMN } from '#kernel/kind-parts.ts';
import { keyedBy } from '#kernel/list-type.ts';
import type { KubeObject } from '#kernel/object.ts';
import { bornWithFinalizer } from '#kernel/reconcile/finalizers.ts';
import { KEYS_GROUP } from '../api-group.ts';
import { ALGORITHMS, type Algorithm, FACTS, HSM_ALGORITHMS, PURPOSES } from './algorithms.ts';
import { KEY_ACTIONS, REASON_PATTERN } from './schemas.ts';
import { KEY_USAGE } from './usage-report.ts';

export const KEY_FINALIZER = 'keys.casemate.internal/material';
export const VERSIONS_MAX = 100;
// SecNumCloud 19.4.a: 21 days between the notice and the destruction.
const NOTICE_DAYS_DEFAULT = 21;
const NOTICE_DAYS_MAX = 365;
const ROTATION_DAYS_MAX = 3_650;
const JUSTIFICATIONS_MAX = 64;

export const VERSION_STATES = ['Enabled', 'Disabled', 'DestroyScheduled', 'Destroyed'] as const;
export type VersionState = (typeof VERSION_STATES)[number];

export const Key = defineKind({
  group: KEYS_GROUP,
  version: 'v1',
  kind: 'Key',
  plural: 'keys',
  scope: 'Project',
  realms: ['organization'],
  description:
    'A cryptographic key that never leaves the region unwrapped: it encrypts, signs, wraps or authenticates for whoever may use it, and every use is on record.',
  spec: Type.Object({
    purpose: oneOf(PURPOSES, { description: 'What it may be used for.' }),
    algorithm: oneOf(ALGORITHMS, { description: 'What it is made of.' }),
    protection: oneOf(['software', 'hsm'] as const, {
      default: 'software',
      description: 'hsm: made in a hardware security module and never outside of it.',
    }),
    exportable: Type.Boolean({
      default: false,
      description: 'Whether its material may be exported, wrapped. Never with protection hsm.',
    }),
    rotationPeriod_days: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: ROTATION_DAYS_MAX,
        description: 'A new version is made when the primary one is so old. Default: only when asked.',
      }),
    ),
    destroyNotice_days: Type.Integer({
      minimum: 1,
      maximum: NOTICE_DAYS_MAX,
      default: NOTICE_DAYS_DEFAULT,
      description: 'How long before a version is destroyed it can be undone.',
    }),
    justifications: Type.Optional(
      Type.Array(Type.String({ pattern: REASON_PATTERN }), {
        minItems: 1,
        maxItems: JUSTIFICATIONS_MAX,
        uniqueItems: true,
        description: 'Reason codes that uses of the key must give one of. Default: any, or none.',
      }),
    ),
  }),
  status: Type.Object({
    versions: Type.Array(
      Type.Object({
        version: Type.Integer({ minimum: 1 }),
        state: oneOf(VERSION_STATES),
        createdAt: Type.String(),
        origin: oneOf(['generated', 'imported'] as const),
        publicKey: Type.Optional(Type.String({ description: 'PEM.' })),
        destroyAt: Type.Optional(Type.String({ description: 'When its material will be destroyed.' })),
        destroyedAt: Type.Optional(Type.String({ description: 'When its material was gone.' })),
      }),
      { ...keyedBy('version'), maxItems: VERSIONS_MAX },
    ),
    primary: Type.Optional(Type.Integer({ description: 'The version that is used.' })),
    observedGeneration: OBSERVED_GENERATION,
    conditions: CONDITIONS,
  }),
  initialStatus: { versions: [] },
  columns: [
    { name: 'Purpose', type: 'string', description: 'What it is for.', value: 'spec.purpose' },
    { name: 'Algorithm', type: 'string', description: 'What it is made of.', value: 'spec.algorithm' },
    { name: 'Protection', type: 'string', description: 'Where it is.', value: 'spec.protection' },
    { name: 'Primary', type: 'integer', description: 'The version in use.', value: 'status.primary' },
    READY_COLUMN,
  ],
  immutable: ['spec.purpose', 'spec.algorithm', 'spec.protection', 'spec.exportable'],
  subresources: { ...KEY_ACTIONS, usage: KEY_USAGE },
  // Whoever destroys a key alone could take an organization's data hostage: it takes two people.
  guarded: [
    {
      transition: 'delete',
      approvals: (object) => (liveVersions(object).length > 0 ? 1 : 0),
      approvers: ['key-custodian'],
    },
    { transition: 'destroy', approvals: 1, approvers: ['key-custodian'], matches: beginsDestruction },
  ],
  normalize: (object) => bornWithFinalizer(object, KEY_FINALIZER),
  admit: admitKey,
});

export type KeyObject = ObjectOf<typeof Key>;
export type KeyStatus = NonNullable<KeyObject['status']>;
export type KeyVersion = KeyStatus['versions'][number];

export interface KeySpec {
  readonly purpose: string;
  readonly algorithm: Algorithm;
  readonly protection: 'software' | 'hsm';
  readonly exportable: boolean;
}

const liveVersions = (object: KubeObject): readonly number[] =>
  ((object as KeyObject).status?.versions ?? [])
    .filter(({ state }) => state === 'Enabled' || state === 'Disabled')
    .map(({ version }) => version);

/** Whether a change takes a version towards its destruction. */
function beginsDestruction(
  operation: Operation,
  object: KubeObject,
  previous: KubeObject | undefined,
): boolean {
  if (operation !== 'update' || !previous) return false;
  const going = ((object as KeyObject).status?.versions ?? []).filter(
    ({ state }) => state === 'DestroyScheduled' || state === 'Destroyed',
  );
  const live = liveVersions(previous);
  return going.some(({ version }) => live.includes(version));
}

function admitKey({ operation, object }: AdmissionRequest): void {
  if (operation === 'delete') return;
  const { purpose, algorithm, protection, exportable } = object.spec as KeySpec;
  const { purposes, hsm } = FACTS[algorithm];
  const causes: StatusCause[] = [];
  const refuse = (field: string, message: string) =>
    causes.push({ reason: 'FieldValueNotSupported', field, message });
  if (!(purposes as readonly string[]).includes(purpose)) {
    refuse('spec.purpose', `a key of ${algorithm} can ${purposes.join(' or ')}, not ${purpose}`);
  }
  if (protection === 'hsm' && !hsm) {
    refuse('spec.protection', `an HSM holds ${HSM_ALGORITHMS.join(', ')} here, not ${algorithm}`);
  }
  if (protection === 'hsm' && exportable) {
    refuse(
      'spec.exportable',
      'what an HSM made never leaves it; choose protection: software, or leave this out',
    );
  }
  if (causes.length > 0) {
    throw invalid({ group: Key.group, kind: Key.kind, name: object.metadata.name }, causes);
  }
}
