/** The parts that forms are made of. Every field has a label, and its error is tied to it (WCAG 2.2, 1.3.1, 3.3.1, 3.3.2). */
import { type Html, html, type Part } from './html.ts';
import type { Texts } from './texts.ts';

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly type?: 'text' | 'password';
  readonly value?: string;
  readonly hint?: string;
  readonly error?: string | undefined;
  readonly autocomplete: string;
  readonly inputmode?: 'numeric' | 'text';
  readonly length_max: number;
  /** Where the keyboard begins. */
  readonly focus?: boolean;
  /** Part of ids, where a page has the same field twice. */
  readonly in?: string;
}

export function field(one: Field): Html {
  const id = `${one.in ?? ''}${one.name}`;
  const described = [one.error && `${id}-error`, one.hint && `${id}-hint`].filter(Boolean).join(' ');
  return html`<label for="${id}">${one.label}</label>
${one.hint && html`<p class="hint" id="${id}-hint">${one.hint}</p>`}
${one.error && html`<p class="wrong" id="${id}-error">${one.error}</p>`}
<input id="${id}" name="${one.name}" type="${one.type ?? 'text'}" value="${one.value ?? ''}" maxlength="${
    one.length_max
  }" autocomplete="${one.autocomplete}" autocapitalize="none" spellcheck="false" required${
    one.inputmode && html` inputmode="${one.inputmode}"`
  }${described !== '' && html` aria-describedby="${described}"`}${
    one.error && html` aria-invalid="true"`
  }${one.focus && html` autofocus`}>`;
}

export const hidden = (name: string, value: string): Html =>
  html`<input type="hidden" name="${name}" value="${value}">`;

/** A form by POST. `token` is the browser's token for `base`. */
export const form = (action: string, token: string, ...content: readonly Part[]): Html =>
  html`<form method="post" action="${action}">${hidden('csrf', token)}
${content}</form>`;

/** What went wrong, said at once to those who cannot see it. */
export const alert = (message: string): Html => html`<p class="wrong" role="alert">${message}</p>`;

export const notice = (message: string): Html => html`<p class="done" role="status">${message}</p>`;

export interface PasskeyFormOptions {
  readonly action: string;
  readonly options: string;
  readonly token: string;
  readonly does: 'create' | 'get';
  readonly button: string;
  readonly hint: string;
  readonly fields?: Part;
  /** Why this address cannot have passkeys. */
  readonly unavailable?: string | undefined;
}

/** The form that the script completes; without the script it stays hidden, and a sentence says why. */
export function passkeyForm(texts: Texts, options: PasskeyFormOptions): Html {
  const { wrong } = texts;
  if (options.unavailable !== undefined) return html`<p class="soft">${options.unavailable}</p>`;
  return html`<form method="post" action="${options.action}" data-passkey="${options.does}" data-options="${
    options.options
  }" data-failed="${wrong.passkeyFailed}" data-known="${wrong.passkeyKnown}" data-unsupported="${
    wrong.passkeyUnsupported
  }" hidden>${hidden('csrf', options.token)}${hidden('passkey', '')}
${options.fields}
<button class="wide" type="submit">${options.button}</button>
<p class="hint">${options.hint}</p>
<p class="wrong" data-problem role="alert" hidden></p></form>
<p class="soft" data-without-script>${wrong.passkeyNeedsScript}</p>`;
}
