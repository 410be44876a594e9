/** XML of answers. */

export const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** Text, a number, a boolean, more elements; `undefined` for none at all. */
export type Content = string | number | boolean | undefined | Xml | readonly (Xml | undefined)[];

/** Text that is XML already: put together by hand where there are thousands of one kind in an answer. */
export class Xml {
  readonly xml: string;

  constructor(xml: string) {
    this.xml = xml;
  }
}

export function element(name: string, content: Content, attributes = ''): Xml | undefined {
  if (content === undefined) return undefined;
  return new Xml(`<${name}${attributes}>${inner(content)}</${name}>`);
}

/** A whole answer. */
export function document(root: string, content: Content): string {
  return `${DECLARATION}<${root} xmlns="${NAMESPACE}">${content === undefined ? '' : inner(content)}</${root}>`;
}

/** Errors have no namespace. */
export function plainDocument(root: string, content: readonly (Xml | undefined)[]): string {
  return `${DECLARATION}<${root}>${inner(content)}</${root}>`;
}

function inner(content: Exclude<Content, undefined>): string {
  if (content instanceof Xml) return content.xml;
  if (typeof content !== 'object') return escapeXml(String(content));
  let text = '';
  for (const part of content) if (part) text += part.xml;
  return text;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped.
const SPECIAL = /[&<>"'\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]/g;

// Nearly all text that there is.
const PLAIN = /^[ !#-%(-;=?-~]*$/;

/** What XML 1.0 has no characters for, as numbers: clients that list such keys ask for `encoding-type=url`. A carriage return would come back as a newline. */
export function escapeXml(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .toWellFormed()
    .replaceAll(
      SPECIAL,
      (special) => ESCAPES[special] ?? `&#x${special.charCodeAt(0).toString(16).toUpperCase()};`,
    );
}
