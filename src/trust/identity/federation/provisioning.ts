/** Which IdentityProvider a SCIM client makes people for. Pure. */
import type { RealmView } from '#kernel/realm.ts';
import { isProvisioner } from '../people/provisioner.ts';
import { IdentityProvider } from './identity-provider.ts';

/** The first, by name, that names the client. */
export function providerProvisionedBy(
  view: RealmView,
  actorName: string,
): { readonly identityProvider: string } | undefined {
  for (const { metadata, spec } of view.list(IdentityProvider)) {
    if (metadata.deletionTimestamp === undefined && isProvisioner(spec.provisionedBy, actorName)) {
      return { identityProvider: metadata.name };
    }
  }
  return undefined;
}
