/**
 * Kinds of every sort a service can declare, for tests of trust: trust may not reach into services, and its rules must
 * hold for kinds it never heard of.
 */
import { Type } from 'typebox';
import { defineKind, type Kind } from '#kernel/kind.ts';

const spec = Type.Object({});
const status = Type.Object({});
const conventional = { version: 'v1', spec, status } as const;

export const Project = defineKind({
  version: 'v1',
  group: '',
  kind: 'Namespace',
  plural: 'namespaces',
  scope: 'Realm',
  realms: ['organization'],
  description: 'A project.',
});

const Organization = defineKind({
  ...conventional,
  group: 'tenancy.casemate.internal',
  kind: 'Organization',
  plural: 'organizations',
  scope: 'Realm',
  realms: ['region'],
  description: 'A tenant.',
});

const Quota = defineKind({
  ...conventional,
  group: 'tenancy.casemate.internal',
  kind: 'Quota',
  plural: 'quotas',
  scope: 'Project',
  realms: ['organization'],
  description: 'A limit.',
});

export const Secret = defineKind({
  version: 'v1',
  group: '',
  kind: 'Secret',
  plural: 'secrets',
  scope: 'Project',
  realms: ['organization'],
  secret: true,
  fields: { data: Type.Optional(Type.Record(Type.String(), Type.String())) },
  description: 'A secret.',
});

export const Event = defineKind({
  version: 'v1',
  group: '',
  kind: 'Event',
  plural: 'events',
  scope: 'Project',
  realms: ['region', 'organization'],
  fields: {
    involvedObject: Type.Optional(Type.Record(Type.String(), Type.String())),
    source: Type.Optional(Type.Record(Type.String(), Type.String())),
    count: Type.Optional(Type.Integer()),
    ...Object.fromEntries(
      ['type', 'reason', 'message', 'firstTimestamp', 'lastTimestamp', 'reportingComponent'].map((name) => [
        name,
        Type.Optional(Type.String()),
      ]),
    ),
  },
  description: 'News.',
});

const Image = defineKind({
  ...conventional,
  group: 'compute.casemate.internal',
  kind: 'Image',
  plural: 'images',
  scope: 'Realm',
  realms: ['region'],
  sharedWithOrganizations: true,
  description: 'What instances start from.',
});

const Instance = defineKind({
  ...conventional,
  group: 'compute.casemate.internal',
  kind: 'Instance',
  plural: 'instances',
  scope: 'Project',
  realms: ['organization'],
  subresources: {
    exec: { type: 'terminal', description: 'A terminal.' },
    log: { type: 'text', description: 'The console.' },
    metrics: { type: 'report', description: 'What it used.', response: Type.Object({}) },
  },
  description: 'A machine.',
});

const FlowQuestion = defineKind({
  ...conventional,
  group: 'network.casemate.internal',
  kind: 'FlowQuestion',
  plural: 'flowquestions',
  scope: 'Project',
  realms: ['organization'],
  review: true,
  description: 'A question.',
});

const Shelf = defineKind({
  ...conventional,
  group: 'objects.casemate.internal',
  kind: 'Shelf',
  plural: 'shelves',
  scope: 'Project',
  realms: ['organization'],
  subresources: {
    objects: {
      type: 'data',
      description: 'What lies in it, served by its own process.',
      verbs: ['create', 'delete', 'get', 'list'],
    },
    retention: { type: 'data', description: 'How long it stays.', verbs: ['get', 'update'] },
    governance: { type: 'data', description: 'Passing over that.', verbs: ['update'] },
  },
  description: 'A place for things.',
});

/** Beside RoleBinding and ClientCertificate. */
export const SAMPLE_KINDS: readonly Kind[] = [
  Organization,
  Project,
  Quota,
  Secret,
  Event,
  Image,
  Instance,
  FlowQuestion,
  Shelf,
];
