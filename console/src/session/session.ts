/**
 * Who is signed in: OpenID Connect with the realm's own provider (code with PKCE, RFC 7636). Tokens are kept in this page's memory alone, so nothing
 * that another page could read or steal lies in the browser; a page that is loaded anew gets new ones from the provider, which knows the browser.
 */
import { place } from './place.ts';
import { handOver, isForAnotherPage, newState, openedSignIn } from './sign-in-window.ts';

const CLIENT = 'casemate-console';
/** Renewed so long before it would end. */
const RENEW_BEFORE_MS = 60_000;
const PENDING = `casemate ${place.base} sign-in`;

export interface Identity {
  /** `metadata.name` of the User. */
  readonly name: string;
  readonly displayName: string;
  readonly groups: readonly string[];
}

interface Tokens {
  readonly access: string;
  readonly refresh: string | undefined;
  /** A renewal may bring none. */
  readonly id: string | undefined;
  readonly ends_ms: number;
}

interface Pending {
  readonly verifier: string;
  readonly state: string;
}

let tokens: Tokens | undefined;
let idToken = '';
/** `metadata.uid` of the User whose page this is. */
let person = '';
let renewing: Promise<boolean> | undefined;

const endpoint = (name: string) => `${place.prefix}/oidc/${name}`;
const redirectUri = () => `${location.origin}${place.base}signed-in`;

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

/** Where the provider asks somebody to sign in. */
async function authorizationUrl({ verifier, state }: Pending): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  const query = new URLSearchParams({
    client_id: CLIENT,
    response_type: 'code',
    redirect_uri: redirectUri(),
    scope: 'openid profile groups',
    resource: 'urn:casemate:api',
    state,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
  });
  return `${endpoint('auth')}?${query}`;
}

/** Leaves the page for the provider's; the person comes back to `returnTo`, a path of this console. Never resolves. */
export async function signIn(returnTo: string): Promise<never> {
  const pending: Pending = { verifier: random(), state: random() };
  sessionStorage.setItem(PENDING, JSON.stringify({ ...pending, returnTo }));
  location.assign(await authorizationUrl(pending));
  return new Promise(() => {});
}

/**
 * Signs in again in a window that was opened for it, while this page stays as it is. `other`: it was somebody else; nothing of theirs was taken, and
 * nothing of this page may stay for them. Resolves when somebody has signed in, perhaps never; throws SignInError for what the provider refused.
 */
export async function signInAgain(opened: Window): Promise<'same' | 'other'> {
  const pending: Pending = { verifier: random(), state: newState(random()) };
  const code = await openedSignIn(opened, await authorizationUrl(pending), pending.state);
  const given = await exchangeCode(code, pending);
  if (given === undefined) throw new SignInError('');
  if (claimsOf(given.id ?? '').sub !== person) return 'other';
  take(given);
  return 'same';
}

/** Ends the session here and at the provider. */
export function signOut(): void {
  const query = new URLSearchParams({
    id_token_hint: idToken,
    post_logout_redirect_uri: `${location.origin}${place.base}`,
  });
  tokens = undefined;
  location.assign(`${endpoint('session/end')}?${query}`);
}

/** In the provider's words. */
export class SignInError extends Error {
  /** It was asked for by another page, which is there still. */
  readonly isForAnotherPage: boolean;

  constructor(message: string, isWindow = false) {
    super(message);
    this.isForAnotherPage = isWindow;
  }
}

/**
 * Sends the browser to the provider where nobody is signed in yet, and never resolves then. Undefined: this window was opened to sign in for another
 * page, which has been told. Throws SignInError for what the provider refused.
 */
export async function comeIn(): Promise<Identity | undefined> {
  const here = new URL(location.href);
  if (here.pathname !== `${place.base}signed-in`) return signIn(`${here.pathname}${here.search}${here.hash}`);
  const { searchParams } = here;
  const code = searchParams.get('code');
  const state = searchParams.get('state');
  const refusal = searchParams.has('error')
    ? (searchParams.get('error_description') ?? searchParams.get('error') ?? '')
    : undefined;
  if (state !== null && isForAnotherPage(state)) {
    history.replaceState(null, '', here.pathname);
    if (refusal !== undefined) throw new SignInError(refusal, true);
    if (code !== null) handOver(code, state);
    return undefined;
  }
  const pending = JSON.parse(sessionStorage.getItem(PENDING) ?? 'null') as
    | (Pending & { readonly returnTo: string })
    | null;
  sessionStorage.removeItem(PENDING);
  const returnTo = pending?.returnTo.startsWith(place.base) === true ? pending.returnTo : place.base;
  history.replaceState(null, '', returnTo);
  if (refusal !== undefined) throw new SignInError(refusal);
  // An address that somebody else made, or that was opened a second time: begin again.
  if (pending === null || code === null || state !== pending.state) return signIn(returnTo);
  const given = await exchangeCode(code, pending);
  if (given === undefined) return signIn(returnTo);
  take(given);
  const { sub, preferred_username, name, groups } = claimsOf(idToken);
  person = sub;
  return {
    name: preferred_username ?? sub,
    displayName: name ?? preferred_username ?? sub,
    groups: groups ?? [],
  };
}

const exchangeCode = (code: string, { verifier }: Pending) =>
  exchange({
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri(),
    code_verifier: verifier,
  });

/** Undefined: refused. */
async function exchange(parameters: Readonly<Record<string, string>>): Promise<Tokens | undefined> {
  const answer = await fetch(endpoint('token'), {
    method: 'POST',
    body: new URLSearchParams({ client_id: CLIENT, resource: 'urn:casemate:api', ...parameters }),
  });
  if (!answer.ok) return undefined;
  const said = (await answer.json()) as {
    access_token: string;
    refresh_token?: string;
    id_token?: string;
    expires_in: number;
  };
  return {
    access: said.access_token,
    refresh: said.refresh_token,
    id: said.id_token,
    ends_ms: performance.now() + said.expires_in * 1_000,
  };
}

function take(given: Tokens): void {
  tokens = given;
  idToken = given.id ?? idToken;
}

/** From the provider itself over TLS, so its signature need not be looked at (OpenID Connect Core, 3.1.3.7). */
function claimsOf(token: string): {
  readonly sub: string;
  readonly preferred_username?: string;
  readonly name?: string;
  readonly groups?: string[];
} {
  const [, payload = ''] = token.split('.');
  const bytes = Uint8Array.from(atob(payload.replaceAll('-', '+').replaceAll('_', '/')), (one) =>
    one.charCodeAt(0),
  );
  return JSON.parse(new TextDecoder().decode(bytes));
}

async function exchangeRefresh(refresh: string): Promise<boolean> {
  const given = await exchange({ grant_type: 'refresh_token', refresh_token: refresh });
  if (given === undefined) return false;
  take(given);
  return true;
}

/** False: the session has ended. One renewal at a time, as each takes the place of the last. */
export function renew(): Promise<boolean> {
  const refresh = tokens?.refresh;
  if (refresh === undefined) return Promise.resolve(false);
  renewing ??= exchangeRefresh(refresh).finally(() => {
    renewing = undefined;
  });
  return renewing;
}

/** The token to ask the API with. Undefined: the session has ended. */
export async function accessToken(): Promise<string | undefined> {
  if (tokens !== undefined && tokens.ends_ms - performance.now() < RENEW_BEFORE_MS && !(await renew()))
    return undefined;
  return tokens?.access;
}
