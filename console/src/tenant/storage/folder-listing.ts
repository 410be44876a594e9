/** A page of what is in a folder of a bucket, asked for when somebody looks: each look is on record. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { ApiObject } from '../../api/live-list.ts';
import { type Listing, listingOf } from './document.ts';
import { DELIMITER } from './keys.ts';
import { askDocument } from './objects-client.ts';
import { useUploads } from './upload-queue.ts';

export const FOLDER = 'objects of a folder';
/** Names a page; S3 tells no more than 1,000. */
export const PAGE_SIZES = [100, 500, 1_000] as const;

export interface FolderPage {
  readonly prefix: string;
  /** Of names in the folder. */
  readonly begins: string;
  readonly count: number;
  /** Where it begins; undefined: at the beginning. */
  readonly token: string | undefined;
}

export interface FolderListing {
  readonly data: Listing | undefined;
  readonly error: Error | null;
  again(): void;
}

export function useFolderListing(
  { metadata: { name, uid } }: ApiObject,
  { prefix, begins, count, token }: FolderPage,
): FolderListing {
  const queries = useQueryClient();
  const { data, error } = useQuery({
    queryKey: [FOLDER, uid, prefix, begins, count, token],
    queryFn: async ({ signal }) => {
      const from = `${prefix}${begins}`;
      const query = {
        'list-type': '2',
        'encoding-type': 'url',
        'max-keys': `${count}`,
        delimiter: DELIMITER,
        ...(from === '' ? {} : { prefix: from }),
        ...(token === undefined ? {} : { 'continuation-token': token }),
      };
      return listingOf(await askDocument(name, { query, signal }));
    },
  });
  const again = () => void queries.invalidateQueries({ queryKey: [FOLDER, uid] });
  const done = useUploads(name).filter(({ state }) => state === 'done').length;
  // What came meanwhile is shown.
  useEffect(() => {
    if (done > 0) void queries.invalidateQueries({ queryKey: [FOLDER, uid] });
  }, [done, queries, uid]);
  return { data, error, again };
}
