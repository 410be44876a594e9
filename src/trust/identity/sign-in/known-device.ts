/**
 * A browser that signed in as somebody before carries a sealed note that says so. It gives no access; attempts from it are only counted apart
 * from those of strangers, who therefore cannot keep its owner out. Its value opens in the realm that made it and nowhere else.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { RouteRequest } from '#kernel/route.ts';
import { cookieOf, setCookie } from './cookies.ts';
import type { Vault } from './vault.ts';

/** Ninety days. */
const AGE_S = 90 * 24 * 3600;
const PURPOSE = 'device';

/** One cookie for each realm, since all are one host. */
export const realmCookie = (name: string, realmUid: string): string =>
  `__Host-casemate-${name}-${createHash('sha256').update(realmUid).digest('hex').slice(0, 12)}`;

export interface Device {
  readonly userUid: string;
  readonly id: string;
}

export function deviceOf({ incoming }: RouteRequest, vault: Vault): Device | undefined {
  const sealed = cookieOf(incoming, realmCookie(PURPOSE, vault.realm.uid));
  const note = sealed === undefined ? undefined : vault.openNote(PURPOSE, sealed);
  return note as Device | undefined;
}

/** Remembers with the answer that this browser signed in as somebody. */
export function rememberDevice({ response }: RouteRequest, vault: Vault, userUid: string): void {
  const device: Device = { userUid, id: randomBytes(16).toString('base64url') };
  setCookie(response, realmCookie(PURPOSE, vault.realm.uid), vault.sealNote(PURPOSE, device), AGE_S);
}
