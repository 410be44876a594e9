/**
 * What a realm serves, as clients discover it: the legacy documents (`/api`, `/apis`, `/apis/G/V`) and aggregated discovery
 * (v2 and v2beta1). Pure, and made once for each type of realm.
 */
import type { RealmType } from '../realm-id.ts';
import type { Catalogue, GroupVersion, ServedResource } from './catalogue.ts';

const apiVersionOf = ({ group, version }: GroupVersion) => (group === '' ? version : `${group}/${version}`);

/** `/api`. */
export function apiVersions() {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    // Empty: clients reach this server where their kubeconfig says, not at an address of its own choosing.
    serverAddressByClientCIDRs: [],
  };
}

function groupDocument(group: string, versions: readonly GroupVersion[]) {
  const entries = versions.map((gv) => ({ groupVersion: apiVersionOf(gv), version: gv.version }));
  return { name: group, versions: entries, preferredVersion: entries[0] };
}

function groupsOf(catalogue: Catalogue, realm: RealmType): Map<string, GroupVersion[]> {
  const groups = new Map<string, GroupVersion[]>();
  for (const gv of catalogue.groupVersions(realm)) {
    if (gv.group === '') continue;
    const versions = groups.get(gv.group);
    if (versions) versions.push(gv);
    else groups.set(gv.group, [gv]);
  }
  return groups;
}

/** `/apis`. */
export function apiGroupList(catalogue: Catalogue, realm: RealmType) {
  const groups = [...groupsOf(catalogue, realm)].map(([group, versions]) => groupDocument(group, versions));
  return { kind: 'APIGroupList', apiVersion: 'v1', groups };
}

/** `/apis/G`, or undefined. */
export function apiGroup(catalogue: Catalogue, realm: RealmType, group: string) {
  const versions = groupsOf(catalogue, realm).get(group);
  return versions && { kind: 'APIGroup', apiVersion: 'v1', ...groupDocument(group, versions) };
}

/** `/api/v1` and `/apis/G/V`, or undefined. */
export function apiResourceList(catalogue: Catalogue, realm: RealmType, gv: GroupVersion) {
  const resources = catalogue.inGroupVersion(realm, gv);
  if (resources.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf(gv),
    resources: resources.flatMap(({ kind, verbs, subresources }) => [
      {
        name: kind.plural,
        singularName: kind.singular,
        namespaced: kind.scope === 'Project',
        kind: kind.kind,
        verbs,
        ...(kind.shortNames ? { shortNames: kind.shortNames } : {}),
        ...(kind.categories ? { categories: kind.categories } : {}),
      },
      ...subresources.map((subresource) => ({
        name: `${kind.plural}/${subresource.name}`,
        singularName: '',
        namespaced: kind.scope === 'Project',
        kind: kind.kind,
        verbs: subresource.verbs,
      })),
    ]),
  };
}

export type AggregatedVersion = 'v2' | 'v2beta1';

/** `/api` (`core`) or `/apis` (`named`) as `APIGroupDiscoveryList`. */
export function aggregatedDiscovery(
  catalogue: Catalogue,
  realm: RealmType,
  part: 'core' | 'named',
  version: AggregatedVersion,
) {
  const groups =
    part === 'core'
      ? new Map([['', catalogue.groupVersions(realm).filter(({ group }) => group === '')]])
      : groupsOf(catalogue, realm);
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: [...groups].map(([name, versions]) => ({
      metadata: { ...(name === '' ? {} : { name }), creationTimestamp: null },
      versions: versions.map((gv) => ({
        version: gv.version,
        resources: catalogue.inGroupVersion(realm, gv).map(aggregatedResource),
        freshness: 'Current',
      })),
    })),
  };
}

function aggregatedResource({ kind, verbs, subresources }: ServedResource) {
  const responseKind = { group: kind.group, version: kind.version, kind: kind.kind };
  return {
    resource: kind.plural,
    responseKind,
    scope: kind.scope === 'Project' ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs,
    ...(kind.shortNames ? { shortNames: kind.shortNames } : {}),
    ...(kind.categories ? { categories: kind.categories } : {}),
    ...(subresources.length === 0
      ? {}
      : {
          subresources: subresources.map((subresource) => ({
            subresource: subresource.name,
            responseKind,
            verbs: subresource.verbs,
          })),
        }),
  };
}
