/** Objects that say of themselves that they are not ready: a bounded look at the kinds that people depend on, again and again. */
import { useQueries } from '@tanstack/react-query';
import { ApiError, askJson } from '../../api/client.ts';
import { pathOf, type Resource, resourceName } from '../../api/discovery.ts';
import type { ApiObject } from '../../api/live-list.ts';

const LOOKED_AT = [
  'instances.compute.casemate.internal',
  'networks.network.casemate.internal',
  'forwards.network.casemate.internal',
  'buckets.objects.casemate.internal',
  'volumes.storage.casemate.internal',
  'backupplans.backup.casemate.internal',
  'keys.keys.casemate.internal',
  'certificates.certificates.casemate.internal',
] as const;
/** Of each kind, that many are looked at. */
export const COUNTED_MAX = 500;
const LOOK_AGAIN_MS = 10_000;

export interface NotReady {
  readonly resource: Resource;
  readonly object: ApiObject;
  readonly message: string;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
}

function notReady(resource: Resource, object: ApiObject): readonly NotReady[] {
  const { conditions = [] } = (object.status ?? {}) as { readonly conditions?: readonly Condition[] };
  const ready = conditions.find(({ type }) => type === 'Ready');
  return ready?.status === 'False' ? [{ resource, object, message: ready.message ?? '' }] : [];
}

export interface LookedAt {
  readonly resource: Resource;
  /** Up to the bound. */
  readonly count: number;
  readonly notReady: readonly NotReady[];
}

export interface Looked {
  /** Kinds that this person may list, in the order of what depends on them. */
  readonly kinds: readonly LookedAt[];
  /** Whether every kind was looked at. */
  readonly isDone: boolean;
}

export function useNotReady(resources: readonly Resource[], project: string | undefined): Looked {
  const wanted = LOOKED_AT.flatMap((name) => resources.find((one) => resourceName(one) === name) ?? []);
  const looks = useQueries({
    queries: wanted.map((resource) => ({
      queryKey: ['not ready', resourceName(resource), project],
      refetchInterval: LOOK_AGAIN_MS,
      queryFn: async (): Promise<readonly ApiObject[] | 'not theirs'> => {
        try {
          const list = `${pathOf(resource, project)}?limit=${COUNTED_MAX}`;
          return (await askJson<{ readonly items: readonly ApiObject[] }>(list)).items;
        } catch (error) {
          // What this person may not list is not theirs to worry about.
          if (error instanceof ApiError && error.code === 403) return 'not theirs';
          throw error;
        }
      },
    })),
  });
  return {
    kinds: wanted.flatMap((resource, at) => {
      const objects = looks[at]?.data;
      if (objects === undefined || objects === 'not theirs') return [];
      const found = objects.flatMap((object) => notReady(resource, object));
      return [{ resource, count: objects.length, notReady: found }];
    }),
    isDone: resources.length > 0 && looks.every(({ data }) => data !== undefined),
  };
}
