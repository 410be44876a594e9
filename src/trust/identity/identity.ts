/**
 * Who is asking, put together: the OpenID Provider of every realm, the authenticator of its tokens, service accounts, and the controller
 * of sessions. Made once the realms are open, and once a process.
 */
import type { Authenticator } from '#kernel/access.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Connector } from '#kernel/connect.ts';
import type { Controller } from '#kernel/controller.ts';
import type { RealmKeyring, WrappedKeyStorage } from '#kernel/keys.ts';
import type { Kind } from '#kernel/kind.ts';
import type { Logger } from '#kernel/logger.ts';
import type { Realms } from '#kernel/realm.ts';
import type { ExpiringRecords } from '#kernel/records.ts';
import type { RealmRoute } from '#kernel/route.ts';
import { realmSealing } from '../realm-sealing.ts';
import { type SealedRecords, sealedRecords } from '../sealed-records.ts';
import { type BackChannelOptions, backChannel } from './oidc/back-channel.ts';
import { clientSecretAction, clientSecrets } from './oidc/clients.ts';
import { OAuthClient } from './oidc/oauth-client.ts';
import { oidcRoute } from './oidc/route.ts';
import { User } from './people/user.ts';
import { serviceAccountTokens, tokenRequestAction } from './service-accounts/issue-token.ts';
import { ServiceAccount } from './service-accounts/service-account.ts';
import { sessionController } from './sessions/controller.ts';
import { Session } from './sessions/session.ts';
import { tellClient } from './sessions/tell-client.ts';
import type { People, ProviderPages, SignIn } from './sign-in.ts';
import { tokenAuthenticator } from './token-authenticator.ts';
import { type RealmSigningKeys, realmSigningKeys } from './tokens/signing-keys.ts';

/** Beside those of people. */
export const IDENTITY_KINDS: readonly Kind[] = [Session, OAuthClient, ServiceAccount];

export interface IdentityOptions {
  /** `https://host:port`, as clients reach the region. */
  readonly apiUrl: string;
  readonly realms: Realms;
  readonly keyring: Pick<RealmKeyring, 'open'>;
  readonly storage: WrappedKeyStorage;
  readonly records: ExpiringRecords;
  readonly people: People;
  /** What signs people in; made of the parts that it shares with the provider. */
  readonly signIn: (parts: { readonly records: SealedRecords }) => SignIn;
  readonly pages: ProviderPages;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly backChannel?: Omit<BackChannelOptions, 'clock'>;
}

export interface Identity {
  /** Of bearer tokens. */
  readonly authenticator: Authenticator;
  /** Short-lived records, sealed under their realm's keys. */
  readonly records: SealedRecords;
  /** The keys that sign tokens. */
  readonly keys: RealmSigningKeys;
  readonly routes: readonly RealmRoute[];
  readonly connectors: Readonly<Record<string, Connector>>;
  /** Made anew each time this process comes to lead. */
  readonly controllers: () => readonly Controller[];
}

export function openIdentity(options: IdentityOptions): Identity {
  const { apiUrl, realms, keyring, storage, people, pages, clock, logger } = options;
  const records = sealedRecords(options.records, realmSealing({ realms, keyring, storage }));
  const keys = realmSigningKeys({ realms, keyring, storage, clock });
  const clients = clientSecrets({ keyring, storage });
  const signIn = options.signIn({ records });
  const channel = backChannel({ clock, ...options.backChannel });
  const common = { apiUrl, realms, keyring, storage, records, keys, clients, people, clock, logger };
  return {
    authenticator: tokenAuthenticator(common),
    records,
    keys,
    routes: [oidcRoute({ ...common, signIn, pages })],
    connectors: {
      [`${OAuthClient.resource}/secret`]: clientSecretAction(clients),
      [`${ServiceAccount.resource}/token`]: tokenRequestAction(serviceAccountTokens(common)),
    },
    controllers: () => [
      sessionController({
        people,
        userKind: User,
        tell: tellClient({ apiUrl, keys, channel }),
      }),
    ],
  };
}
