/**
 * ConfigMap: small configuration that is no secret, as every kubectl user knows it.
 */
import { Type } from 'typebox';
import { type AdmissionRequest, defineKind } from '#kernel/kind.ts';
import type { KubeObject } from '#kernel/object.ts';
import { DATA_KEYS_MAX, dataCauses, immutableCauses, refuse, sizeCause } from './data.ts';

interface ConfigMapBody extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
  readonly immutable?: boolean;
}

export const ConfigMap = defineKind({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  scope: 'Project',
  realms: ['organization'],
  description: 'Configuration by key: text in data, bytes in binaryData. Never for secrets: use a Secret.',
  fields: {
    data: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        maxProperties: DATA_KEYS_MAX,
        description: 'Text by key.',
      }),
    ),
    binaryData: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        maxProperties: DATA_KEYS_MAX,
        description: 'Bytes by key, in base64.',
      }),
    ),
    immutable: Type.Optional(
      Type.Boolean({ description: 'True: the data can never change again; delete it and make another.' }),
    ),
  },
  columns: [
    {
      name: 'Data',
      type: 'integer',
      description: 'How many keys it has.',
      value: (object) => {
        const { data, binaryData } = object as ConfigMapBody;
        return Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length;
      },
    },
  ],
  admit: admitConfigMap,
});

function admitConfigMap(request: AdmissionRequest): void {
  if (request.operation === 'delete') return;
  const { data = {}, binaryData = {}, immutable } = request.object as ConfigMapBody;
  const previous = request.previous as ConfigMapBody | undefined;
  const both = Object.keys(data).filter((key) => Object.hasOwn(binaryData, key));
  const text_bytes = Object.values(data).reduce((sum, value) => sum + Buffer.byteLength(value), 0);
  refuse(request, [
    ...dataCauses('data', data, false),
    ...dataCauses('binaryData', binaryData, true),
    ...both.map((key) => ({
      reason: 'FieldValueDuplicate' as const,
      field: `binaryData[${key}]`,
      message: `"${key}" is in data too; keep it in one of them`,
    })),
    ...sizeCause(text_bytes + decodedSize(binaryData)),
    ...immutableCauses(previous?.immutable, immutable, {
      data: [previous?.data, data],
      binaryData: [previous?.binaryData, binaryData],
    }),
  ]);
}

const decodedSize = (data: Readonly<Record<string, string>>): number =>
  Object.values(data).reduce((sum, value) => sum + Buffer.byteLength(value, 'base64'), 0);
