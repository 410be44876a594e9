/**
 * Choosing what to sign in with: a new passkey, a password, an authenticator app. The forms and what they must hold; the invitation and the
 * account page decide what becomes of it. The key of an authenticator app that was shown and not yet confirmed travels in the form, sealed
 * for this person and this browser.
 */
import type { Clock } from '#kernel/clock.ts';
import type { UserObject } from '../people/user.ts';
import { field, form, hidden, passkeyForm } from './forms.ts';
import { type Html, html } from './html.ts';
import {
  grouped,
  newRecoveryCodes,
  newTotpSecret,
  normalCode,
  recoveryDigest,
  totpAddress,
  totpStep,
} from './one-time-codes.ts';
import { realmTitle } from './page.ts';
import type { Purpose } from './passkeys.ts';
import { PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN, type Passwords, passwordProblem } from './passwords.ts';
import type { Visit } from './sign-in-flow.ts';
import type { Texts } from './texts.ts';
import type { Secret, Vault } from './vault.ts';

const CODE_LENGTH_MAX = 16;
const LABEL_LENGTH_MAX = 64;
/** How long a key that is shown may be confirmed. */
const PENDING_LIFE_MS = 15 * 60_000;

/** What a form sets. */
export interface Wanted {
  readonly password: boolean;
  readonly app: boolean;
}

export type FieldErrors = Readonly<Partial<Record<'password' | 'repeat' | 'code', string>>>;

export const registration = (visit: Visit, user: UserObject): Purpose => ({
  browser: visit.browser.id,
  use: `register ${user.metadata.uid}`,
});

export function newPasskeyForm(visit: Visit): Html {
  const { texts, base, token, rp } = visit;
  const { setUp, wrong } = texts;
  return passkeyForm(texts, {
    action: `${base}/passkey`,
    options: `${base}/passkey/options`,
    token,
    does: 'create',
    button: setUp.savePasskey,
    hint: setUp.passkeyHint,
    unavailable: rp === undefined ? wrong.passkeyNeedsName : undefined,
    fields: html`<label for="label">${setUp.label}</label>
<p class="hint" id="label-hint">${setUp.labelHint}</p>
<input id="label" name="label" maxlength="${LABEL_LENGTH_MAX}" autocomplete="off" aria-describedby="label-hint">`,
  });
}

interface Pending {
  readonly secret: string;
  readonly until_ms: number;
}

const pendingPurpose = (visit: Visit, user: UserObject) => `app/${user.metadata.uid}/${visit.browser.id}`;

/** The key that a form brought back, or a new one. */
function pendingOf(visit: Visit, vault: Vault, user: UserObject, sealed: string, clock: Pick<Clock, 'now'>) {
  const purpose = pendingPurpose(visit, user);
  const known = vault.openNote(purpose, sealed) as Pending | undefined;
  if (known !== undefined && clock.now() < known.until_ms) return { secret: known.secret, sealed };
  const pending: Pending = { secret: newTotpSecret(), until_ms: clock.now() + PENDING_LIFE_MS };
  return { secret: pending.secret, sealed: vault.sealNote(purpose, pending) };
}

/** The form; with `fields`, as it was sent, to be corrected. Passwords are never written back. */
export function passwordForm(
  visit: Visit,
  vault: Vault,
  user: UserObject,
  wanted: Wanted,
  clock: Pick<Clock, 'now'>,
  sent: { readonly fields?: ReadonlyMap<string, string>; readonly errors?: FieldErrors } = {},
): Html {
  const { texts, base, token, request } = visit;
  const { setUp } = texts;
  const { errors = {} } = sent;
  const { name } = user.metadata;
  const passwords = wanted.password && [
    // Password managers look for whose password it is.
    html`<input type="text" name="username" value="${name}" autocomplete="username" hidden>`,
    field({
      name: 'password',
      label: setUp.newPassword,
      type: 'password',
      hint: setUp.newPasswordHint(PASSWORD_LENGTH_MIN),
      error: errors.password,
      autocomplete: 'new-password',
      length_max: PASSWORD_LENGTH_MAX,
      focus: errors.password !== undefined,
    }),
    field({
      name: 'repeat',
      label: setUp.repeatPassword,
      type: 'password',
      error: errors.repeat,
      autocomplete: 'new-password',
      length_max: PASSWORD_LENGTH_MAX,
      focus: errors.repeat !== undefined,
    }),
  ];
  const app = wanted.app && appFields(texts);
  return form(
    `${base}/${actionOf(wanted)}`,
    token,
    passwords,
    app,
    html`<button type="submit">${setUp.save}</button>`,
  );

  function appFields({ setUp: said }: Texts): Html {
    const { secret, sealed } = pendingOf(visit, vault, user, sent.fields?.get('pending') ?? '', clock);
    const address = totpAddress(secret, `Casemate ${realmTitle(request.realm, texts)}`, name);
    return html`${hidden('pending', sealed)}
<p class="hint">${said.authenticatorHint}</p>
<p class="secret" data-secret>${grouped(secret)}</p>
<p><a href="${address}">${said.openApp}</a></p>
${field({
  name: 'code',
  label: said.codeShown,
  error: errors.code,
  autocomplete: 'one-time-code',
  inputmode: 'numeric',
  length_max: CODE_LENGTH_MAX,
  focus: errors.code !== undefined,
})}`;
  }
}

/** Below the page's path, where a form leads. */
export const actionOf = ({ password, app }: Wanted): string =>
  password && app ? 'password-and-app' : password ? 'password' : 'app';

export type SetUp =
  | { readonly errors: FieldErrors }
  | { readonly secrets: readonly Secret[]; readonly recoveryCodes: readonly string[] };

/** What a form that was sent sets; or what is wrong with it, in the language of the page. Throws `unavailable` when many hash. */
export async function readSetUp(
  visit: Visit,
  vault: Vault,
  user: UserObject,
  wanted: Wanted,
  fields: ReadonlyMap<string, string>,
  { clock, passwords }: { readonly clock: Pick<Clock, 'now'>; readonly passwords: Passwords },
): Promise<SetUp> {
  const { wrong } = visit.texts;
  const errors: { -readonly [Name in keyof FieldErrors]: FieldErrors[Name] } = {};
  const secrets: Secret[] = [];
  const password = fields.get('password') ?? '';
  if (wanted.password) {
    const { displayName, email } = user.spec;
    const words = [user.metadata.name, ...displayName.split(/\s+/), ...(email?.split('@') ?? [])];
    const problem = passwordProblem(password, words);
    if (problem === 'passwordShort') errors.password = wrong.passwordShort(PASSWORD_LENGTH_MIN);
    else if (problem === 'passwordLong') errors.password = wrong.passwordLong(PASSWORD_LENGTH_MAX);
    else if (problem === 'passwordPlain') errors.password = wrong.passwordPlain;
    else if (password !== fields.get('repeat')) errors.repeat = wrong.passwordDiffers;
  }
  if (wanted.app) {
    const pending = vault.openNote(pendingPurpose(visit, user), fields.get('pending') ?? '') as
      | Pending
      | undefined;
    const code = normalCode(fields.get('code') ?? '');
    const now_ms = clock.now();
    const step = pending && now_ms < pending.until_ms ? totpStep(pending.secret, code, now_ms, 0) : undefined;
    if (!pending || step === undefined) errors.code = wrong.code;
    else secrets.push({ type: 'totp', secret: pending.secret, lastStep: step });
  }
  if (Object.keys(errors).length > 0) return { errors };
  if (wanted.password) secrets.push({ type: 'password', hash: await passwords.hash(password) });
  const recovery = wanted.app ? recoverySet(user) : undefined;
  return {
    secrets: recovery ? [...secrets, recovery.secret] : secrets,
    recoveryCodes: recovery?.codes ?? [],
  };
}

/** Ten new codes, and what is kept of them. */
export function recoverySet(user: UserObject): {
  readonly codes: readonly string[];
  readonly secret: Secret;
} {
  const codes = newRecoveryCodes();
  const digests = codes.map((code) => recoveryDigest(user.metadata.uid, code));
  return { codes, secret: { type: 'recovery-codes', digests } };
}

export function recoveryList({ setUp }: Texts, codes: readonly string[]): Html | undefined {
  if (codes.length === 0) return undefined;
  return html`<h2>${setUp.recovery}</h2>
<p>${setUp.recoveryHint}</p>
<ol class="codes" data-recovery-codes>${codes.map((code) => html`<li>${code}</li>`)}</ol>`;
}
