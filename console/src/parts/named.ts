/** One object that a page is about, by the name in its address: as it is now, or what to say in its place. */
import { useParams } from '@tanstack/react-router';
import { ApiError, askJson } from '../api/client.ts';
import { pathOf, type Resource } from '../api/discovery.ts';
import { type ApiObject, useLiveObject } from '../api/live-list.ts';

export interface Named<Kind extends ApiObject> {
  readonly name: string;
  readonly object: Kind | undefined;
  readonly state: { readonly isLoading: boolean; readonly error: Error | undefined };
}

/** `kind`: as people call it, for what is said where there is none of that name. */
export function useNamed<Kind extends ApiObject>(resource: Resource | undefined, kind: string): Named<Kind> {
  const { name = '' } = useParams({ strict: false }) as { name?: string };
  const { object, isLoading, error } = useLiveObject(resource, undefined, name);
  const missing =
    !isLoading && object === undefined
      ? new ApiError(404, { code: 404, details: { kind, name } } as never)
      : undefined;
  return { name, object: object as Kind | undefined, state: { isLoading, error: error ?? missing } };
}

/** Makes an object of the realm. Throws ApiError, Unreachable. */
export const make = (resource: Resource, name: string, spec: object): Promise<ApiObject> =>
  askJson<ApiObject>(pathOf(resource), {
    method: 'POST',
    body: {
      apiVersion: `${resource.group}/${resource.version}`,
      kind: resource.kind,
      metadata: { name },
      spec,
    },
  });
