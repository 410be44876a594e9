/**
 * What a realm serves, as the API shows it: the registered kinds, the reviews, and the pod view. Discovery, OpenAPI and
 * routing all read this one table, so none of them can know a resource that another does not.
 */
import type { Verb } from '../access.ts';
import type { ActionDefinition, Kind, ReportDefinition, SubresourceDefinition } from '../kind.ts';
import type { Entry } from '../realm.ts';
import { REGION, type RealmId, type RealmType } from '../realm-id.ts';
import { isSharedView, type KindRegistry } from '../registry.ts';
import { podKindOf, podPresenter } from './pod-view.ts';
import { REVIEW_KINDS } from './review-kinds.ts';

export interface ServedSubresource {
  readonly name: string;
  readonly verbs: readonly Verb[];
  /** What it answers with; `status` answers with the object. */
  readonly type: 'status' | SubresourceDefinition['type'];
  readonly description: string;
  /** Of an action. */
  readonly action?: ActionDefinition;
  /** Of a report. */
  readonly report?: ReportDefinition;
}

export interface ServedResource {
  /** As shown to clients. */
  readonly kind: Kind;
  /** As stored, and as permissions name it. The same as `kind` except for views. */
  readonly source: Kind;
  readonly verbs: readonly Verb[];
  readonly subresources: readonly ServedSubresource[];
  /** `review`: a question that is answered, never stored. */
  readonly type: 'stored' | 'view' | 'review';
  /** Why there are no writes, for whoever tries. */
  readonly readOnlyBecause?: string;
  /** The realm whose objects answer. */
  home(realm: RealmId): RealmId;
  /** A stored entry as this resource shows it. */
  present(entry: Entry): Entry;
}

const READ: readonly Verb[] = ['get', 'list', 'watch'];
const ALL: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

/** Kubernetes asks for `create` on exec whatever the HTTP method. */
const SUBRESOURCE_VERBS = {
  terminal: ['create'],
  text: ['get'],
  action: ['create'],
  report: ['get'],
} as const;

export interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

export class Catalogue {
  readonly #resources: Readonly<Record<RealmType, readonly ServedResource[]>>;

  /** Throws when two kinds want to be pods, or when a kind is itself `v1 Pod` beside a view. */
  constructor(registry: KindRegistry) {
    this.#resources = {
      region: servedIn(registry, 'region'),
      organization: servedIn(registry, 'organization'),
    };
  }

  resources(realm: RealmType): readonly ServedResource[] {
    return this.#resources[realm];
  }

  find(realm: RealmType, group: string, version: string, plural: string): ServedResource | undefined {
    return this.#resources[realm].find(
      ({ kind }) => kind.group === group && kind.version === version && kind.plural === plural,
    );
  }

  /** Group-versions served, the core group first, then by name. */
  groupVersions(realm: RealmType): GroupVersion[] {
    const byKey = new Map<string, GroupVersion>();
    for (const { kind } of this.#resources[realm]) {
      byKey.set(kind.apiVersion, { group: kind.group, version: kind.version });
    }
    return [...byKey.values()].sort(
      (a, b) => compare(a.group, b.group) || compare(preference(a.version), preference(b.version)),
    );
  }

  inGroupVersion(realm: RealmType, { group, version }: GroupVersion): ServedResource[] {
    return this.#resources[realm].filter(({ kind }) => kind.group === group && kind.version === version);
  }
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
/** Stable versions before betas and alphas. */
const preference = (version: string) => (/^v\d+$/.test(version) ? `0${version}` : `1${version}`);

function servedIn(registry: KindRegistry, realm: RealmType): ServedResource[] {
  const resources = registry
    .servedIn(realm)
    .map((kind) => (kind.review === true ? reviewResource(kind) : storedResource(kind, realm)));
  const podSources = resources.filter(({ kind }) => kind.podView !== undefined);
  if (podSources.length > 1) {
    throw new TypeError(
      `${podSources.map(({ kind }) => kind.kind).join(' and ')} both declare podView; one kind may`,
    );
  }
  for (const { kind } of podSources) {
    if (registry.served(realm, '', 'v1', 'pods')) {
      throw new TypeError(`${kind.kind} declares podView, but pods are a kind of their own`);
    }
    if (kind.podView) resources.push(podResource(kind, kind.podView));
  }
  return [...resources, ...REVIEW_KINDS.map(reviewResource)];
}

function subresourcesOf(kind: Kind): ServedSubresource[] {
  return Object.entries(kind.subresources ?? {}).map(([name, definition]) => ({
    name,
    type: definition.type,
    description: definition.description,
    verbs: definition.type === 'data' ? definition.verbs : SUBRESOURCE_VERBS[definition.type],
    ...(definition.type === 'action' ? { action: definition } : {}),
    ...(definition.type === 'report' ? { report: definition } : {}),
  }));
}

function storedResource(kind: Kind, realm: RealmType): ServedResource {
  const shared = isSharedView(kind, realm);
  const subresources = subresourcesOf(kind);
  if (kind.status !== undefined) {
    subresources.unshift({
      name: 'status',
      type: 'status',
      verbs: shared ? ['get'] : ['get', 'patch', 'update'],
      description: `What was observed of the ${kind.kind}; written by its controller.`,
    });
  }
  return {
    kind,
    source: kind,
    type: 'stored',
    verbs: shared ? READ : ALL,
    // Streams into an object of the region are the region's to give.
    subresources: shared ? subresources.filter(({ type }) => type === 'status') : subresources,
    ...(shared ? { readOnlyBecause: `${kind.plural} belong to the region; organizations read them` } : {}),
    home: (id) => (shared ? REGION : id),
    present: (entry) => entry,
  };
}

function podResource(source: Kind, podView: NonNullable<Kind['podView']>): ServedResource {
  const kind = podKindOf(source);
  return {
    kind,
    source,
    type: 'view',
    verbs: READ,
    subresources: subresourcesOf(source),
    readOnlyBecause: `pods are a view of ${source.resource}; change those`,
    home: (id) => id,
    present: podPresenter(podView),
  };
}

function reviewResource(kind: Kind): ServedResource {
  return {
    kind,
    source: kind,
    type: 'review',
    verbs: ['create'],
    subresources: [],
    readOnlyBecause: 'a review is a question: create it',
    home: (id) => id,
    present: (entry) => entry,
  };
}
