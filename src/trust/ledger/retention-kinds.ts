/**
 * How long the logs of a realm say of persons what they did, and how long the changes log keeps objects as they were (RetentionPolicy);
 * and what of both goes before that time because it should never have been there (Erasure, which takes two people). Leaves, hashes and
 * checkpoints stay for ever either way.
 */
import { type Static, Type } from 'typebox';
import { invalid } from '#kernel/errors.ts';
import { type AdmissionRequest, defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, OBSERVED_GENERATION, READY_COLUMN } from '#kernel/kind-parts.ts';
import type { KubeObject } from '#kernel/object.ts';

export const LEDGER_GROUP = 'ledger.casemate.internal';
/** The one policy of a realm. */
export const POLICY_NAME = 'access';
/** EHDS, Regulation (EU) 2025/327, art. 73(1)(e): logs of access are kept at least a year. SecNumCloud 12.6 asks for six months. */
const ACCESS_DAYS_MIN = 365;
const ACCESS_DAYS_MAX = 36_500;
/** SecNumCloud 12.6: traces are kept at least six months. */
const CHANGES_DAYS_MIN = 180;
/** Also where a realm has no policy. */
export const BODIES_DAYS_DEFAULT = 365;
const CHANGES_DAYS_MAX = 36_500;
const REASON_CHARACTERS_MAX = 512;
/** Leaves that are gone through at once: the tables of the logs are not held up for long. */
export const ERASE_LEAVES_MAX = 50_000;

const refuse = ({ kind, object }: AdmissionRequest, field: string, message: string) =>
  invalid({ group: kind.group, kind: kind.kind, name: object.metadata.name }, [
    { reason: 'FieldValueInvalid', field, message },
  ]);

export const RetentionPolicy = defineKind({
  group: LEDGER_GROUP,
  version: 'v1',
  kind: 'RetentionPolicy',
  plural: 'retentionpolicies',
  scope: 'Realm',
  realms: ['region', 'organization'],
  description:
    'How long the logs name persons (without a policy for ever), and how long objects are kept as they were before they were changed or deleted (without a policy a year). There is one in a realm, called "access".',
  spec: Type.Object({
    accessRecords_days: Type.Integer({
      minimum: ACCESS_DAYS_MIN,
      maximum: ACCESS_DAYS_MAX,
      default: ACCESS_DAYS_MIN,
      description: 'After so many days, what the access log says of persons is erased. At least a year.',
    }),
    bodies_days: Type.Integer({
      minimum: CHANGES_DAYS_MIN,
      maximum: CHANGES_DAYS_MAX,
      default: BODIES_DAYS_DEFAULT,
      description:
        'So many days after an object was changed or deleted, what it was before is dropped; its digest stays. At least 180.',
    }),
    changeRecords_days: Type.Optional(
      Type.Integer({
        minimum: CHANGES_DAYS_MIN,
        maximum: CHANGES_DAYS_MAX,
        description:
          'After so many days, what the changes log says of persons is erased: who made a change, and what the object was called. At least 180. Absent: never.',
      }),
    ),
  }),
  status: Type.Object({ observedGeneration: OBSERVED_GENERATION, conditions: CONDITIONS }),
  columns: [
    {
      name: 'Days',
      type: 'integer',
      description: 'How long records name persons.',
      value: 'spec.accessRecords_days',
    },
    {
      name: 'Bodies',
      type: 'integer',
      description: 'For how many days objects are kept as they were.',
      value: 'spec.bodies_days',
    },
    READY_COLUMN,
  ],
  admit(request) {
    if (request.operation === 'create' && request.object.metadata.name !== POLICY_NAME) {
      throw refuse(request, 'metadata.name', `should be "${POLICY_NAME}": a realm has one`);
    }
  },
});

const ERASURE_SPEC = Type.Object({
  what: Type.Union([Type.Literal('AccessRecords'), Type.Literal('ChangeRecords'), Type.Literal('Bodies')], {
    default: 'AccessRecords',
    description:
      'What is to be erased: what leaves of the access log or of the changes log say of persons, or the objects that leaves of the changes log recorded, as they were then. An object as it is now is not erased: change or delete it first.',
  }),
  from: Type.Integer({ minimum: 0, description: 'The first leaf of that log.' }),
  to: Type.Integer({ minimum: 0, description: 'The last one.' }),
  reason: Type.String({
    minLength: 1,
    maxLength: REASON_CHARACTERS_MAX,
    description: 'Why. It stays in the log for ever: name nobody here.',
  }),
  carryOut: Type.Optional(
    Type.Boolean({
      default: false,
      description:
        'Set it to have it done, once somebody else has approved (transition "carry-out"). It cannot be undone.',
    }),
  ),
});

const specOf = (object: KubeObject) => object.spec as Static<typeof ERASURE_SPEC>;

export const Erasure = defineKind({
  group: LEDGER_GROUP,
  version: 'v1',
  kind: 'Erasure',
  plural: 'erasures',
  scope: 'Realm',
  realms: ['region', 'organization'],
  description:
    'Erases what some entries of a log say of persons, or objects as some entries of the changes log recorded them, because it should not be there. Takes two people; the log says that it was done, by whom and why.',
  spec: ERASURE_SPEC,
  status: Type.Object({
    erased: Type.Optional(Type.Integer({ description: 'How many records or bodies were erased.' })),
    observedGeneration: OBSERVED_GENERATION,
    conditions: CONDITIONS,
  }),
  columns: [
    { name: 'What', type: 'string', description: 'What is erased.', value: 'spec.what' },
    { name: 'From', type: 'integer', description: 'The first leaf.', value: 'spec.from' },
    { name: 'To', type: 'integer', description: 'The last leaf.', value: 'spec.to' },
    { name: 'Erased', type: 'integer', description: 'How many were erased.', value: 'status.erased' },
    READY_COLUMN,
  ],
  immutable: ['spec.what', 'spec.from', 'spec.to', 'spec.reason'],
  guarded: [
    {
      transition: 'carry-out',
      approvals: 1,
      matches: (operation, object, previous) =>
        operation === 'update' &&
        specOf(object).carryOut === true &&
        previous !== undefined &&
        specOf(previous).carryOut !== true,
    },
  ],
  admit(request) {
    if (request.operation === 'delete') return;
    const { from, to, carryOut } = specOf(request.object);
    if (to < from || to - from >= ERASE_LEAVES_MAX) {
      throw refuse(request, 'spec.to', `should be from ${from} to ${from + ERASE_LEAVES_MAX - 1}`);
    }
    if (request.operation === 'create' && carryOut === true) {
      throw refuse(request, 'spec.carryOut', 'is set later, when somebody else has approved');
    }
    if (request.previous && specOf(request.previous).carryOut === true && carryOut !== true) {
      throw refuse(request, 'spec.carryOut', 'cannot be taken back');
    }
  },
});

export const RETENTION_KINDS = [RetentionPolicy, Erasure];
export type RetentionPolicyObject = ObjectOf<typeof RetentionPolicy>;
export type ErasureObject = ObjectOf<typeof Erasure>;
