/** The pages that the OpenID Provider shows by itself, in the same frame and the same languages. None has a script. */
import type { Page, PageRequest, ProviderForm, ProviderPages } from '../sign-in.ts';
import { alert } from './forms.ts';
import { Html, html, type Part } from './html.ts';
import { languageOf, textsOf } from './languages.ts';
import { pageOf } from './page.ts';
import type { Texts } from './texts.ts';

const USER_CODE_LENGTH_MAX = 32;

function pageFor(
  { realm, incoming }: PageRequest,
  draw: (texts: Texts) => { title: string; body: Html },
): Page {
  const texts = textsOf(languageOf(incoming));
  return pageOf({ realm, texts, ...draw(texts) });
}

/** Controls below a form of the provider's; they belong to it by their `form` attribute. */
const withForm = (form: ProviderForm, ...controls: readonly Part[]): Html =>
  html`${new Html(form.html)}
${controls}`;

const button = (form: ProviderForm, name: string, label: string, style = ''): Html =>
  html`<button form="${form.id}" class="${style}" type="submit" name="${name}" value="yes">${label}</button> `;

export const providerPages: ProviderPages = {
  askUserCode: (request, form, { code, wrong }) =>
    pageFor(request, ({ provider }) => ({
      title: provider.deviceTitle,
      body: withForm(
        form,
        wrong && alert(provider.deviceWrong),
        html`<p>${provider.deviceHint}</p>
<label for="user_code">${provider.deviceCode}</label>
<input id="user_code" name="user_code" form="${form.id}" value="${code ?? ''}" maxlength="${USER_CODE_LENGTH_MAX}" autocomplete="off" autocapitalize="characters" spellcheck="false" required${
          wrong && html` aria-invalid="true"`
        }>
<button class="wide" form="${form.id}" type="submit">${provider.next}</button>`,
      ),
    })),
  confirmUserCode: (request, form, { client, code }) =>
    pageFor(request, ({ provider }) => ({
      title: provider.deviceConfirmTitle,
      body: withForm(
        form,
        html`<p>${provider.deviceConfirm(client)}</p>
<p class="secret">${code}</p>`,
        button(form, 'confirm', provider.deviceYes),
        button(form, 'abort', provider.deviceNo, 'plain'),
      ),
    })),
  deviceSignedIn: (request) =>
    pageFor(request, ({ provider }) => ({
      title: provider.deviceDone,
      body: html`<p>${provider.deviceDoneHint}</p>`,
    })),
  askSignOut: (request, form) =>
    pageFor(request, ({ provider }) => ({
      title: provider.signOutTitle,
      body: withForm(form, html`<p>${provider.signOutHint}</p>`, button(form, 'logout', provider.signOutYes)),
    })),
  signedOut: (request) =>
    pageFor(request, ({ provider }) => ({
      title: provider.signedOut,
      body: html`<p>${provider.signedOutHint}</p>`,
    })),
  problem: (request, { error, description }) =>
    pageFor(request, ({ provider }) => ({
      title: provider.problem,
      body: html`<p>${provider.problemHint}</p>
<p class="secret" lang="en">${error}${description !== undefined && `: ${description}`}</p>`,
    })),
};
