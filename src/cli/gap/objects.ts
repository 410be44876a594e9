/** What commands of the gap share: its types, one object, and how one is made and changed. */
import { GAP_GROUP } from '#gap/import/trust-kind.ts';
import { apiVersionOf, collectionPath, objectPath, type ResourceType } from '../resources/discovery.ts';
import type { AnyObject } from '../resources/objects.ts';
import { listObjects } from '../resources/read.ts';
import type { Session } from '../resources/session.ts';

const QUERY = { fieldManager: 'casemate' };

export async function gapType(
  session: Session,
  kind: 'BundleImport' | 'BundleTrust' | 'ContentInventory' | 'Release',
): Promise<ResourceType> {
  session.requireRegion('casemate gap');
  return session.typeOf(GAP_GROUP, kind);
}

/** The object, or undefined when there is none. */
export async function find(
  session: Session,
  type: ResourceType,
  name: string,
): Promise<AnyObject | undefined> {
  return (await listObjects(session.client, type, undefined, { fields: `metadata.name=${name}` })).items[0];
}

export const make = (session: Session, type: ResourceType, name: string, spec: object) =>
  session.client.json<AnyObject>({
    method: 'POST',
    path: collectionPath(type, undefined),
    query: QUERY,
    body: { apiVersion: apiVersionOf(type), kind: type.kind, metadata: { name }, spec },
  });

export const patch = (session: Session, type: ResourceType, name: string, spec: object) =>
  session.client.json<AnyObject>({
    method: 'PATCH',
    path: objectPath(type, undefined, name),
    query: QUERY,
    contentType: 'application/merge-patch+json',
    body: { spec },
  });
