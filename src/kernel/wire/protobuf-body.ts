/**
 * Request bodies in Kubernetes protobuf. kubectl from 1.32 on sends them for the kinds it was compiled with (`create namespace`,
 * `create secret`, `create token`, `auth can-i`) and takes JSON back. Field numbers are those of the published k8s.io API definitions.
 */
import { badRequest, StatusError } from '../errors.ts';
import { decodeMessage, type FieldDescriptor, type MessageType, ProtobufError } from './protobuf.ts';

export const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf';

/** `k8s` and a zero byte start every body. */
const MAGIC = Buffer.from([0x6b, 0x38, 0x73, 0x00]);

const string = (name: string): FieldDescriptor => ({ name, type: 'string' });
const strings = (name: string): FieldDescriptor => ({ name, type: 'string', repeated: true });
const bool = (name: string): FieldDescriptor => ({ name, type: 'bool' });
const int64 = (name: string): FieldDescriptor => ({ name, type: 'int64' });
const time = (name: string): FieldDescriptor => ({ name, type: 'time' });
const message = (name: string, type: MessageType): FieldDescriptor => ({ name, type: { message: type } });
const map = (name: string, values: 'string' | 'bytes'): FieldDescriptor => ({ name, type: { map: values } });

const OWNER_REFERENCE: MessageType = {
  1: string('kind'),
  3: string('name'),
  4: string('uid'),
  5: string('apiVersion'),
  6: bool('controller'),
  7: bool('blockOwnerDeletion'),
};

const OBJECT_META: MessageType = {
  1: string('name'),
  2: string('generateName'),
  3: string('namespace'),
  5: string('uid'),
  6: string('resourceVersion'),
  7: int64('generation'),
  8: time('creationTimestamp'),
  9: time('deletionTimestamp'),
  10: int64('deletionGracePeriodSeconds'),
  11: map('labels', 'string'),
  12: map('annotations', 'string'),
  13: { name: 'ownerReferences', type: { message: OWNER_REFERENCE }, repeated: true },
  14: strings('finalizers'),
};

const METADATA = message('metadata', OBJECT_META);

/** By apiVersion and kind. Status is the server's to say, so it is left out. */
const BODIES: Readonly<Record<string, MessageType>> = {
  'v1 Namespace': { 1: METADATA },
  'v1 Secret': {
    1: METADATA,
    2: map('data', 'bytes'),
    3: string('type'),
    4: map('stringData', 'string'),
    5: bool('immutable'),
  },
  'v1 ConfigMap': {
    1: METADATA,
    2: map('data', 'string'),
    3: map('binaryData', 'bytes'),
    4: bool('immutable'),
  },
  'v1 ServiceAccount': { 1: METADATA, 4: bool('automountServiceAccountToken') },
  'authentication.k8s.io/v1 TokenRequest': {
    1: METADATA,
    2: message('spec', {
      1: strings('audiences'),
      3: message('boundObjectRef', {
        1: string('kind'),
        2: string('apiVersion'),
        3: string('name'),
        4: string('uid'),
      }),
      4: int64('expirationSeconds'),
    }),
  },
  'authentication.k8s.io/v1 SelfSubjectReview': { 1: METADATA },
  'authentication.k8s.io/v1beta1 SelfSubjectReview': { 1: METADATA },
  'authorization.k8s.io/v1 SelfSubjectRulesReview': {
    1: METADATA,
    2: message('spec', { 1: string('namespace') }),
  },
  'authorization.k8s.io/v1 SelfSubjectAccessReview': {
    1: METADATA,
    2: message('spec', {
      1: message('resourceAttributes', {
        1: string('namespace'),
        2: string('verb'),
        3: string('group'),
        4: string('version'),
        5: string('resource'),
        6: string('subresource'),
        7: string('name'),
      }),
      2: message('nonResourceAttributes', { 1: string('path'), 2: string('verb') }),
    }),
  },
};

/** Delete options come under the apiVersion of what is deleted, or of the core group. */
const DELETE_OPTIONS: MessageType = {
  1: int64('gracePeriodSeconds'),
  2: message('preconditions', { 1: string('uid'), 2: string('resourceVersion') }),
  3: bool('orphanDependents'),
  4: string('propagationPolicy'),
  5: strings('dryRun'),
};

const ENVELOPE: MessageType = {
  1: message('typeMeta', { 1: string('apiVersion'), 2: string('kind') }),
  2: { name: 'raw', type: 'bytes' },
  3: string('contentEncoding'),
};

/** Decodes a body. Throws 400 for what does not parse, and 415 for a kind that is not read in this form. */
export function parseProtobufBody(bytes: Buffer): Record<string, unknown> {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw badRequest(
      'the request body is not Kubernetes protobuf: it does not start with "k8s" and a zero byte',
    );
  }
  try {
    const { typeMeta, raw = '' } = decodeMessage(bytes.subarray(MAGIC.length), ENVELOPE) as {
      typeMeta?: { apiVersion?: string; kind?: string };
      raw?: string;
    };
    const { apiVersion = '', kind = '' } = typeMeta ?? {};
    const type = kind === 'DeleteOptions' ? DELETE_OPTIONS : BODIES[`${apiVersion} ${kind}`];
    if (type === undefined) {
      throw new StatusError(
        'UnsupportedMediaType',
        `${apiVersion} ${kind} is not read as protobuf; send it as application/json or application/yaml`,
      );
    }
    return withoutEmptyText({ apiVersion, kind, ...decodeMessage(Buffer.from(raw, 'base64'), type) });
  } catch (error) {
    if (error instanceof ProtobufError) throw badRequest(`the request body ${error.message}`);
    throw error;
  }
}

/** Go's protobuf writes every string, empty ones too; in metadata they mean that nothing was said, as `omitempty` has it in JSON. */
function withoutEmptyText(body: Record<string, unknown>): Record<string, unknown> {
  const { metadata } = body;
  if (typeof metadata !== 'object' || metadata === null) return body;
  const said = Object.entries(metadata).filter(([, value]) => value !== '' && value !== 0);
  const { type, ...rest } = body;
  return {
    ...rest,
    ...(type === undefined || type === '' ? {} : { type }),
    metadata: Object.fromEntries(said),
  };
}
