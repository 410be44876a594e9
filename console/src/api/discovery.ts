/** What kinds this realm has, as the API says it itself: nothing here knows a kind by heart. */
import { queryOptions } from '@tanstack/react-query';
import { askJson } from './client.ts';

export interface Resource {
  /** '' for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly isNamespaced: boolean;
  readonly shortNames: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: readonly string[];
}

interface DiscoveryList {
  readonly items: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions: readonly {
      readonly version: string;
      readonly resources: readonly {
        readonly resource: string;
        readonly responseKind: { readonly kind: string };
        readonly scope: 'Namespaced' | 'Cluster';
        readonly shortNames?: readonly string[];
        readonly verbs: readonly string[];
        readonly subresources?: readonly { readonly subresource: string }[];
      }[];
    }[];
  }[];
}

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

const read = (path: string) => askJson<DiscoveryList>(path, { accept: AGGREGATED });

export const discovery = queryOptions({
  queryKey: ['discovery'],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async (): Promise<readonly Resource[]> => {
    const lists = await Promise.all([read('/api'), read('/apis')]);
    return lists
      .flatMap(({ items }) => items)
      .flatMap(({ metadata, versions }) =>
        versions.slice(0, 1).flatMap(({ version, resources }) =>
          resources.map((one) => ({
            group: metadata?.name ?? '',
            version,
            plural: one.resource,
            kind: one.responseKind.kind,
            isNamespaced: one.scope === 'Namespaced',
            shortNames: one.shortNames ?? [],
            verbs: one.verbs,
            subresources: (one.subresources ?? []).map(({ subresource }) => subresource),
          })),
        ),
      );
  },
});

/** `instances.compute.casemate.internal`, as permissions and addresses name it. */
export const resourceName = ({ plural, group }: Pick<Resource, 'plural' | 'group'>): string =>
  group === '' ? plural : `${plural}.${group}`;

/** The path of a list, or of an object in it. */
export function pathOf(
  { group, version, plural, isNamespaced }: Pick<Resource, 'group' | 'version' | 'plural' | 'isNamespaced'>,
  project?: string,
  name?: string,
): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const within = isNamespaced && project !== undefined ? `/namespaces/${encodeURIComponent(project)}` : '';
  return `${root}${within}/${plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;
}
