/** The name that a realm's tokens are signed in. */
import { REGION, type RealmId } from '#kernel/realm-id.ts';

/** `<api url><prefix>/oidc`. */
export const issuerOf = (apiUrl: string, realm: RealmId): string =>
  `${apiUrl}${realm === REGION ? '' : realm}/oidc`;
