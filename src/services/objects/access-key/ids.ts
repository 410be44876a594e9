/**
 * What access keys are named by on the wire: `CM` and eighteen of A-Z and 2-7. Eight of them stand for the organization, so that a request can be told apart by its id
 * alone and without an index of the whole region; ten for the object. Nothing secret is in it. Pure.
 */
import { createHash } from 'node:crypto';
import type { RealmId } from '#kernel/realm-id.ts';

const PREFIX = 'CM';
const REALM_LENGTH = 8;
const OBJECT_LENGTH = 10;
const PATTERN = /^CM[A-Z2-7]{18}$/;
/** RFC 4648, section 6. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** So many characters of a digest, five bits each. */
function characters(text: string, length: number): string {
  const digest = createHash('sha256').update(text).digest();
  return Array.from(digest.subarray(0, length), (byte) => ALPHABET[byte & 31]).join('');
}

/** What ids of an organization's keys begin with. */
export const realmTag = (realm: RealmId): string => `${PREFIX}${characters(`realm\0${realm}`, REALM_LENGTH)}`;

export const accessKeyId = (realm: RealmId, uid: string): string =>
  `${realmTag(realm)}${characters(`access key\0${uid}`, OBJECT_LENGTH)}`;

/** The part that stands for the organization; undefined for what is no id of ours. */
export const tagOf = (id: string): string | undefined =>
  PATTERN.test(id) ? id.slice(0, PREFIX.length + REALM_LENGTH) : undefined;
