/** What the account page shows: each thing that somebody signs in with, and what they can do about it. Pure. */
import type { CredentialObject } from '../people/credential.ts';
import type { UserObject } from '../people/user.ts';
import { alert, form, hidden, notice } from './forms.ts';
import { type Html, html } from './html.ts';
import { newPasskeyForm, recoveryList } from './set-up.ts';
import type { Visit } from './sign-in-flow.ts';
import type { Texts } from './texts.ts';

export interface AccountShown {
  readonly message?: string;
  readonly done?: string;
  readonly recoveryCodes?: readonly string[];
}

/** The day, which reads the same in every language: 2026-03-01. */
const dayOf = (time: string): string => time.slice(0, 10);

function passkeyRow({ texts, base, token }: Visit, { metadata, spec }: CredentialObject): Html {
  const { account } = texts;
  const label = spec.label ?? account.unnamed;
  const used = spec.lastUsedAt === undefined ? [] : [account.used(dayOf(spec.lastUsedAt))];
  const dates = [account.added(dayOf(metadata.creationTimestamp)), ...used].join(', ');
  return html`<li><div><p>${label}</p><p class="soft">${dates}</p></div>
${form(
  `${base}/remove`,
  token,
  hidden('credential', metadata.uid),
  html`<button class="plain small" type="submit" aria-label="${account.removeWhat(label)}">${account.remove}</button>`,
)}</li>`;
}

function passwordPart({ texts, base, token }: Visit, isSet: boolean, left: number): Html {
  const { account, setUp } = texts;
  if (!isSet) {
    return html`<p>${account.passwordNotSet}</p>
<p><a href="${base}/password-and-app">${setUp.setPassword}</a></p>`;
  }
  return html`<p>${account.passwordSet}</p>
<p><a href="${base}/password">${setUp.changePassword}</a></p>
<p><a href="${base}/app">${setUp.changeAuthenticator}</a></p>
${form(
  `${base}/remove`,
  token,
  hidden('credential', 'password'),
  html`<button class="plain" type="submit">${account.removePassword}</button>`,
)}
<h2>${account.recovery}</h2>
<p>${account.recoveryLeft(left)}</p>
${form(
  `${base}/recovery-codes`,
  token,
  html`<button class="plain" type="submit">${account.newRecovery}</button>`,
)}`;
}

export function accountBody(
  visit: Visit,
  user: UserObject,
  credentials: readonly CredentialObject[],
  shown: AccountShown,
): Html {
  const { texts, base, token } = visit;
  const { account, setUp } = texts;
  const passkeys = credentials.filter(({ spec }) => spec.type === 'passkey');
  const left = credentials.find(({ spec }) => spec.type === 'recovery-codes')?.spec.left ?? 0;
  return html`${shown.message !== undefined && alert(shown.message)}${shown.done !== undefined && notice(shown.done)}
${recoveryList(texts, shown.recoveryCodes ?? [])}
<p>${user.spec.displayName} (${user.metadata.name})</p>
<h2>${account.passkeys}</h2>
${
  passkeys.length === 0
    ? html`<p>${account.noPasskeys}</p>`
    : html`<ul class="rows">${passkeys.map((one) => passkeyRow(visit, one))}</ul>`
}
<h2>${setUp.addPasskey}</h2>
${newPasskeyForm(visit)}
<h2>${account.password}</h2>
${passwordPart(visit, hasPassword(credentials), left)}
${form(`${base}/leave`, token, html`<button type="submit">${account.signOut}</button>`)}`;
}

/** A link back, under a form of its own page. */
export const backLink = ({ account }: Texts, base: string): Html =>
  html`<p><a href="${base}">${account.back}</a></p>`;

/** A password counts only with an app beside it. */
export const hasPassword = (credentials: readonly CredentialObject[]): boolean =>
  ['password', 'totp'].every((type) => credentials.some(({ spec }) => spec.type === type));

/** Whether somebody with these credentials can still sign in. */
export const hasWayIn = (credentials: readonly CredentialObject[]): boolean =>
  hasPassword(credentials) || credentials.some(({ spec }) => spec.type === 'passkey');
