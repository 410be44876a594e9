/** Uses of one key, newest first: what there was when somebody began to look, further back as they ask for it, and what happens meanwhile. */
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { ReadLeaf } from '../../ledger/read-back.ts';
import { signedSize } from '../../ledger/read-back.ts';
import { type LeavesFound, searchLeaves } from '../../ledger/search.ts';
import { usageSource } from './usage-source.ts';
import { KEYS, type KeyUse, usesIn } from './uses.ts';

/** The access log has no watch: it is asked for what came since. */
const LOOK_AGAIN_MS = 3_000;
/** Found by one look: what the API gives at once. */
const LIMIT = 500;

export interface UsesOf {
  /** The address of the key’s usage. */
  readonly usage: string;
  readonly project: string | undefined;
  readonly name: string;
  /** A part of who it was; empty: anybody. */
  readonly caller: string;
  readonly since: Date;
  /** Undefined: until now, and on. */
  readonly until: Date | undefined;
}

interface Found extends LeavesFound {
  /** Of the first page: how long the log was. */
  readonly size: number;
}

export function useKeyUses({ usage, project, name, caller, since, until }: UsesOf) {
  const question = {
    log: 'access',
    at: usage,
    resource: KEYS,
    namespace: project,
    name,
    ...(caller === '' ? {} : { actor: caller }),
    since: since.toISOString(),
    ...(until === undefined ? {} : { until: until.toISOString() }),
    limit: LIMIT,
  } as const;
  const key = ['key uses', question];
  const earlier = useInfiniteQuery({
    queryKey: key,
    staleTime: 0,
    placeholderData: keepPreviousData,
    initialPageParam: undefined as number | undefined,
    queryFn: async ({ pageParam }): Promise<Found> => {
      const size = await signedSize('access', usageSource(usage));
      return { ...(await searchLeaves({ ...question, from: pageParam ?? size - 1 }, LIMIT)), size };
    },
    getNextPageParam: ({ next }) => next,
    // What comes is asked for below.
    refetchOnWindowFocus: false,
  });
  const size = earlier.isPlaceholderData ? undefined : earlier.data?.pages[0]?.size;
  const { data: newer } = useQuery({
    queryKey: [...key, 'since', size],
    enabled: size !== undefined && until === undefined,
    queryFn: () => searchLeaves({ ...question, to: size }, Number.POSITIVE_INFINITY),
    refetchInterval: LOOK_AGAIN_MS,
  });
  const pages = earlier.data?.pages;
  const leaves: readonly ReadLeaf[] = [
    ...(newer?.leaves ?? []),
    ...(pages ?? []).flatMap((page) => page.leaves),
  ];
  return {
    ...earlier,
    uses: pages === undefined ? undefined : (usesIn(leaves) satisfies readonly KeyUse[]),
    erased: (pages ?? []).reduce((sum, page) => sum + page.erased, newer?.erased ?? 0),
  };
}
