/** What a page asks of one object: its head, its tags, and whether the person may pass over a lock of governance. */
import { type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query';
import { ALLOWED, allowed } from '../../api/allowed.ts';
import type { ApiObject } from '../../api/live-list.ts';
import { type Tag, tagsOf } from './document.ts';
import { FOLDER } from './folder-listing.ts';
import { type ObjectHead, objectHeadOf } from './object-head.ts';
import { askDocument, askObjects } from './objects-client.ts';

export const OBJECT = 'object';
const WITH_CHECKSUM = { 'x-amz-checksum-mode': 'ENABLED' };

export interface OneVersion {
  readonly bucket: ApiObject;
  readonly objectKey: string;
  /** Undefined: the latest. */
  readonly version: string | undefined;
}

export const versionQuery = (version: string | undefined): Readonly<Record<string, string>> =>
  version === undefined ? {} : { versionId: version };

export function useHead({ bucket, objectKey: key, version }: OneVersion): UseQueryResult<ObjectHead> {
  const { name, uid } = bucket.metadata;
  return useQuery({
    queryKey: [OBJECT, uid, key, version],
    queryFn: async ({ signal }) => {
      const asked = { method: 'HEAD', key, query: versionQuery(version), headers: WITH_CHECKSUM } as const;
      return objectHeadOf((await askObjects(name, { ...asked, signal })).headers);
    },
  });
}

export function useTags(
  { bucket, objectKey: key, version }: OneVersion,
  isAny: boolean,
): readonly Tag[] | undefined {
  const { name, uid } = bucket.metadata;
  const { data } = useQuery({
    queryKey: [OBJECT, uid, key, version, 'tags'],
    enabled: isAny,
    queryFn: async ({ signal }) =>
      tagsOf(await askDocument(name, { key, query: { tagging: '', ...versionQuery(version) }, signal })),
  });
  return isAny ? data : [];
}

/** Shows anew whatever is on a page about it, and the folder that it is in. */
export function useAgain({ metadata: { uid } }: ApiObject, key: string): () => void {
  const queries = useQueryClient();
  return () => {
    void queries.invalidateQueries({ queryKey: [OBJECT, uid, key] });
    void queries.invalidateQueries({ queryKey: [FOLDER, uid] });
  };
}

/** The API decides when it is done; this is for a word before. */
export function useMayPassOver({ metadata: { name, namespace } }: ApiObject): boolean {
  const resource = { group: 'objects.casemate.internal', plural: 'buckets', isNamespaced: true };
  const intent = { verb: 'update', resource, subresource: 'governance', project: namespace, name } as const;
  const { data = ALLOWED } = useQuery(allowed(intent));
  return data.isAllowed;
}
