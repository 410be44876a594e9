/**
 * Namespace, which users know as a project: the room in an organization that everything else is in. It is created with
 * a finalizer, so that a project is never gone before what is in it.
 */
import { type Static, Type } from 'typebox';
import { defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS } from '#kernel/kind-parts.ts';
import type { KubeObject } from '#kernel/object.ts';
import { bornWithFinalizer } from '#kernel/reconcile/finalizers.ts';

export const PROJECT_FINALIZER = 'tenancy.casemate.internal/project';

const SPEC = Type.Object({
  finalizers: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 253 }), {
      maxItems: 16,
      description: 'Taken for the sake of Kubernetes clients; metadata.finalizers is what counts.',
    }),
  ),
});

const STATUS = Type.Object({
  phase: Type.Optional(
    Type.Enum(['Active', 'Terminating'], { description: 'Active, or Terminating while its content goes.' }),
  ),
  conditions: CONDITIONS,
});

export const Namespace = defineKind({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  shortNames: ['ns', 'project', 'projects'],
  scope: 'Realm',
  realms: ['organization'],
  description:
    'A project: machines, networks and all else belong to one. Deleting it deletes everything in it first.',
  spec: Type.Optional(SPEC),
  status: STATUS,
  initialStatus: { phase: 'Active' },
  columns: [
    {
      name: 'Status',
      type: 'string',
      description: 'Active, or Terminating while its content is being deleted.',
      value: (object) => phaseOf(object),
    },
  ],
  normalize: (object) => bornWithFinalizer(object, PROJECT_FINALIZER),
});

export type NamespaceObject = ObjectOf<typeof Namespace>;
export type NamespaceStatus = Static<typeof STATUS>;

/** From the metadata, so that it is right at once and not when a controller came by. */
export function phaseOf(object: KubeObject): 'Active' | 'Terminating' {
  return object.metadata.deletionTimestamp === undefined ? 'Active' : 'Terminating';
}
