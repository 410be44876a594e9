/**
 * How bodies of secret kinds are kept: sealed under the realm's key, bound to the one object they belong to.
 */
import type { Sealer } from '../keys.ts';
import type { Kind } from '../kind.ts';
import { ObjectEntry } from './entry.ts';

/** A sealed body opens only where it belongs: in this realm, as this kind, for this object. */
export const sealContext = (realmUid: string, resource: string, objectUid: string): string =>
  `${realmUid}/${resource}/${objectUid}`;

/** Reads an object as it was stored. Throws when a sealed body was changed or moved. */
export function openStored(
  kind: Kind,
  objectUid: string,
  body: Uint8Array,
  realmUid: string,
  sealer: Sealer,
): ObjectEntry {
  const bytes = kind.secret ? sealer.open(body, sealContext(realmUid, kind.resource, objectUid)) : body;
  return ObjectEntry.parse(kind, bytes);
}
