/** Changes of an instance: what one field says, and nothing of the others. */
import { askJson } from '../../api/client.ts';
import { pathOf, type Resource } from '../../api/discovery.ts';
import type { ApiObject } from '../../api/live-list.ts';

export const patchObject = (
  resource: Resource,
  { metadata: { namespace, name, uid } }: ApiObject,
  patch: object,
): Promise<ApiObject> =>
  askJson(pathOf(resource, namespace, name), {
    method: 'PATCH',
    // The very one that is shown: another of its name is left alone.
    body: { ...patch, metadata: { uid } },
    contentType: 'application/merge-patch+json',
  });
