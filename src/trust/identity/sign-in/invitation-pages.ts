/** What somebody sees who opens an invitation link: a choice of what to sign in with, and then that it is done. */
import type { RouteRequest } from '#kernel/route.ts';
import { isOurs } from './browser.ts';
import { readForm } from './form-body.ts';
import { alert } from './forms.ts';
import { type Html, html } from './html.ts';
import { forgetEarlier, invitationOf, type OpenInvitation, useUp } from './invitations.ts';
import { pageOf, sendJson, sendPage } from './page.ts';
import type { SignInParts } from './parts.ts';
import type { Proofs } from './proofs.ts';
import {
  actionOf,
  type FieldErrors,
  newPasskeyForm,
  passwordForm,
  readSetUp,
  recoveryList,
  registration,
} from './set-up.ts';
import type { SignInFlow, Visit } from './sign-in-flow.ts';
import type { Secret, Vault } from './vault.ts';

const BOTH = { password: true, app: true } as const;

interface Shown {
  readonly message?: string;
  readonly errors?: FieldErrors;
  readonly fields?: ReadonlyMap<string, string>;
  readonly code?: number;
}

export class InvitationPages {
  readonly #parts: SignInParts;
  readonly #proofs: Proofs;
  readonly #flow: SignInFlow;

  constructor(parts: SignInParts, proofs: Proofs, flow: SignInFlow) {
    this.#parts = parts;
    this.#proofs = proofs;
    this.#flow = flow;
  }

  /** `path` stands after `<prefix>/account/invitation/`: the token, and what a form does. */
  async handle(request: RouteRequest, account: string, path: string): Promise<void> {
    const [token = '', ...rest] = path.split('/');
    const action = rest.join('/');
    const visit = this.#flow.visit(request, `${account}/invitation/${token}`);
    const fields = request.incoming.method === 'POST' ? await readForm(request.incoming) : undefined;
    await this.#proofs.inRealm(request, async (vault) => {
      const open = invitationOf(vault.realm.view, token, this.#parts.clock.now());
      if (!open) return this.#ended(visit);
      if (fields === undefined) return this.#show(visit, vault, open);
      const ours = isOurs(request, visit.browser, visit.base, fields.get('csrf'));
      if (action === 'passkey/options') return this.#options(visit, open, ours);
      if (!ours) return this.#show(visit, vault, open, { message: visit.texts.wrong.outdated, code: 403 });
      if (action === 'passkey') return this.#passkey(visit, vault, open, fields);
      if (action === actionOf(BOTH)) return this.#password(visit, vault, open, fields);
      return this.#show(visit, vault, open);
    });
  }

  async #options(visit: Visit, { user }: OpenInvitation, ours: boolean): Promise<void> {
    const { request, rp } = visit;
    if (!ours || !rp) return sendJson(request.response, { error: 'out of date' }, 403);
    const person = { uid: user.metadata.uid, name: user.metadata.name, displayName: user.spec.displayName };
    const purpose = registration(visit, user);
    // What the person had before is replaced, so the same key may be used again.
    const options = await this.#proofs.passkeys.registrationOptions(request.realm, rp, purpose, person, []);
    return sendJson(request.response, options);
  }

  async #passkey(visit: Visit, vault: Vault, open: OpenInvitation, fields: ReadonlyMap<string, string>) {
    const { request, rp, texts } = visit;
    const answer = rp && (await this.#register(visit, open, fields.get('passkey') ?? ''));
    if (!answer?.verified) {
      return this.#show(visit, vault, open, { message: texts.wrong.passkeyFailed, code: 400 });
    }
    if (!(await this.#accept(vault, open, [answer.value], fields.get('label')))) return this.#ended(visit);
    return sendPage(request.response, this.#donePage(visit, []));
  }

  #register(visit: Visit, { user }: OpenInvitation, response: string) {
    const { request, rp } = visit;
    return rp && this.#proofs.passkeys.register(request.realm, rp, registration(visit, user), response);
  }

  async #password(visit: Visit, vault: Vault, open: OpenInvitation, fields: ReadonlyMap<string, string>) {
    const { clock } = this.#parts;
    const { passwords } = this.#proofs;
    const setUp = await readSetUp(visit, vault, open.user, BOTH, fields, { clock, passwords });
    if ('errors' in setUp) {
      const { errors } = setUp;
      return this.#show(visit, vault, open, {
        errors,
        fields,
        message: visit.texts.wrong.summary,
        code: 400,
      });
    }
    if (!(await this.#accept(vault, open, setUp.secrets))) return this.#ended(visit);
    return sendPage(visit.request.response, this.#donePage(visit, setUp.recoveryCodes));
  }

  /** First the invitation is used up, so that of two who come at once one gets in; then the old goes and the new comes. */
  async #accept(vault: Vault, open: OpenInvitation, secrets: readonly Secret[], label?: string) {
    if (!(await useUp(vault, open, this.#parts.clock))) return false;
    await forgetEarlier(vault, open.user);
    for (const secret of secrets) await vault.put(open.user, secret, label);
    return true;
  }

  async #show(visit: Visit, vault: Vault, { user }: OpenInvitation, shown: Shown = {}): Promise<void> {
    const { texts, request } = visit;
    const { setUp } = texts;
    const has = vault.all(user.metadata.uid).length > 0;
    const body = html`${shown.message !== undefined && alert(shown.message)}
<p>${setUp.choose}</p>
${has && html`<p class="wrong">${setUp.replaces}</p>`}
<h2>${setUp.addPasskey}</h2>
${newPasskeyForm(visit)}
<h2>${setUp.orPassword}</h2>
${passwordForm(visit, vault, user, BOTH, this.#parts.clock, shown)}`;
    const page = this.#page(visit, setUp.welcome(user.spec.displayName), body, true);
    await sendPage(request.response, page, shown.code ?? 200);
  }

  #donePage(visit: Visit, codes: readonly string[]) {
    const { setUp } = visit.texts;
    const account = visit.base.replace(/\/invitation\/[^/]*$/, '');
    const body = html`<p class="done" role="status">${setUp.doneHint}</p>
${recoveryList(visit.texts, codes)}
<p><a href="${account}">${setUp.toAccount}</a></p>`;
    return this.#page(visit, setUp.done, body, false);
  }

  async #ended(visit: Visit): Promise<void> {
    const { setUp } = visit.texts;
    const page = this.#page(visit, setUp.linkEnded, html`<p>${setUp.linkEndedHint}</p>`, false);
    await sendPage(visit.request.response, page, 404);
  }

  #page({ request, texts, base }: Visit, title: string, body: Html, forms: boolean) {
    const { realm } = request;
    const here = forms ? { here: base } : {};
    return pageOf({ realm, texts, title, body, passkeys: forms, formsStay: true, ...here });
  }
}
