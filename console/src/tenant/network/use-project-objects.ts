/** What the pages of a project's networks look at, live. */
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { discovery, type Resource, resourceName } from '../../api/discovery.ts';
import { useLiveList } from '../../api/live-list.ts';
import type { ProjectObjects } from './topology.ts';

export interface ProjectNetworks extends ProjectObjects {
  readonly isLoading: boolean;
  readonly error: Error | undefined;
  /** The one that is chosen, or the first there is. Undefined: there is none. */
  readonly project: string | undefined;
}

export function useProjectObjects(): ProjectNetworks {
  const { project: chosen } = useSearch({ strict: false }) as { project?: string };
  const { data: resources, error: unknown } = useQuery(discovery);
  const find = (name: string): Resource | undefined => resources?.find((one) => resourceName(one) === name);
  const projects = useLiveList(chosen === undefined ? find('namespaces') : undefined);
  const first = projects.rows.map(({ object }) => object.metadata.name).sort()[0];
  const project = chosen ?? first;
  const within = (name: string) => (project === undefined ? undefined : find(name));
  const lists = {
    networks: useLiveList(within('networks.network.casemate.internal'), { project }),
    instances: useLiveList(within('instances.compute.casemate.internal'), { project }),
    policies: useLiveList(within('firewallpolicies.network.casemate.internal'), { project }),
    forwards: useLiveList(within('forwards.network.casemate.internal'), { project }),
  };
  const all = Object.values(lists);
  const objects = (list: (typeof lists)['networks']) => list.rows.map(({ object }) => object);
  return {
    project,
    isLoading:
      project === undefined
        ? projects.isLoading && projects.error === undefined
        : all.some(({ isLoading }) => isLoading),
    error: unknown ?? projects.error ?? all.find(({ error }) => error !== undefined)?.error,
    networks: objects(lists.networks),
    instances: objects(lists.instances),
    policies: objects(lists.policies),
    forwards: objects(lists.forwards),
  };
}
