/**
 * What a realm serves, asked of the server: nothing here knows a kind by name. Understands aggregated discovery (two
 * requests) and the legacy documents.
 */

import { ownCommand } from '../own-command.ts';
import type { ApiClient } from './client.ts';
import { CliError, EXIT, isNotFound } from './errors.ts';
import { didYouMean } from './suggest.ts';

export interface Subresource {
  readonly name: string;
  readonly verbs: readonly string[];
}

export interface ResourceType {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** In a project; else of the realm. */
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly subresources: readonly Subresource[];
}

const AGGREGATED = ['v2', 'v2beta1'].map(
  (version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
);

interface AggregatedList {
  readonly kind?: string;
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions?: readonly {
      readonly version: string;
      readonly resources?: readonly {
        readonly resource: string;
        readonly responseKind?: { readonly kind?: string };
        readonly scope?: string;
        readonly singularResource?: string;
        readonly shortNames?: readonly string[];
        readonly categories?: readonly string[];
        readonly verbs?: readonly string[];
        readonly subresources?: readonly {
          readonly subresource: string;
          readonly verbs?: readonly string[];
        }[];
      }[];
    }[];
  }[];
}

/** Reads an aggregated document; of several versions of a group the first is preferred. */
export function fromAggregated(list: AggregatedList): ResourceType[] {
  return (list.items ?? []).flatMap((group) => {
    const [preferred] = group.versions ?? [];
    return (preferred?.resources ?? []).map((resource) => ({
      group: group.metadata?.name ?? '',
      version: preferred?.version ?? '',
      kind: resource.responseKind?.kind ?? '',
      plural: resource.resource,
      singular: resource.singularResource || (resource.responseKind?.kind ?? '').toLowerCase(),
      shortNames: resource.shortNames ?? [],
      categories: resource.categories ?? [],
      namespaced: resource.scope === 'Namespaced',
      verbs: resource.verbs ?? [],
      subresources: (resource.subresources ?? []).map(({ subresource, verbs }) => ({
        name: subresource,
        verbs: verbs ?? [],
      })),
    }));
  });
}

interface LegacyList {
  readonly groupVersion?: string;
  readonly resources?: readonly {
    readonly name: string;
    readonly singularName?: string;
    readonly namespaced?: boolean;
    readonly kind?: string;
    readonly verbs?: readonly string[];
    readonly shortNames?: readonly string[];
    readonly categories?: readonly string[];
  }[];
}

/** Reads `/api/v1` or `/apis/G/V`. */
export function fromLegacy(list: LegacyList): ResourceType[] {
  const [first = '', second] = (list.groupVersion ?? '').split('/');
  const [group, version] = second === undefined ? ['', first] : [first, second];
  const resources = list.resources ?? [];
  return resources
    .filter(({ name }) => !name.includes('/'))
    .map((resource) => ({
      group,
      version,
      kind: resource.kind ?? '',
      plural: resource.name,
      singular: resource.singularName || (resource.kind ?? '').toLowerCase(),
      shortNames: resource.shortNames ?? [],
      categories: resource.categories ?? [],
      namespaced: resource.namespaced ?? false,
      verbs: resource.verbs ?? [],
      subresources: resources
        .filter(({ name }) => name.startsWith(`${resource.name}/`))
        .map(({ name, verbs }) => ({ name: name.slice(resource.name.length + 1), verbs: verbs ?? [] })),
    }));
}

async function discoverLegacy(client: ApiClient): Promise<ResourceType[]> {
  const groups = await client.json<{ groups?: readonly { preferredVersion?: { groupVersion?: string } }[] }>({
    path: '/apis',
  });
  const paths = (groups.groups ?? []).flatMap(({ preferredVersion }) =>
    preferredVersion?.groupVersion === undefined ? [] : [`/apis/${preferredVersion.groupVersion}`],
  );
  const lists = await Promise.all(
    ['/api/v1', ...paths].map((path) =>
      client.json<LegacyList>({ path }).catch((error: unknown) => {
        if (isNotFound(error)) return {};
        throw error;
      }),
    ),
  );
  return lists.flatMap(fromLegacy);
}

/** Every type of resource that the realm serves. */
export async function discover(client: ApiClient): Promise<ResourceType[]> {
  const accept = [...AGGREGATED, 'application/json'].join(',');
  const [core, groups] = await Promise.all(
    ['/api', '/apis'].map((path) => client.json<AggregatedList>({ path, accept })),
  );
  if (core?.kind === 'APIGroupDiscoveryList' && groups?.kind === 'APIGroupDiscoveryList') {
    return [...fromAggregated(core), ...fromAggregated(groups)];
  }
  return discoverLegacy(client);
}

const namesOf = (type: ResourceType) => [
  type.plural,
  type.singular,
  ...type.shortNames,
  type.kind.toLowerCase(),
];

/** `instances.compute.casemate.internal` */
export const qualifiedName = (type: ResourceType) =>
  type.group === '' ? type.plural : `${type.plural}.${type.group}`;

/** Names a type as short as is unambiguous to people: `instance/web` is printed with it. */
export const displayName = (type: ResourceType) =>
  type.group === '' ? type.singular : `${type.singular}.${type.group}`;

/**
 * Finds the types that words such as `instance`, `inst,net`, `instances.compute.casemate.internal` or `all` mean. Throws with
 * a suggestion for a word that means none.
 */
export function resolveTypes(types: readonly ResourceType[], words: string): ResourceType[] {
  return words.split(',').flatMap((given) => {
    const word = given.toLowerCase();
    // People say project; Kubernetes clients say namespace.
    const wanted = word === 'project' || word === 'projects' ? 'namespaces' : word;
    const inCategory = types.filter(
      (type) => type.categories.includes(wanted) && type.verbs.includes('list'),
    );
    if (inCategory.length > 0) return inCategory;
    const [name = '', ...suffix] = wanted.split('.');
    const group = suffix.join('.');
    const named = types.filter((type) => namesOf(type).includes(name));
    const matching =
      group === ''
        ? named
        : named.filter((type) => type.group.startsWith(group) || group === `${type.version}.${type.group}`);
    const [first] = matching;
    if (first !== undefined) return [first];
    throw new CliError(`there is no resource type "${given}" here`, {
      exitCode: EXIT.usage,
      hint: didYouMean(given, types.flatMap(namesOf)) ?? `${ownCommand()} api-resources lists what there is`,
    });
  });
}

/** As `resolveTypes`, for commands that take exactly one. */
export function resolveType(types: readonly ResourceType[], word: string): ResourceType {
  const [type, ...more] = resolveTypes(types, word);
  if (type === undefined || more.length > 0) {
    throw new CliError(`"${word}" is more than one resource type; give one`, { exitCode: EXIT.usage });
  }
  return type;
}

/** The type of an object that says its own apiVersion and kind. */
export function typeOfObject(types: readonly ResourceType[], apiVersion: string, kind: string): ResourceType {
  const found = types.find((type) => apiVersionOf(type) === apiVersion && type.kind === kind);
  if (found) return found;
  const near = types.filter((type) => type.kind.toLowerCase() === kind.toLowerCase());
  const [other] = near;
  throw new CliError(`there is no kind "${kind}" of apiVersion "${apiVersion}" here`, {
    hint:
      other === undefined
        ? (didYouMean(
            kind,
            types.map((type) => type.kind),
          ) ?? `${ownCommand()} api-resources lists what there is`)
        : `there is ${other.kind} of apiVersion ${apiVersionOf(other)}`,
  });
}

export const apiVersionOf = (type: ResourceType) =>
  type.group === '' ? type.version : `${type.group}/${type.version}`;

/** `/api/v1/namespaces/p/secrets` or `/apis/G/V/plural`. Without a project: across all of them. */
export function collectionPath(type: ResourceType, project: string | undefined): string {
  const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const scope = type.namespaced && project !== undefined ? `/namespaces/${encodeURIComponent(project)}` : '';
  return `${root}${scope}/${type.plural}`;
}

export const objectPath = (type: ResourceType, project: string | undefined, name: string) =>
  `${collectionPath(type, project)}/${encodeURIComponent(name)}`;
