/** What the region says of the machine that it runs on: asked for again and again while somebody looks. */
import { queryOptions } from '@tanstack/react-query';
import type { RegionAbout } from '../../../src/region/about/about.ts';
import { askJson } from '../api/client.ts';

const REFRESH_MS = 5_000;

export const regionStatus = queryOptions({
  queryKey: ['region', 'about'],
  refetchInterval: REFRESH_MS,
  queryFn: ({ signal }) => askJson<RegionAbout>('/about', { signal }),
});
