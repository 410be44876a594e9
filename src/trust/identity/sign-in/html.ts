/**
 * HTML by tagged templates: whatever is put in is escaped unless it is Html itself, so that forgetting to escape is not possible. Attribute
 * values are always written in double quotes; names of elements and attributes never come from outside.
 */

/** A piece of a page that is safe to put into another. Made by `html` only. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Part = Html | string | number | undefined | false | readonly Part[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it stands in an element or in a quoted attribute. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (one) => ESCAPES[one] ?? '');

function rendered(part: Part): string {
  if (part === undefined || part === false) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'string') return escapeHtml(part);
  if (typeof part === 'number') return String(part);
  return part.map(rendered).join('');
}

/** Nothing is written for `undefined` and `false`; lists are written one after the other. */
export function html(literals: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let text = literals[0] ?? '';
  parts.forEach((part, index) => {
    text += rendered(part) + (literals[index + 1] ?? '');
  });
  return new Html(text);
}
