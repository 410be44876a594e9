/**
 * A kind with every way a field can be shared, and short ways to apply and change. Tests only.
 */
import { Type } from 'typebox';
import { defineKind } from '../kind.ts';
import { ATOMIC_MAP, keyedBy, SET } from '../list-type.ts';
import type { DraftObject, KubeObject } from '../object.ts';
import { applyConfiguration } from './apply.ts';
import type { FieldsV1 } from './fields-v1.ts';
import type { ManagedFieldsEntry } from './managers.ts';
import { managersAfterUpdate } from './ownership.ts';
import type { Subresource } from './tracked.ts';

export const Site = defineKind({
  group: 'test.casemate.internal',
  version: 'v1',
  kind: 'Site',
  plural: 'sites',
  scope: 'Project',
  description: 'A thing that several people look after.',
  realms: ['organization'],
  spec: Type.Object({
    size: Type.Optional(Type.Integer()),
    color: Type.Optional(Type.String()),
    owner: Type.Optional(
      Type.Object({ name: Type.Optional(Type.String()), phone: Type.Optional(Type.String()) }),
    ),
    ports: Type.Optional(
      Type.Array(
        Type.Object({
          port: Type.Integer(),
          protocol: Type.Optional(Type.String({ default: 'TCP' })),
          name: Type.Optional(Type.String()),
          weight: Type.Optional(Type.Integer()),
        }),
        keyedBy('port', 'protocol'),
      ),
    ),
    tags: Type.Optional(Type.Array(Type.String(), SET)),
    steps: Type.Optional(Type.Array(Type.String())),
    selector: Type.Optional(Type.Record(Type.String(), Type.String(), ATOMIC_MAP)),
    options: Type.Optional(Type.Record(Type.String(), Type.String())),
    extra: Type.Optional(Type.Unknown()),
  }),
  status: Type.Object({
    phase: Type.Optional(Type.String()),
    conditions: Type.Optional(
      Type.Array(Type.Object({ type: Type.String(), status: Type.String() }), keyedBy('type')),
    ),
  }),
});

export const IDENTITY = {
  name: 'site',
  namespace: 'shop',
  uid: 'u-1',
  resourceVersion: '7',
  generation: 1,
  creationTimestamp: '2026-01-01T00:00:00Z',
} as const;

export interface SiteParts {
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

/** An object as the store would hold it. */
export function site({ metadata, spec, status }: SiteParts): KubeObject {
  return {
    apiVersion: Site.apiVersion,
    kind: Site.kind,
    metadata: { ...IDENTITY, ...metadata },
    ...(spec === undefined ? {} : { spec }),
    ...(status === undefined ? {} : { status }),
  };
}

export interface How {
  readonly force?: boolean;
  readonly subresource?: Subresource;
  /** Minutes after midnight. */
  readonly minute?: number;
}

const timeOf = (minute = 0) => `2026-01-01T00:${String(minute).padStart(2, '0')}:00Z`;

/** What an apply makes of an object (or of none), with the identity that the server would give it. */
export function applied(
  live: KubeObject | undefined,
  manager: string,
  configuration: SiteParts,
  { force = false, subresource, minute }: How = {},
): KubeObject {
  const { metadata, ...body } = configuration;
  const draft = applyConfiguration(
    Site,
    live,
    { ...body, metadata: { name: 'site', ...metadata } },
    {
      manager,
      force,
      subresource,
      time: timeOf(minute),
    },
  );
  return { ...site({}), ...draft, metadata: { ...draft.metadata, ...IDENTITY } };
}

/** What the object is after a change that is no apply. */
export function updated(
  live: KubeObject,
  manager: string,
  change: SiteParts,
  { subresource, minute, given }: How & { readonly given?: unknown } = {},
): KubeObject {
  const after = { ...live, ...change, metadata: { ...live.metadata, ...change.metadata } };
  const entries = managersAfterUpdate(Site, live, after, given, {
    manager,
    subresource,
    time: timeOf(minute),
  });
  const { managedFields: _, ...metadata } = after.metadata;
  return { ...after, metadata: { ...metadata, ...(entries.length > 0 ? { managedFields: entries } : {}) } };
}

/** `manager operation [subresource]` and what it owns. */
export function owners(object: KubeObject | DraftObject): Record<string, FieldsV1> {
  const entries = (object.metadata.managedFields ?? []) as readonly ManagedFieldsEntry[];
  return Object.fromEntries(
    entries.map(({ manager, operation, subresource, fieldsV1 }) => [
      [manager, operation, subresource].filter((part) => part !== undefined).join(' '),
      fieldsV1,
    ]),
  );
}
