/**
 * What a grant is here: one Session object for each sign-in to a client. The grant's id is the Session's uid, so every code and every
 * token names the Session that it stands on. A browser remembers, in the provider's own session, the Session that it signed in with
 * first (`signIn`), and may sign in to further clients without asking again only while that lives.
 */
import type { Provider, ProviderContext, ProviderGrant } from 'oidc-provider/lib/provider.js';
import type { Clock } from '#kernel/clock.ts';
import type { Realms } from '#kernel/realm.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { beginSession } from '../sessions/begin-session.ts';
import { type LiveSession, liveSession } from '../sessions/live-session.ts';
import type { People, SignedIn } from '../sign-in.ts';
import { isBuiltIn } from './clients.ts';
import { API_RESOURCE, API_SCOPE, DEVICE_SESSION_MS, WEB_SESSION_MS } from './limits.ts';
import { requestIdOf } from './mount.ts';

export interface SignInsOptions {
  readonly realm: RealmId;
  readonly realms: Pick<Realms, 'use'>;
  readonly people: People;
  readonly clock: Clock;
}

export interface SignIns {
  find(sessionUid: string | undefined): Promise<LiveSession | undefined>;
  /** Whether somebody must prove who they are (again), whatever the browser remembers. */
  mustSignIn(ctx: ProviderContext): Promise<boolean>;
  /** The grant of this request's client, made now if the browser may have one. */
  grant(provider: Provider, ctx: ProviderContext): Promise<ProviderGrant | undefined>;
}

export function signIns({ realm, realms, people, clock }: SignInsOptions): SignIns {
  const find = async (sessionUid: string | undefined) =>
    sessionUid === undefined
      ? undefined
      : realms.use(realm, ({ view }) => liveSession(view, people, sessionUid, clock.now()));

  /** Who signed in, as it was proved now or when the browser's first Session began. */
  async function provedBy(ctx: ProviderContext): Promise<SignedIn | undefined> {
    const { account, session, result } = ctx.oidc;
    const now = result?.signIn as SignedIn | undefined;
    if (now !== undefined) return now.userUid === account?.accountId ? now : undefined;
    const first = await find(session.signIn);
    if (!first || first.person.uid !== account?.accountId) return undefined;
    const { strength, startedAt } = first.spec;
    return { userUid: first.person.uid, user: first.person.name, strength, at_ms: Date.parse(startedAt) };
  }

  return {
    find,
    async mustSignIn({ oidc: { account, deviceCode, result, session } }) {
      if (result?.login !== undefined || session.accountId === undefined) return false;
      // A code that somebody was talked into entering must not be enough: each device is signed in to by itself.
      if (!account || deviceCode) return true;
      return (await find(session.signIn))?.person.uid !== account.accountId;
    },
    async grant(provider, ctx) {
      const { client, session, result, deviceCode } = ctx.oidc;
      const known = session.grantIdFor(client.clientId);
      if (known !== undefined && result?.signIn === undefined && !deviceCode) {
        const grant = await provider.Grant.find(known);
        if (grant) return grant;
      }
      const signedIn = await provedBy(ctx);
      if (!signedIn) return undefined;
      const lifetime_ms = deviceCode ? DEVICE_SESSION_MS : WEB_SESSION_MS;
      const requestId = requestIdOf(ctx.req);
      const uid = await realms.use(realm, (open) =>
        beginSession(open, clock, {
          signedIn,
          client: client.clientId,
          lifetime_ms,
          isTold: client.backchannelLogoutUri !== undefined,
          requestId,
        }),
      );
      if (!(await find(session.signIn))) session.signIn = uid;
      // What relying parties know it by.
      session.sidFor(client.clientId, uid);
      const grant = new provider.Grant({
        jti: uid,
        accountId: signedIn.userUid,
        clientId: client.clientId,
        expiresIn: lifetime_ms / 1000,
      });
      grant.addOIDCScope([...ctx.oidc.requestParamOIDCScopes].join(' '));
      if (isBuiltIn(client.clientId)) grant.addResourceScope(API_RESOURCE, API_SCOPE);
      await grant.save();
      return grant;
    },
  };
}
