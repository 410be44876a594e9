/**
 * `<prefix>/account`: where people see and change what they sign in with, and where invitation links lead. Everything here needs a sign-in
 * of the last ten minutes, which begins at `/account/sign-in`.
 */
import { notFound } from '#kernel/errors.ts';
import type { RealmRoute, RouteRequest } from '#kernel/route.ts';
import { credentialsOf } from '../people/controllers.ts';
import type { CredentialObject } from '../people/credential.ts';
import type { UserObject } from '../people/user.ts';
import { type AccountShown, accountBody, backLink, hasWayIn } from './account-page.ts';
import { AccountVisits } from './account-visits.ts';
import { isOurs } from './browser.ts';
import { readForm } from './form-body.ts';
import { alert } from './forms.ts';
import { html } from './html.ts';
import { InvitationPages } from './invitation-pages.ts';
import { pageOf, sendJson, sendOn, sendPage } from './page.ts';
import type { SignInParts } from './parts.ts';
import { PASSKEYS_MAX } from './passkeys.ts';
import type { Proofs } from './proofs.ts';
import {
  type FieldErrors,
  passwordForm,
  readSetUp,
  recoverySet,
  registration,
  type Wanted,
} from './set-up.ts';
import type { SignInFlow, Visit } from './sign-in-flow.ts';
import type { PasskeySecret, Vault } from './vault.ts';

export const ACCOUNT_SEGMENT = 'account';

type Fields = ReadonlyMap<string, string>;

/** Forms that have a page of their own. */
const SET_UPS: ReadonlyMap<string, Wanted> = new Map([
  ['/password-and-app', { password: true, app: true }],
  ['/password', { password: true, app: false }],
  ['/app', { password: false, app: true }],
]);

interface At {
  readonly visit: Visit;
  readonly vault: Vault;
  readonly user: UserObject;
}

export class AccountPages {
  readonly #parts: SignInParts;
  readonly #proofs: Proofs;
  readonly #flow: SignInFlow;
  readonly #visits: AccountVisits;
  readonly #invitations: InvitationPages;

  constructor(parts: SignInParts, proofs: Proofs, flow: SignInFlow) {
    this.#parts = parts;
    this.#proofs = proofs;
    this.#flow = flow;
    this.#visits = new AccountVisits(parts.records, parts.clock);
    this.#invitations = new InvitationPages(parts, proofs, flow);
  }

  get route(): RealmRoute {
    return {
      segment: ACCOUNT_SEGMENT,
      realms: ['region', 'organization'],
      handle: (request) => this.#handle(request),
    };
  }

  async #handle(request: RouteRequest): Promise<void> {
    const { path, prefix } = request;
    const method = request.incoming.method ?? '';
    if (method !== 'GET' && method !== 'POST') throw notFound({ kind: 'page', name: path });
    const base = `${prefix}/${ACCOUNT_SEGMENT}`;
    if (path.startsWith('/invitation/')) {
      return this.#invitations.handle(request, base, path.slice('/invitation/'.length));
    }
    if (path === '/sign-in' || path.startsWith('/sign-in/')) return this.#signIn(request, base);
    const fields = method === 'POST' ? await readForm(request.incoming) : undefined;
    const visit = this.#flow.visit(request, base);
    await this.#proofs.inRealm(request, async (vault) => {
      const user = await this.#visits.user(request, vault);
      if (!user) return this.#comeIn(visit, path);
      const at = { visit, vault, user };
      if (fields === undefined) return this.#get(at, path);
      return this.#post(at, path, fields, isOurs(request, visit.browser, base, fields.get('csrf')));
    });
  }

  #comeIn({ request, base }: Visit, path: string): Promise<void> {
    if (path.endsWith('/options')) return sendJson(request.response, { error: 'sign in first' }, 401);
    return sendOn(request.response, `${base}/sign-in`);
  }

  async #signIn(request: RouteRequest, base: string): Promise<void> {
    const path = request.path.slice('/sign-in'.length);
    const where = { base: `${base}/sign-in`, path, formsStay: true };
    const signedIn = await this.#flow.handle(request, where);
    if (!signedIn) return;
    await this.#proofs.inRealm(request, (vault) => this.#visits.begin(request, vault, signedIn.userUid));
    await sendOn(request.response, base);
  }

  #get(at: At, path: string): Promise<void> {
    const wanted = SET_UPS.get(path);
    if (wanted) return this.#showSetUp(at, wanted);
    if (path === '' || path === '/') return this.#show(at);
    throw notFound({ kind: 'page', name: path });
  }

  #post(at: At, path: string, fields: Fields, ours: boolean): Promise<void> {
    const { texts, request } = at.visit;
    if (path === '/passkey/options') return this.#options(at, ours);
    if (!ours) return this.#show(at, { message: texts.wrong.outdated }, 403);
    const wanted = SET_UPS.get(path);
    if (wanted) return this.#setUp(at, wanted, fields);
    switch (path) {
      case '/passkey':
        return this.#addPasskey(at, fields);
      case '/remove':
        return this.#remove(at, fields.get('credential') ?? '');
      case '/recovery-codes':
        return this.#newRecoveryCodes(at);
      case '/leave':
        return this.#leave(at);
      default:
        throw notFound({ kind: 'page', name: request.path });
    }
  }

  #credentials({ vault, user }: At): readonly CredentialObject[] {
    return credentialsOf(vault.realm.view, user.metadata.uid);
  }

  #passkeys({ vault, user }: At): readonly PasskeySecret[] {
    return vault
      .all(user.metadata.uid)
      .map(({ secret }) => secret)
      .filter((secret) => secret.type === 'passkey');
  }

  async #options(at: At, ours: boolean): Promise<void> {
    const { request, rp } = at.visit;
    if (!ours || !rp) return sendJson(request.response, { error: 'out of date' }, 403);
    const { metadata, spec } = at.user;
    const person = { uid: metadata.uid, name: metadata.name, displayName: spec.displayName };
    const purpose = registration(at.visit, at.user);
    const known = this.#passkeys(at);
    const { passkeys } = this.#proofs;
    const options = await passkeys.registrationOptions(request.realm, rp, purpose, person, known);
    return sendJson(request.response, options);
  }

  async #addPasskey(at: At, fields: Fields): Promise<void> {
    const { visit, vault, user } = at;
    const { texts, rp, request } = visit;
    if (this.#passkeys(at).length >= PASSKEYS_MAX) {
      return this.#show(at, { message: texts.wrong.passkeysFull(PASSKEYS_MAX) }, 400);
    }
    const purpose = registration(visit, user);
    const response = fields.get('passkey') ?? '';
    const answer = rp && (await this.#proofs.passkeys.register(request.realm, rp, purpose, response));
    if (!answer?.verified) return this.#show(at, { message: texts.wrong.passkeyFailed }, 400);
    await vault.put(user, answer.value, fields.get('label'));
    return this.#show(at, { done: texts.account.saved });
  }

  async #setUp(at: At, wanted: Wanted, fields: Fields): Promise<void> {
    const { visit, vault, user } = at;
    const { clock } = this.#parts;
    const { passwords } = this.#proofs;
    const setUp = await readSetUp(visit, vault, user, wanted, fields, { clock, passwords });
    if ('errors' in setUp) return this.#showSetUp(at, wanted, setUp.errors, fields);
    for (const secret of setUp.secrets) await vault.put(user, secret);
    return this.#show(at, { done: visit.texts.account.saved, recoveryCodes: setUp.recoveryCodes });
  }

  async #newRecoveryCodes(at: At): Promise<void> {
    const { codes, secret } = recoverySet(at.user);
    await at.vault.put(at.user, secret);
    return this.#show(at, { done: at.visit.texts.account.saved, recoveryCodes: codes });
  }

  /** A passkey by the uid of its Credential; or password, app and recovery codes together. Never the last way in. */
  async #remove(at: At, what: string): Promise<void> {
    const { texts } = at.visit;
    const credentials = this.#credentials(at);
    const goes = ({ metadata, spec }: CredentialObject) =>
      what === 'password' ? spec.type !== 'passkey' : spec.type === 'passkey' && metadata.uid === what;
    if (!hasWayIn(credentials.filter((one) => !goes(one)))) {
      return this.#show(at, { message: texts.wrong.lastWayIn }, 409);
    }
    for (const credential of credentials.filter(goes)) await at.vault.remove(credential);
    return this.#show(at, { done: texts.account.removed });
  }

  async #leave({ visit, vault }: At): Promise<void> {
    const { request, texts, base } = visit;
    await this.#visits.end(request, vault);
    const title = texts.account.signedOut;
    const body = html`<p><a href="${base}/sign-in">${texts.signIn.title}</a></p>`;
    await sendPage(request.response, pageOf({ realm: request.realm, texts, title, body, formsStay: true }));
  }

  #show(at: At, shown: AccountShown = {}, code = 200): Promise<void> {
    const { request, texts, base } = at.visit;
    const body = accountBody(at.visit, at.user, this.#credentials(at), shown);
    const title = texts.account.title;
    const { realm } = request;
    const page = pageOf({ realm, texts, title, body, passkeys: true, formsStay: true, here: base });
    return sendPage(request.response, page, code);
  }

  #showSetUp(at: At, wanted: Wanted, errors?: FieldErrors, fields?: Fields): Promise<void> {
    const { visit, vault, user } = at;
    const { request, texts, base } = visit;
    const { setUp, wrong } = texts;
    const title =
      wanted.password && wanted.app
        ? setUp.setPassword
        : wanted.password
          ? setUp.changePassword
          : setUp.changeAuthenticator;
    const sent = { ...(errors ? { errors } : {}), ...(fields ? { fields } : {}) };
    const body = html`${errors && alert(wrong.summary)}
${passwordForm(visit, vault, user, wanted, this.#parts.clock, sent)}
${backLink(texts, base)}`;
    const page = pageOf({ realm: request.realm, texts, title, body, formsStay: true });
    return sendPage(request.response, page, errors ? 400 : 200);
  }
}
