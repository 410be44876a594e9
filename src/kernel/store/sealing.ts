/**
 * How bodies are kept: those of secret kinds sealed under the realm's key, bound to the one object they belong to; and each covered by the
 * digest in its leaf.
 */
import type { Sealer } from '../keys.ts';
import type { Kind } from '../kind.ts';
import { bodyJson } from '../log/body.ts';
import { bodyDigest } from '../log/leaf.ts';
import type { RealmId } from '../realm-id.ts';
import { ObjectEntry } from './entry.ts';

/** A sealed body opens only where it belongs: in this realm, as this kind, for this object. */
export const sealContext = (realmUid: string, resource: string, objectUid: string): string =>
  `${realmUid}/${resource}/${objectUid}`;

/**
 * Throws unless the body is the one that the leaf was written for: then somebody changed the database, and nothing of the realm can be
 * trusted until it is restored. That the leaf is the one that was signed, `ledger verify` tells.
 */
export function assertDigest(realm: RealmId, index: number, leaf: Uint8Array, body: Uint8Array): void {
  const text = Buffer.from(leaf.buffer, leaf.byteOffset, leaf.byteLength).toString('utf8');
  // A leaf is canonical JSON: this member can look only so, and within a text its quotes would be escaped.
  if (text.includes(`"digest":"${bodyDigest(body)}"`)) return;
  throw new Error(
    `leaf ${index} of ${realm}: the object stored with it is not the one that it was written for; restore the database, or that row of changes, from a backup`,
  );
}

/** Reads an object as it was stored. Throws when a sealed body was changed or moved. */
export function openStored(
  kind: Kind,
  objectUid: string,
  body: Uint8Array,
  realmUid: string,
  sealer: Sealer,
): ObjectEntry {
  const bytes = kind.secret
    ? sealer.open(body, sealContext(realmUid, kind.resource, objectUid))
    : bodyJson(body);
  return ObjectEntry.parse(kind, bytes);
}
