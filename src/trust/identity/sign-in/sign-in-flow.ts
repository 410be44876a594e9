/**
 * The sign-in page and what its forms do, below any path: an interaction of the OpenID Provider, or the account page. Holds no state
 * between requests but the browser's cookie, counts and challenges.
 */
import { notFound } from '#kernel/errors.ts';
import type { RouteRequest } from '#kernel/route.ts';
import type { PageProblem } from '../federation/claims.ts';
import type { FederatedSignIn, Offered } from '../federation/federation.ts';
import type { SignedIn } from '../sign-in.ts';
import { type Browser, browserOf, isOurs } from './browser.ts';
import { setCookie } from './cookies.ts';
import { readForm } from './form-body.ts';
import { alert, field, form, hidden, passkeyForm } from './forms.ts';
import { type Html, html } from './html.ts';
import { LANGUAGE_COOKIE, languageOf, switchedTo, textsOf } from './languages.ts';
import { pageOf, realmTitle, sendJson, sendOn, sendPage } from './page.ts';
import type { SignInParts } from './parts.ts';
import { type RelyingParty, relyingParty } from './passkeys.ts';
import { PASSWORD_LENGTH_MAX } from './passwords.ts';
import type { Outcome, Proofs } from './proofs.ts';
import type { Texts } from './texts.ts';

const NAME_LENGTH_MAX = 64;
const CODE_LENGTH_MAX = 32;
const LANGUAGE_AGE_S = 365 * 24 * 3600;
const MINUTE_MS = 60_000;
/** Where people leave for somebody else's provider, by POST, and come back from it, by GET. */
const FEDERATED = '/federated';

/** A visit to a page: whose browser, in which language, under which path. */
export interface Visit {
  readonly request: RouteRequest;
  readonly browser: Browser;
  readonly texts: Texts;
  /** The path that the page's own paths begin with: `/orgs/acme/account`. */
  readonly base: string;
  /** The token of its forms. */
  readonly token: string;
  /** Absent where this address cannot have passkeys. */
  readonly rp: RelyingParty | undefined;
}

/** Where a sign-in happens and what it is for. */
export interface Where {
  readonly base: string;
  /** What stands after `base`: '' or `/…`. */
  readonly path: string;
  /** The application that somebody signs in to; absent for the account page. */
  readonly client?: string;
  readonly loginHint?: string;
  /** Whether its forms lead nowhere but here. */
  readonly formsStay: boolean;
}

interface Wrong {
  readonly message: string;
  readonly name?: string;
}

export class SignInFlow {
  readonly #proofs: Proofs;
  readonly #hosts: ReadonlySet<string>;
  readonly #federation: FederatedSignIn | undefined;

  constructor(parts: SignInParts, proofs: Proofs) {
    this.#proofs = proofs;
    this.#federation = parts.federation;
    this.#hosts = new Set([new URL(parts.url).hostname, ...(parts.hostNames ?? [])]);
  }

  /** Reads who comes and in which language; remembers a switch of language. */
  visit(request: RouteRequest, base: string): Visit {
    const { incoming, response, realm } = request;
    const switched = switchedTo(incoming);
    if (switched !== undefined) setCookie(response, LANGUAGE_COOKIE, switched, LANGUAGE_AGE_S);
    const texts = textsOf(languageOf(incoming));
    const browser = browserOf(request);
    const rp = relyingParty(incoming.headers.host, this.#hosts, `Casemate ${realmTitle(realm, texts)}`);
    return { request, browser, texts, base, token: browser.token(base), rp };
  }

  /** Answers, or gives who is signed in. Throws `notFound` for paths that it does not have. */
  async handle(request: RouteRequest, where: Where): Promise<SignedIn | undefined> {
    const visit = this.visit(request, where.base);
    if (request.incoming.method !== 'POST') {
      if (where.path === FEDERATED) return this.#cameBack(visit, where);
      if (where.path !== '' && where.path !== '/') throw notFound({ kind: 'page', name: where.path });
      await this.#show(visit, where);
      return undefined;
    }
    const fields = await readForm(request.incoming);
    const ours = isOurs(request, visit.browser, where.base, fields.get('csrf'));
    if (where.path === '/passkey/options') {
      await this.#options(visit, ours);
      return undefined;
    }
    if (!ours) {
      await this.#show(visit, where, { message: visit.texts.wrong.outdated }, 403);
      return undefined;
    }
    if (where.path === '/password') return this.#byPassword(visit, where, fields);
    if (where.path === '/passkey') return this.#byPasskey(visit, where, fields);
    if (where.path === FEDERATED) return this.#leave(visit, where, fields.get('provider') ?? '');
    throw notFound({ kind: 'page', name: where.path });
  }

  /** Sends the browser to somebody else's provider. */
  async #leave(visit: Visit, where: Where, provider: string): Promise<undefined> {
    const { request, browser, base, texts } = visit;
    const gone = await this.#federation?.begin(request, provider, { browser: browser.id, base });
    if (gone && 'location' in gone) await sendOn(request.response, gone.location);
    else await this.#show(visit, where, { message: problemText(texts, gone ?? { problem: 'failed' }) }, 503);
    return undefined;
  }

  /** From somebody else's provider: to its own address again, where the result is kept for this browser alone. */
  async #cameBack(visit: Visit, where: Where): Promise<SignedIn | undefined> {
    const { request, browser, base, texts } = visit;
    const result =
      new URL(request.incoming.url ?? '/', 'https://here').searchParams.get('result') ?? undefined;
    const came = await this.#federation?.finish(request, result, { browser: browser.id, base });
    if (came && 'signedIn' in came) return came.signedIn;
    const message = came ? problemText(texts, came) : texts.wrong.outdated;
    await this.#show(visit, where, { message }, came?.problem === 'duties' ? 403 : 401);
    return undefined;
  }

  async #options({ request, browser, rp }: Visit, ours: boolean): Promise<void> {
    if (!ours || !rp) return sendJson(request.response, { error: 'out of date' }, 403);
    const options = await this.#proofs.inRealm(request, ({ realm }) =>
      this.#proofs.passkeys.signInOptions(realm.id, rp, { browser: browser.id, use: 'sign-in' }),
    );
    return sendJson(request.response, options);
  }

  async #byPassword(visit: Visit, where: Where, fields: ReadonlyMap<string, string>) {
    const name = (fields.get('username') ?? '').slice(0, NAME_LENGTH_MAX);
    const outcome = await this.#proofs.byPassword(visit.request, {
      name,
      password: fields.get('password') ?? '',
      code: (fields.get('code') ?? '').slice(0, CODE_LENGTH_MAX),
    });
    return this.#answer(visit, where, outcome, visit.texts.wrong.refused, name);
  }

  async #byPasskey(visit: Visit, where: Where, fields: ReadonlyMap<string, string>) {
    const { request, browser, rp, texts } = visit;
    const purpose = { browser: browser.id, use: 'sign-in' };
    const outcome: Outcome = rp
      ? await this.#proofs.byPasskey(request, rp, purpose, fields.get('passkey') ?? '')
      : { type: 'refused' };
    return this.#answer(visit, where, outcome, texts.wrong.passkeyRefused);
  }

  async #answer(
    visit: Visit,
    where: Where,
    outcome: Outcome,
    refused: string,
    name?: string,
  ): Promise<SignedIn | undefined> {
    const { wrong } = visit.texts;
    const given = name === undefined ? {} : { name };
    switch (outcome.type) {
      case 'signed-in':
        return outcome.signedIn;
      case 'refused':
        await this.#show(visit, where, { message: refused, ...given }, 401);
        return undefined;
      case 'wait': {
        const minutes = Math.ceil(outcome.wait_ms / MINUTE_MS);
        visit.request.response.setHeader('Retry-After', Math.ceil(outcome.wait_ms / 1000));
        await this.#show(visit, where, { message: wrong.wait(minutes), ...given }, 429);
        return undefined;
      }
      case 'busy':
        await this.#show(visit, where, { message: wrong.busy, ...given }, 503);
        return undefined;
    }
  }

  async #show(visit: Visit, where: Where, wrong?: Wrong, code = 200): Promise<void> {
    const { request, texts, base } = visit;
    // Where forms stay, the page's own policy would hold the browser back from going elsewhere.
    const offered = where.formsStay ? [] : ((await this.#federation?.offered(request.realm)) ?? []);
    const page = pageOf({
      realm: request.realm,
      texts,
      title: texts.signIn.title,
      body: signInBody(visit, where, wrong, offered),
      passkeys: true,
      formsStay: where.formsStay,
      here: base,
    });
    await sendPage(request.response, page, code);
  }
}

function problemText({ federated }: Texts, said: PageProblem): string {
  if (said.problem !== 'duties') return federated.problems[said.problem];
  const [one, other] = said.duties.map(({ role, group }) =>
    group === undefined ? federated.byName(role) : federated.byGroup(role, group),
  );
  return federated.duties(`${one}`, `${other}`);
}

const federatedForms = ({ texts, base, token }: Visit, offered: readonly Offered[]): readonly Html[] =>
  offered.map(({ name, displayName }) =>
    form(
      `${base}${FEDERATED}`,
      token,
      hidden('provider', name),
      html`<button class="wide plain" type="submit">${texts.federated.with(displayName)}</button>`,
    ),
  );

function signInBody(visit: Visit, where: Where, wrong: Wrong | undefined, offered: readonly Offered[]): Html {
  const { texts, base, token, rp } = visit;
  const { signIn } = texts;
  return html`${wrong && alert(wrong.message)}
<p>${where.client === undefined ? texts.account.fresh : signIn.to(where.client)}</p>
${federatedForms(visit, offered)}
${passkeyForm(texts, {
  action: `${base}/passkey`,
  options: `${base}/passkey/options`,
  token,
  does: 'get',
  button: signIn.passkey,
  hint: signIn.passkeyHint,
  unavailable: rp === undefined ? texts.wrong.passkeyNeedsName : undefined,
})}
<p class="or">${signIn.or}</p>
${form(
  `${base}/password`,
  token,
  field({
    name: 'username',
    label: signIn.name,
    value: wrong?.name ?? where.loginHint?.slice(0, NAME_LENGTH_MAX) ?? '',
    autocomplete: 'username',
    length_max: NAME_LENGTH_MAX,
  }),
  field({
    name: 'password',
    label: signIn.password,
    type: 'password',
    autocomplete: 'current-password',
    length_max: PASSWORD_LENGTH_MAX,
  }),
  field({
    name: 'code',
    label: signIn.code,
    hint: signIn.codeHint,
    autocomplete: 'one-time-code',
    length_max: CODE_LENGTH_MAX,
  }),
  html`<button class="wide" type="submit">${signIn.submit}</button>`,
)}
<p class="soft">${signIn.noWayIn}</p>`;
}
