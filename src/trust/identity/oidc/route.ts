/**
 * `<prefix>/oidc`: every realm's OpenID Provider, made when somebody first comes and kept for a while. Requests below `/interaction` are
 * the sign-in room's, until somebody is signed in.
 */
import { randomBytes } from 'node:crypto';
import type { Provider } from 'oidc-provider/lib/provider.js';
import type { AccessLog } from '#kernel/access.ts';
import type { Clock } from '#kernel/clock.ts';
import { StatusError } from '#kernel/errors.ts';
import type { RealmKeyring, WrappedKeyStorage } from '#kernel/keys.ts';
import type { Logger } from '#kernel/logger.ts';
import type { Realms } from '#kernel/realm.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import type { RealmRoute, RouteRequest } from '#kernel/route.ts';
import { BoundedMap } from '../../bounded-map.ts';
import { realmSecret } from '../../realm-sealing.ts';
import type { SealedRecords } from '../../sealed-records.ts';
import type { People, ProviderPages, SignIn } from '../sign-in.ts';
import { issuerOf } from '../tokens/issuer.ts';
import type { RealmSigningKeys } from '../tokens/signing-keys.ts';
import { AddressLimit } from './address-limit.ts';
import type { ClientSecrets } from './clients.ts';
import { interact } from './interaction.ts';
import { oidcLibrary } from './library.ts';
import { ADDRESS_BURST, ADDRESS_PER_SECOND, ADDRESSES_MAX, PROVIDERS_MAX } from './limits.ts';
import { mount } from './mount.ts';
import { SUGGESTED_CODE } from './pages.ts';
import { createProvider } from './provider.ts';

export const OIDC_SEGMENT = 'oidc';
const COOKIE_KEY_NAME = 'oidc.cookies';
const COOKIE_KEY_BYTES = 32;
const USER_CODE_LENGTH_MAX = 32;

export interface OidcRouteOptions {
  /** `https://host:port`, as clients reach the region. */
  readonly apiUrl: string;
  readonly realms: Realms;
  readonly keyring: Pick<RealmKeyring, 'open'>;
  readonly storage: Pick<WrappedKeyStorage, 'add' | 'get'>;
  readonly records: SealedRecords;
  readonly keys: RealmSigningKeys;
  readonly clients: ClientSecrets;
  readonly people: People;
  readonly signIn: SignIn;
  readonly pages: ProviderPages;
  readonly accessLog: AccessLog;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function oidcRoute(options: OidcRouteOptions): RealmRoute {
  const { apiUrl, realms, keyring, storage, keys, clock } = options;
  const opened = new BoundedMap<string, { readonly kids: string; readonly provider: Promise<Provider> }>(
    PROVIDERS_MAX,
  );
  const limit = new AddressLimit({
    clock,
    burst: ADDRESS_BURST,
    perSecond: ADDRESS_PER_SECOND,
    addresses_max: ADDRESSES_MAX,
  });

  async function providerOf(realm: RealmId): Promise<Provider> {
    const uid = await realms.use(realm, (open) => open.uid);
    const signing = await keys.of(realm);
    const kids = signing.published.map(({ kid }) => kid).join();
    const known = opened.get(uid);
    if (known?.kids === kids) return known.provider;
    const provider = open(realm);
    opened.set(uid, { kids, provider });
    provider.catch(() => opened.delete(uid));
    return provider;
  }

  async function open(realm: RealmId): Promise<Provider> {
    const { sealer } = await keyring.open(realm);
    const cookieKey = await realmSecret(storage, realm, sealer, COOKIE_KEY_NAME, () =>
      randomBytes(COOKIE_KEY_BYTES),
    );
    return createProvider({
      ...options,
      library: await oidcLibrary(),
      realm,
      issuer: issuerOf(apiUrl, realm),
      keys: await keys.of(realm),
      cookieKeys: [Buffer.from(cookieKey).toString('base64url')],
    });
  }

  return {
    segment: OIDC_SEGMENT,
    realms: ['region', 'organization'],
    async handle(request) {
      const { realm, incoming } = request;
      const wait_s = limit.take(incoming.socket.remoteAddress ?? '');
      if (wait_s > 0) {
        throw new StatusError('TooManyRequests', 'too many requests from this address; wait a while', {
          retryAfterSeconds: wait_s,
        });
      }
      // Who may sign in, and which sessions there are, as of now, whichever process changed them.
      await realms.fresh(realm);
      const provider = await providerOf(realm);
      if (request.path.startsWith('/interaction/')) {
        await interact(provider, options.signIn, request);
        return;
      }
      suggestUserCode(request);
      mount(request, provider.issuer);
      await provider.callback()(incoming, request.response);
    },
  };
}

/**
 * A link may carry the code that a device shows. The provider would send the form by itself then, with a script: here it only fills it
 * in, so that a person looks at it.
 */
function suggestUserCode({ path, incoming }: RouteRequest): void {
  if (path !== '/device' || incoming.method !== 'GET') return;
  const url = new URL(incoming.url ?? '/', 'https://device');
  const code = url.searchParams.get('user_code');
  if (code === null) return;
  url.searchParams.delete('user_code');
  Object.assign(incoming, {
    url: `${url.pathname}${url.search}`,
    [SUGGESTED_CODE]: code.slice(0, USER_CODE_LENGTH_MAX),
  });
}
