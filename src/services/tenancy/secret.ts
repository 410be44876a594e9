/**
 * Secret: small confidential data, sealed under the realm's key wherever it is stored, plain only in memory. Reads are
 * recorded in the realm's access log. Nothing here may put a value into an error or a log.
 */
import { Type } from 'typebox';
import type { StatusCause } from '#kernel/errors.ts';
import { type AdmissionRequest, defineKind } from '#kernel/kind.ts';
import type { KubeObject } from '#kernel/object.ts';
import { DATA_KEYS_MAX, dataCauses, immutableCauses, isBase64, refuse, sizeCause } from './data.ts';

export interface SecretObject extends KubeObject {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
  readonly immutable?: boolean;
}

/** Keys that a type promises; each list is one way to satisfy it: any key of the list. As Kubernetes checks them. */
const REQUIRED_KEYS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'kubernetes.io/tls': [['tls.crt'], ['tls.key']],
  'kubernetes.io/basic-auth': [['username', 'password']],
  'kubernetes.io/ssh-auth': [['ssh-privatekey']],
  'kubernetes.io/dockerconfigjson': [['.dockerconfigjson']],
};

export const Secret = defineKind({
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  scope: 'Project',
  realms: ['organization'],
  description:
    'Confidential data by key, up to 1 MiB, encrypted at rest under the organization’s key. Every read is recorded.',
  secret: true,
  fields: {
    type: Type.String({
      default: 'Opaque',
      maxLength: 253,
      description: 'What the data is: Opaque, kubernetes.io/tls, … It cannot change.',
    }),
    data: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        maxProperties: DATA_KEYS_MAX,
        description: 'Values by key, in base64.',
      }),
    ),
    stringData: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        maxProperties: DATA_KEYS_MAX,
        description: 'Values by key, as plain text. Only for writing: they are moved into data.',
      }),
    ),
    immutable: Type.Optional(
      Type.Boolean({ description: 'True: the data can never change again; delete it and make another.' }),
    ),
  },
  columns: [
    { name: 'Type', type: 'string', description: 'What the data is.', value: 'type' },
    {
      name: 'Data',
      type: 'integer',
      description: 'How many keys it has.',
      value: (object) => Object.keys((object as SecretObject).data ?? {}).length,
    },
  ],
  immutable: ['type'],
  normalize: normalizeSecret,
  admit: admitSecret,
});

/** Moves `stringData` into `data`; on the same key it wins, as in Kubernetes. What is no map of text is left for validation. */
function normalizeSecret(object: KubeObject): KubeObject {
  const { stringData, data, ...rest } = object as SecretObject;
  if (!isTextMap(stringData)) return object;
  if (data !== undefined && data !== null && !isTextMap(data)) return object;
  const encoded = Object.entries(stringData).map(([key, text]) => [
    key,
    Buffer.from(text).toString('base64'),
  ]);
  return { ...rest, data: { ...data, ...Object.fromEntries(encoded) } } as SecretObject;
}

function isTextMap(value: unknown): value is Readonly<Record<string, string>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((entry) => typeof entry === 'string')
  );
}

function admitSecret(request: AdmissionRequest): void {
  if (request.operation === 'delete') return;
  const { type = 'Opaque', data = {}, immutable } = request.object as SecretObject;
  const previous = request.previous as SecretObject | undefined;
  const size_bytes = Object.values(data).reduce((sum, value) => sum + Buffer.byteLength(value, 'base64'), 0);
  refuse(request, [
    ...dataCauses('data', data, true),
    ...sizeCause(size_bytes),
    ...typeCauses(type, data),
    ...immutableCauses(previous?.immutable, immutable, { data: [previous?.data, data] }),
  ]);
}

function typeCauses(type: string, data: Readonly<Record<string, string>>): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const keys of REQUIRED_KEYS[type] ?? []) {
    if (keys.some((key) => Object.hasOwn(data, key))) continue;
    causes.push({
      reason: 'FieldValueRequired',
      field: `data[${keys[0]}]`,
      message: `a secret of type ${type} needs ${keys.join(' or ')}`,
    });
  }
  const docker = data['.dockerconfigjson'];
  if (
    type === 'kubernetes.io/dockerconfigjson' &&
    docker !== undefined &&
    isBase64(docker) &&
    !isJson(docker)
  ) {
    causes.push({ reason: 'FieldValueInvalid', field: 'data[.dockerconfigjson]', message: 'must be JSON' });
  }
  return causes;
}

function isJson(base64: string): boolean {
  try {
    JSON.parse(Buffer.from(base64, 'base64').toString());
    return true;
  } catch {
    return false;
  }
}
