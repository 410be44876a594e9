/**
 * Keeps role bindings and projects together: a binding names a project that exists, and is gone before another project
 * takes that name. Otherwise a project made anew would open itself to those who belonged to the old one.
 */
import type { Controller } from '#kernel/controller.ts';
import { conflict, invalid, isStatusError } from '#kernel/errors.ts';
import type { Admission, AdmissionRequest, Kind } from '#kernel/kind.ts';
import type { RealmView } from '#kernel/realm.ts';
import type { BindingSpec } from './grants.ts';
import { bindingsIn } from './guard.ts';
import { RoleBinding } from './role-binding.ts';

/** Names that an error message lists. */
const NAMED_MAX = 5;

const projectOf = (spec: unknown): string | undefined => (spec as BindingSpec).project;

/** Live bindings that name a project. One that is being deleted gives nobody anything any more. */
function namesOfBindings(view: RealmView, project: string): string[] {
  return bindingsIn(view, RoleBinding)
    .filter(({ spec }) => spec.project === project)
    .map(({ name }) => name);
}

function requireProject(request: AdmissionRequest, projectKind: Kind): void {
  const project = projectOf(request.object.spec);
  if (project === undefined) return;
  const entry = request.view.entry(projectKind, { name: project });
  if (entry && entry.object().metadata.deletionTimestamp === undefined) return;
  throw invalid({ group: RoleBinding.group, kind: RoleBinding.kind, name: request.object.metadata.name }, [
    {
      reason: 'FieldValueInvalid',
      field: 'spec.project',
      message: entry
        ? `project "${project}" is being deleted`
        : `there is no project "${project}"; make it first (kubectl create namespace ${project})`,
    },
  ]);
}

function requireNoLeftovers(request: AdmissionRequest): void {
  const { name } = request.object.metadata;
  const left = namesOfBindings(request.view, name);
  if (left.length === 0) return;
  throw conflict(
    { group: request.kind.group, kind: request.kind.plural, name },
    `role bindings of an earlier project of that name are still there (${left.slice(0, NAMED_MAX).join(', ')}); ` +
      'they go by themselves in a moment: try again',
  );
}

/** Both rules, decided in the lane. `projectKind` is `v1 Namespace`. */
export function projectBindingsAdmission(projectKind: Kind): Admission {
  return (request) => {
    if (request.operation !== 'create') return;
    if (request.kind.resource === RoleBinding.resource) requireProject(request, projectKind);
    else if (request.kind.resource === projectKind.resource) requireNoLeftovers(request);
  };
}

/** Deletes bindings whose project is gone. */
export function projectBindingController(projectKind: Kind): Controller {
  return {
    name: 'project-bindings',
    realms: ['organization'],
    kind: RoleBinding,
    watches: [
      {
        kind: projectKind,
        // Only a project that is going away concerns its bindings.
        keys: (object, realm) =>
          realm.view.entry(projectKind, { name: object.metadata.name }) === undefined
            ? namesOfBindings(realm.view, object.metadata.name).map((name) => ({ name }))
            : [],
      },
    ],
    async reconcile(key, { realm, change }) {
      const binding = realm.view.get(RoleBinding, key);
      const project = binding && projectOf(binding.spec);
      if (!binding || project === undefined || realm.view.entry(projectKind, { name: project }))
        return undefined;
      try {
        await realm.resources.delete(RoleBinding, key, change, {
          preconditions: { uid: binding.metadata.uid },
        });
      } catch (error) {
        // Deleted meanwhile, or made anew for a project that exists.
        if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Conflict')) throw error;
      }
      return undefined;
    },
  };
}
