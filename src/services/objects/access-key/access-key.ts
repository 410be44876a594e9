/**
 * AccessKey: what S3 clients sign with. It belongs to one person or one service account and opens what they may do, or less. Its secret is given out once (the action `issue`),
 * to who it belongs to; here it lies wrapped under the organization's keys, because a signature can only be verified with it.
 */
import { Type } from 'typebox';
import { type AdmissionRequest, defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, OBSERVED_GENERATION, READY_COLUMN } from '#kernel/kind-parts.ts';
import { SET } from '#kernel/list-type.ts';
import { bornWithFinalizer } from '#kernel/reconcile/finalizers.ts';
import { OBJECTS_GROUP } from '../group.ts';

/** Holds a key back until its secret is gone. */
export const ACCESS_KEY_FINALIZER = `${OBJECTS_GROUP}/secret`;
const BUCKETS_MAX = 64;

export const AccessKey = defineKind({
  group: OBJECTS_GROUP,
  version: 'v1',
  kind: 'AccessKey',
  plural: 'accesskeys',
  scope: 'Project',
  realms: ['organization'],
  description:
    'What S3 clients sign with: an id and a secret of one person or one service account. The secret is given out once, by `casemate access-key create` or the action issue. Deleting it, or whoever it belongs to, ends it at once. Buckets that it makes belong to its project.',
  spec: Type.Object({
    user: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 253,
        description: 'Whose it is: a person, who makes it for themselves. This or serviceAccount.',
      }),
    ),
    serviceAccount: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 253,
        description: 'Whose it is: a service account of the project, made by whoever may have its tokens.',
      }),
    ),
    expires: Type.Optional(
      Type.String({
        pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,6})?Z$',
        description: 'When it ends by itself, such as 2027-01-31T00:00:00Z. Absent: never.',
      }),
    ),
    scope: Type.Optional(
      Type.Object(
        {
          buckets: Type.Optional(
            Type.Array(Type.String({ minLength: 3, maxLength: 63 }), {
              ...SET,
              minItems: 1,
              maxItems: BUCKETS_MAX,
              description: 'Only these buckets.',
            }),
          ),
          readOnly: Type.Optional(Type.Boolean({ description: 'Only reading and listing.' })),
        },
        { description: 'Less than whoever it belongs to may do. Absent: all of it.' },
      ),
    ),
  }),
  status: Type.Object({
    observedGeneration: OBSERVED_GENERATION,
    accessKeyId: Type.Optional(Type.String({ description: 'What clients name it by.' })),
    holderUid: Type.Optional(
      Type.String({
        description:
          'Uid of whoever it belongs to: somebody else of that name has nothing of it. Empty: a person without a User.',
      }),
    ),
    issuedAt: Type.Optional(Type.String({ description: 'When the secret was given out.' })),
    conditions: CONDITIONS,
  }),
  columns: [
    { name: 'Holder', type: 'string', description: 'Whose it is.', value: holderText },
    {
      name: 'Access Key Id',
      type: 'string',
      description: 'What clients name it by.',
      value: 'status.accessKeyId',
    },
    { name: 'Expires', type: 'string', description: 'When it ends by itself.', value: 'spec.expires' },
    READY_COLUMN,
  ],
  immutable: ['spec.user', 'spec.serviceAccount'],
  subresources: {
    issue: {
      type: 'action',
      description: 'Makes the secret and answers with it, once. To whoever may have made the key.',
      request: Type.Object({}),
      response: Type.Object({ accessKeyId: Type.String(), secretAccessKey: Type.String() }),
    },
  },
  normalize: (object) => bornWithFinalizer(object, ACCESS_KEY_FINALIZER),
});

export type AccessKeyObject = ObjectOf<typeof AccessKey>;
export type AccessKeySpec = AccessKeyObject['spec'];
export type AccessKeyStatus = NonNullable<AccessKeyObject['status']>;

function holderText(object: Pick<AdmissionRequest['object'], 'spec'>): string | undefined {
  const { user, serviceAccount } = object.spec as AccessKeySpec;
  return serviceAccount === undefined ? user : `serviceaccount:${serviceAccount}`;
}
