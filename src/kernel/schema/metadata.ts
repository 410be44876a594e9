/**
 * The rules of Kubernetes metadata (names, labels, annotations, finalizers, owner references), in Kubernetes' own words where
 * it has some. Pure.
 */
import { type Static, Type } from 'typebox';
import type { StatusCause } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { keyedBy, SET } from '../list-type.ts';
import { childPath } from './field-path.ts';

export const LABEL_NAME_MAX = 63;
export const SUBDOMAIN_MAX = 253;
export const ANNOTATIONS_BYTES_MAX = 256 * 1024;
export const FINALIZERS_MAX = 64;
export const OWNER_REFERENCES_MAX = 64;
export const LABELS_MAX = 1_024;

const LABEL = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const QUALIFIED = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

const LABEL_RULE =
  "must consist of lower case letters, digits and '-', and start and end with a letter or digit, for example 'my-name'";
const SUBDOMAIN_RULE =
  "must consist of lower case letters, digits, '-' and '.', and start and end with a letter or digit, for example 'web-1.example'";
const QUALIFIED_RULE =
  "must consist of letters, digits, '-', '_' and '.', and start and end with a letter or digit, optionally after a DNS prefix and '/', for example 'example.com/my-name'";

const OwnerReferenceSchema = Type.Object({
  apiVersion: Type.String(),
  kind: Type.String(),
  name: Type.String(),
  uid: Type.String(),
  controller: Type.Optional(Type.Boolean()),
  blockOwnerDeletion: Type.Optional(Type.Boolean()),
});

/** The metadata a client may send; what of it is the server's to say is overwritten later. */
export const ObjectMetaSchema = Type.Object({
  name: Type.Optional(Type.String()),
  generateName: Type.Optional(Type.String()),
  namespace: Type.Optional(Type.String()),
  uid: Type.Optional(Type.String()),
  resourceVersion: Type.Optional(Type.String()),
  generation: Type.Optional(Type.Integer()),
  selfLink: Type.Optional(Type.String()),
  creationTimestamp: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  deletionTimestamp: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  deletionGracePeriodSeconds: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
  labels: Type.Optional(Type.Union([Type.Record(Type.String(), Type.String()), Type.Null()])),
  annotations: Type.Optional(Type.Union([Type.Record(Type.String(), Type.String()), Type.Null()])),
  finalizers: Type.Optional(
    Type.Union([Type.Array(Type.String(), { maxItems: FINALIZERS_MAX, ...SET }), Type.Null()]),
  ),
  ownerReferences: Type.Optional(
    Type.Union([
      Type.Array(OwnerReferenceSchema, { maxItems: OWNER_REFERENCES_MAX, ...keyedBy('uid') }),
      Type.Null(),
    ]),
  ),
  managedFields: Type.Optional(Type.Union([Type.Array(Type.Unknown()), Type.Null()])),
});

export type DraftMeta = Static<typeof ObjectMetaSchema>;

const bad = (field: string, value: string, message: string): StatusCause => ({
  reason: 'FieldValueInvalid',
  field,
  message: `Invalid value: ${JSON.stringify(value)}: ${message}`,
});

/** What is wrong with metadata that already has the right types. */
export function metadataCauses(kind: Kind, metadata: unknown): StatusCause[] {
  const meta = metadata as DraftMeta;
  return [
    ...nameCauses(kind, meta),
    ...labelCauses(meta.labels ?? {}),
    ...annotationCauses(meta.annotations ?? {}),
    ...finalizerCauses(meta.finalizers ?? []),
    ...ownerCauses(meta.ownerReferences ?? []),
  ];
}

/** What is wrong with an object's name; empty when nothing is. A project's name is a DNS label, since it is a namespace. */
export function objectNameCauses(kind: Kind, name: string, field = 'metadata.name'): StatusCause[] {
  return kind.resource === 'namespaces' ? dnsLabelCauses(name, field) : subdomainCauses(name, field);
}

export function dnsLabelCauses(name: string, field: string): StatusCause[] {
  if (name.length > LABEL_NAME_MAX) return [tooLong(field, name.length, LABEL_NAME_MAX)];
  return LABEL.test(name) ? [] : [bad(field, name, LABEL_RULE)];
}

function subdomainCauses(name: string, field: string): StatusCause[] {
  if (name.length > SUBDOMAIN_MAX) return [tooLong(field, name.length, SUBDOMAIN_MAX)];
  return SUBDOMAIN.test(name) ? [] : [bad(field, name, SUBDOMAIN_RULE)];
}

const tooLong = (field: string, length: number, max: number): StatusCause => ({
  reason: 'FieldValueTooLong',
  field,
  message: `Too long: ${length} characters; the most is ${max}`,
});

function nameCauses(kind: Kind, meta: DraftMeta): StatusCause[] {
  if (meta.name) return objectNameCauses(kind, meta.name);
  if (!meta.generateName) {
    return [
      {
        reason: 'FieldValueRequired',
        field: 'metadata.name',
        message: 'Required value: name or generateName is required',
      },
    ];
  }
  // The prefix may end in '-' or '.', since characters follow.
  return objectNameCauses(
    kind,
    `${meta.generateName.slice(0, LABEL_NAME_MAX - 1)}x`,
    'metadata.generateName',
  );
}

/** `[prefix/]name`, as labels, annotations and finalizers are keyed. */
export function qualifiedNameCauses(key: string, field: string): StatusCause[] {
  const slash = key.indexOf('/');
  const prefix = slash < 0 ? undefined : key.slice(0, slash);
  const name = key.slice(slash + 1);
  if (prefix !== undefined && (prefix.length > SUBDOMAIN_MAX || !SUBDOMAIN.test(prefix))) {
    return [bad(field, key, `the part before '/' ${SUBDOMAIN_RULE}`)];
  }
  if (name.length > LABEL_NAME_MAX) {
    return [bad(field, key, `the name must have at most ${LABEL_NAME_MAX} characters`)];
  }
  return QUALIFIED.test(name) ? [] : [bad(field, key, `the name ${QUALIFIED_RULE}`)];
}

function labelCauses(labels: Readonly<Record<string, string>>): StatusCause[] {
  const field = 'metadata.labels';
  const entries = Object.entries(labels);
  if (entries.length > LABELS_MAX) {
    return [
      {
        reason: 'FieldValueTooLong',
        field,
        message: `Too many: ${entries.length} labels; the most is ${LABELS_MAX}`,
      },
    ];
  }
  return entries.flatMap(([key, value]) => [
    ...qualifiedNameCauses(key, field),
    ...(value.length > LABEL_NAME_MAX
      ? [bad(childPath(field, key), value, `must have at most ${LABEL_NAME_MAX} characters`)]
      : value === '' || QUALIFIED.test(value)
        ? []
        : [
            bad(
              childPath(field, key),
              value,
              "must be empty or consist of letters, digits, '-', '_' and '.', and start and end with a letter or digit, for example 'my-value'",
            ),
          ]),
  ]);
}

function annotationCauses(annotations: Readonly<Record<string, string>>): StatusCause[] {
  const field = 'metadata.annotations';
  let bytes = 0;
  const causes: StatusCause[] = [];
  for (const [key, value] of Object.entries(annotations)) {
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
    causes.push(...qualifiedNameCauses(key.toLowerCase(), field));
  }
  if (bytes > ANNOTATIONS_BYTES_MAX) {
    causes.push({
      reason: 'FieldValueTooLong',
      field,
      message: `Too long: ${bytes} bytes in all; the most is ${ANNOTATIONS_BYTES_MAX}`,
    });
  }
  return causes;
}

function finalizerCauses(finalizers: readonly string[]): StatusCause[] {
  return finalizers.flatMap((finalizer, index) => {
    const field = childPath('metadata.finalizers', index);
    if (finalizers.indexOf(finalizer) < index) {
      return [
        {
          reason: 'FieldValueDuplicate' as const,
          field,
          message: `Duplicate value: ${JSON.stringify(finalizer)}`,
        },
      ];
    }
    return qualifiedNameCauses(finalizer, field);
  });
}

function ownerCauses(owners: readonly Static<typeof OwnerReferenceSchema>[]): StatusCause[] {
  const causes: StatusCause[] = [];
  owners.forEach((owner, index) => {
    const field = childPath('metadata.ownerReferences', index);
    for (const name of ['apiVersion', 'kind', 'name', 'uid'] as const) {
      if (owner[name] === '') {
        causes.push({
          reason: 'FieldValueRequired',
          field: childPath(field, name),
          message: 'Required value: must not be empty',
        });
      }
    }
  });
  if (owners.filter((owner) => owner.controller === true).length > 1) {
    causes.push({
      reason: 'FieldValueInvalid',
      field: 'metadata.ownerReferences',
      message: 'Invalid value: only one owner can have controller set to true',
    });
  }
  return causes;
}
