/** Kinds that storage is about, as this realm has them, and changes of their objects. */
import { useQuery } from '@tanstack/react-query';
import { askJson } from '../../api/client.ts';
import { discovery, pathOf, type Resource, resourceName } from '../../api/discovery.ts';
import type { ApiObject, LiveState } from '../../api/live-list.ts';

export const KINDS = {
  accessKeys: 'accesskeys.objects.casemate.internal',
  backups: 'backups.backup.casemate.internal',
  buckets: 'buckets.objects.casemate.internal',
  instances: 'instances.compute.casemate.internal',
  keys: 'keys.keys.casemate.internal',
  plans: 'backupplans.backup.casemate.internal',
  projects: 'namespaces',
  roleBindings: 'rolebindings.access.casemate.internal',
  restores: 'restores.backup.casemate.internal',
  serviceAccounts: 'serviceaccounts',
  snapshots: 'volumesnapshots.storage.casemate.internal',
  volumes: 'volumes.storage.casemate.internal',
} as const;

/** Undefined until it is known, or where this realm has none. */
export function useKind(name: string): Resource | undefined {
  const { data } = useQuery(discovery);
  return data?.find((one) => resourceName(one) === name);
}

export const namesOf = ({ rows }: Pick<LiveState, 'rows'>): readonly string[] =>
  rows.map(({ object }) => object.metadata.name).toSorted();

export interface NewObject {
  readonly project: string | undefined;
  /** Of its name; the region puts something behind it where it ends with `-`. */
  readonly name: string;
  readonly spec?: object;
  readonly labels?: Readonly<Record<string, string>>;
}

export function makeObject(
  resource: Resource,
  { project, name, spec, labels }: NewObject,
): Promise<ApiObject> {
  return askJson<ApiObject>(pathOf(resource, project), {
    method: 'POST',
    body: {
      apiVersion: `${resource.group}/${resource.version}`,
      kind: resource.kind,
      metadata: { ...(name.endsWith('-') ? { generateName: name } : { name }), ...(labels && { labels }) },
      ...(spec && { spec }),
    },
  });
}

/** Some fields of its spec, of the very object that was looked at; refused (409) where `version` is given and somebody changed it meanwhile. */
export function changeSpec(
  resource: Resource,
  object: ApiObject,
  spec: object,
  version?: string,
): Promise<ApiObject> {
  const { namespace, name, uid } = object.metadata;
  const metadata = version === undefined ? { uid } : { uid, resourceVersion: version };
  return askJson<ApiObject>(pathOf(resource, namespace, name), {
    method: 'PATCH',
    contentType: 'application/merge-patch+json',
    body: { metadata, spec },
  });
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

export const conditionOf = ({ status }: ApiObject, type: string): Condition | undefined =>
  (status?.conditions as readonly Condition[] | undefined)?.find((one) => one.type === type);
