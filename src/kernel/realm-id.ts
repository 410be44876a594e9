/**
 * A realm's identity is the URL prefix it is served under: `/` is the region itself, `/orgs/<name>` an organization.
 */

export type RealmId = '/' | `/orgs/${string}`;
export type RealmType = 'region' | 'organization';

export const REGION: RealmId = '/';

export const organizationRealm = (name: string): RealmId => `/orgs/${name}`;

export const realmType = (realm: RealmId): RealmType => (realm === REGION ? 'region' : 'organization');

/** The organization's name, or undefined for the region. */
export function organizationOf(realm: RealmId): string | undefined {
  return realm === REGION ? undefined : realm.slice('/orgs/'.length);
}
