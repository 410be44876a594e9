/**
 * The way through sign-in: finds the attempt that belongs to this browser, lets the sign-in room prove who it is, and hands the result
 * back to the provider, which goes on where it stopped.
 */
import type { InteractionDetails, Provider } from 'oidc-provider/lib/provider.js';
import { badRequest } from '#kernel/errors.ts';
import type { RouteRequest } from '#kernel/route.ts';
import type { SignedIn, SignIn } from '../sign-in.ts';
import { LOGIN_HINT_LENGTH_MAX } from './limits.ts';
import { amrOf } from './provider.ts';

const PATH = /^\/interaction\/([A-Za-z0-9_-]{1,64})(\/.*)?$/;

/** Of another browser, over, or never begun: all the same answer. */
const NO_INTERACTION =
  'this sign-in has ended or was begun in another browser; start again where you came from';

async function detailsOf(provider: Provider, request: RouteRequest, id: string): Promise<InteractionDetails> {
  let details: InteractionDetails;
  try {
    details = await provider.interactionDetails(request.incoming, request.response);
  } catch {
    throw badRequest(NO_INTERACTION);
  }
  if (details.uid !== id) throw badRequest(NO_INTERACTION);
  return details;
}

function resultOf(signedIn: SignedIn, isDevice: boolean): object {
  const { userUid, strength, at_ms } = signedIn;
  return {
    login: {
      accountId: userUid,
      acr: strength,
      amr: [...amrOf(strength)],
      ts: Math.floor(at_ms / 1000),
      // A browser in which somebody only let a device in forgets them when it is closed.
      remember: !isDevice,
    },
    signIn: signedIn,
    consent: {},
  };
}

/**
 * Somebody else signs in with a browser in which a person was signed in: that person is signed out of it, as by the sign-out page. (Left
 * to itself the provider would do so by a page that needs a script.)
 */
async function signOutOther(provider: Provider, details: InteractionDetails, userUid: string): Promise<void> {
  const { accountId, uid } = details.session ?? {};
  if (accountId === undefined || accountId === userUid) return;
  const session = uid === undefined ? undefined : await provider.Session.findByUid(uid);
  for (const { grantId, persistsLogout } of Object.values(session?.authorizations ?? {})) {
    if (grantId !== undefined && persistsLogout !== true) await provider.Grant.adapter.destroy(grantId);
  }
  await session?.destroy();
  details.session = undefined;
  await details.persist();
}

export async function interact(provider: Provider, signIn: SignIn, request: RouteRequest): Promise<void> {
  const { incoming, response } = request;
  const [, id, path = ''] = PATH.exec(request.path) ?? [];
  if (id === undefined) throw badRequest(NO_INTERACTION);
  const details = await detailsOf(provider, request, id);
  const { prompt, params, deviceCode } = details;
  let result: object;
  if (prompt.name === 'consent') {
    result = { consent: {} };
  } else {
    const hint = params.login_hint;
    const signedIn = await signIn.handle(request, {
      id,
      client: String(params.client_id),
      path,
      ...(typeof hint === 'string' ? { loginHint: hint.slice(0, LOGIN_HINT_LENGTH_MAX) } : {}),
      again: !prompt.reasons.includes('no_session'),
    });
    if (!signedIn) return;
    await signOutOther(provider, details, signedIn.userUid);
    result = resultOf(signedIn, deviceCode !== undefined);
  }
  const location = await provider.interactionResult(incoming, response, result);
  response.writeHead(303, { Location: location, 'Cache-Control': 'no-store', 'Content-Length': 0 });
  response.end();
}
