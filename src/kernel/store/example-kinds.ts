/**
 * Kinds for tests of the store: a small one with everything, a secret one, one of the region, and projects.
 */
import { Type } from 'typebox';
import { defineKind } from '../kind.ts';

export const Widget = defineKind({
  group: 'test.casemate.internal',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  scope: 'Project',
  description: 'A thing to test with.',
  realms: ['organization'],
  spec: Type.Object({
    size: Type.Integer({ minimum: 1, maximum: 64, default: 1 }),
    color: Type.Union([Type.Literal('red'), Type.Literal('green')], { default: 'red' }),
    origin: Type.Optional(Type.String()),
    parts: Type.Array(Type.Object({ name: Type.String({ minLength: 1 }) }), { default: [], maxItems: 8 }),
  }),
  status: Type.Object({ phase: Type.Optional(Type.String()) }),
  immutable: ['spec.origin'],
});

export const Note = defineKind({
  group: '',
  version: 'v1',
  kind: 'Note',
  plural: 'notes',
  scope: 'Project',
  description: 'A secret thing.',
  realms: ['organization'],
  fields: { data: Type.Optional(Type.Record(Type.String(), Type.String())) },
  secret: true,
});

export const Tenant = defineKind({
  group: 'test.casemate.internal',
  version: 'v1',
  kind: 'Tenant',
  plural: 'tenants',
  scope: 'Realm',
  description: 'A thing of the region.',
  realms: ['region'],
  spec: Type.Object({ title: Type.Optional(Type.String()) }),
});

export const Project = defineKind({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  scope: 'Realm',
  description: 'A project.',
  realms: ['organization'],
  spec: Type.Object({}, { default: {} }),
});

export const EXAMPLE_KINDS = [Widget, Note, Tenant, Project];
