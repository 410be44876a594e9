/**
 * Nothing of an organization is served while its own HSM is switched off, also not what is in memory: whoever asks, or watches, gets 503
 * with the reason. Only the HSM itself can be seen to: `keyproviders`.
 */
import type { Authenticator, Authorizer } from '#kernel/access.ts';
import type { Keyring } from '../keyring.ts';
import { KeyProvider } from './key-provider.ts';

export function rootedAuthorizer(authorizer: Authorizer, keyring: Pick<Keyring, 'requireRoot'>): Authorizer {
  return {
    async decide(attributes) {
      const { realm, group, resource } = attributes;
      if (group !== KeyProvider.group || resource !== KeyProvider.plural) await keyring.requireRoot(realm);
      return authorizer.decide(attributes);
    },
    rules: (actor, namespace) => authorizer.rules(actor, namespace),
  };
}

/** For streams that are open: they are asked about again as long as they last. */
export function rootedAuthenticator(
  authenticator: Authenticator,
  keyring: Pick<Keyring, 'requireRoot'>,
): Authenticator {
  return {
    async authenticate(realm, credentials) {
      if (credentials.isOpen === true) await keyring.requireRoot(realm);
      return authenticator.authenticate(realm, credentials);
    },
  };
}
