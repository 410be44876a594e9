/**
 * Who is asking, put together: the OpenID Provider of every realm, the authenticator of its tokens, service accounts, and the controller
 * of sessions. Made once the realms are open, and once a process.
 */
import type { AccessLog, Authenticator, Authorizer } from '#kernel/access.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Connector } from '#kernel/connect.ts';
import type { Controller } from '#kernel/controller.ts';
import type { RealmKeyring, WrappedKeyStorage } from '#kernel/keys.ts';
import type { Kind } from '#kernel/kind.ts';
import type { Logger } from '#kernel/logger.ts';
import type { Realms } from '#kernel/realm.ts';
import type { ExpiringRecords } from '#kernel/records.ts';
import { loadedWhenAsked, type RealmRoute } from '#kernel/route.ts';
import { realmSealing } from '../realm-sealing.ts';
import { type SealedRecords, sealedRecords } from '../sealed-records.ts';
import { openFederation } from './federation/open-federation.ts';
import { type BackChannelOptions, backChannel } from './oidc/back-channel.ts';
import { clientSecretAction, clientSecrets } from './oidc/clients.ts';
import { OAuthClient } from './oidc/oauth-client.ts';
import { oidcRoute } from './oidc/route.ts';
import { people } from './people/directory.ts';
import { User } from './people/user.ts';
import { SCIM_PLACE } from './scim/place.ts';
import {
  type ServiceAccountTokens,
  serviceAccountTokens,
  tokenRequestAction,
} from './service-accounts/issue-token.ts';
import { ServiceAccount } from './service-accounts/service-account.ts';
import type { Workloads } from './service-accounts/workloads.ts';
import { sessionController } from './sessions/controller.ts';
import { tellClient } from './sessions/tell-client.ts';
import { type OpenedSignIn, openSignIn } from './sign-in/open-sign-in.ts';
import type { SignInParts } from './sign-in/parts.ts';
import { providerPages } from './sign-in/provider-pages.ts';
import type { ProviderPages } from './sign-in.ts';
import { tokenAuthenticator } from './token-authenticator.ts';
import { type RealmSigningKeys, realmSigningKeys } from './tokens/signing-keys.ts';

export interface IdentityOptions {
  /** `https://host:port`, as clients reach the region. */
  readonly apiUrl: string;
  readonly realms: Realms;
  readonly keyring: Pick<RealmKeyring, 'open'>;
  readonly storage: WrappedKeyStorage;
  readonly records: ExpiringRecords;
  /** Host names that the region goes by beside that of `apiUrl`. */
  readonly hostNames?: readonly string[];
  /** What SCIM clients may do. Absent: there is no SCIM. */
  readonly authorizer?: Authorizer;
  readonly accessLog: AccessLog;
  /** What runs as service accounts. Default: nothing. */
  readonly workloads?: Workloads;
  readonly clock: Clock;
  readonly logger: Logger;
  /** `v1 Secret`, where identity providers may keep what we prove ourselves to them with. */
  readonly secretKind?: Kind;
  /** Which addresses of identity providers may be asked. Default: any but this machine's own. */
  readonly isProviderAllowed?: (address: string) => boolean;
  readonly backChannel?: Omit<BackChannelOptions, 'clock'>;
  /** Default: the sign-in pages. Tests of the protocol have simpler ones. */
  readonly signIn?: (parts: SignInParts) => OpenedSignIn;
  readonly pages?: ProviderPages;
}

export interface Identity {
  /** Of bearer tokens. */
  readonly authenticator: Authenticator;
  /** Short-lived records, sealed under their realm's keys. */
  readonly records: SealedRecords;
  /** The keys that sign tokens. */
  readonly keys: RealmSigningKeys;
  readonly tokens: ServiceAccountTokens;
  readonly routes: readonly RealmRoute[];
  readonly connectors: Readonly<Record<string, Connector>>;
  /** Made anew each time this process comes to lead. */
  readonly controllers: () => readonly Controller[];
}

export function openIdentity(options: IdentityOptions): Identity {
  const {
    apiUrl,
    realms,
    keyring,
    storage,
    authorizer,
    accessLog,
    clock,
    logger,
    pages = providerPages,
  } = options;
  const records = sealedRecords(options.records, realmSealing({ realms, keyring, storage }));
  const keys = realmSigningKeys({ realms, keyring, storage, clock });
  const clients = clientSecrets({ keyring, storage });
  const { isProviderAllowed: isAllowed } = options;
  const federation = openFederation({
    ...options,
    records,
    ...(isAllowed === undefined ? {} : { isAllowed }),
  });
  const signIn = (options.signIn ?? openSignIn)({
    ...options,
    records,
    url: apiUrl,
    federation: federation.signIn,
  });
  const channel = backChannel({ clock, ...options.backChannel });
  const common = {
    apiUrl,
    realms,
    keyring,
    storage,
    records,
    keys,
    clients,
    people,
    accessLog,
    clock,
    logger,
  };
  const tokens = serviceAccountTokens(common);
  const { workloads } = options;
  const authenticator = tokenAuthenticator({ ...common, ...(workloads ? { workloads } : {}) });
  return {
    authenticator,
    records,
    keys,
    tokens,
    routes: [
      oidcRoute({ ...common, signIn: signIn.signIn, pages }),
      ...signIn.routes,
      ...federation.routes,
      ...(authorizer
        ? [
            loadedWhenAsked(SCIM_PLACE, async () => {
              const { scimRoute } = await import('./scim/route.ts');
              return scimRoute({ ...options, authenticator, authorizer });
            }),
          ]
        : []),
    ],
    connectors: {
      ...signIn.connectors,
      [`${OAuthClient.resource}/secret`]: clientSecretAction(clients),
      [`${ServiceAccount.resource}/token`]: tokenRequestAction(tokens, realms),
    },
    controllers: () => [
      sessionController({
        people,
        userKind: User,
        tell: tellClient({ apiUrl, keys, channel }),
      }),
      ...federation.controllers(),
    ],
  };
}
