import { type Resource, resourceName } from '../api/discovery.ts';

/** The page of an object. */
export const objectPath = (
  resource: Resource,
  { namespace, name }: { readonly namespace?: string; readonly name: string },
): string =>
  `/resources/${resourceName(resource)}/${namespace === undefined ? '' : `${namespace}/`}${encodeURIComponent(name)}`;
