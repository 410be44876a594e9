/**
 * The life of a project, as a rule over every change: nothing is made in a project that does not exist or is on its way
 * out. Decided in the lane, so that a project that was found empty stays empty.
 */
import { forbidden, invalid, notFound } from '#kernel/errors.ts';
import type { AdmissionRequest } from '#kernel/kind.ts';
import { realmType } from '#kernel/realm-id.ts';
import { Namespace } from './namespace.ts';

const LABEL_LENGTH_MAX = 63;
const LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/; // RFC 1123

export function lifecycleAdmission(request: AdmissionRequest): void {
  if (request.operation !== 'create') return;
  if (request.kind.resource === Namespace.resource) checkName(request);
  // The region has no projects: the few things that need a namespace there (events) are in any they name.
  else if (realmType(request.realm) === 'organization') requireProject(request);
}

function requireProject({ kind, object, view }: AdmissionRequest): void {
  const { namespace, name } = object.metadata;
  if (kind.scope !== 'Project' || namespace === undefined) return;
  const project = view.entry(Namespace, { name: namespace });
  if (!project) throw notFound({ kind: 'namespaces', name: namespace });
  if (project.object().metadata.deletionTimestamp === undefined) return;
  throw forbidden(
    { group: kind.group, kind: kind.plural, name },
    `unable to create new content in namespace ${namespace} because it is being terminated; use another project, or make it anew once it is gone`,
  );
}

function checkName({ object }: AdmissionRequest): void {
  const { name } = object.metadata;
  if (name.length <= LABEL_LENGTH_MAX && LABEL.test(name)) return;
  throw invalid({ kind: 'Namespace', name }, [
    {
      reason: 'FieldValueInvalid',
      field: 'metadata.name',
      message: `must be at most ${LABEL_LENGTH_MAX} lower-case letters, digits or "-", beginning and ending with a letter or digit`,
    },
  ]);
}
