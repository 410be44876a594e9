/**
 * The little of XML that S3's documents are made of, and nothing more: elements, attributes, text, comments, CDATA, the five named entities and numbered ones. No DTD, so no
 * entities of a document's own; and bounds on depth, elements and names. Bytes are UTF-8. Throws MalformedXML, which says where.
 */
import { S3Error } from '../errors.ts';

export const XML_DEPTH_MAX = 16;
/** 10,000 parts of an upload have six each. */
export const XML_ELEMENTS_MAX = 100_000;
export const XML_NAME_CHARACTERS_MAX = 128;
export const XML_ATTRIBUTES_MAX = 8;

export interface XmlElement {
  /** Without a prefix: S3 has one namespace. */
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Of an element without children. */
  readonly text: string;
}

interface Open {
  readonly name: string;
  readonly written: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
const DECLARATION = /^<\?xml\s[^?<>]{0,200}\?>/;
const ENCODING = /encoding\s*=\s*["']([^"']*)["']/;
const START = /<([A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?)/y;
const ATTRIBUTE = /\s+([A-Za-z_][\w.:-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const START_END = /\s*(\/?)>/y;
const FINISH = /<\/([\w.:-]+)\s*>/y;
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

export function parseXml(bytes: Uint8Array): XmlElement {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw new S3Error('MalformedXML', 'the XML is not UTF-8');
  }
  return new Parser(text).document();
}

class Parser {
  readonly #text: string;
  readonly #open: Open[] = [];
  #at = 0;
  #elements = 0;
  #root: XmlElement | undefined;

  constructor(text: string) {
    this.#text = text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text;
  }

  document(): XmlElement {
    const declaration = DECLARATION.exec(this.#text)?.[0] ?? '';
    const encoding = ENCODING.exec(declaration)?.[1] ?? 'utf-8';
    if (encoding.toLowerCase() !== 'utf-8') throw this.#wrong('its encoding is UTF-8');
    this.#at = declaration.length;
    while (this.#at < this.#text.length) this.#next();
    if (this.#open.length > 0) throw this.#wrong(`it ends within ${this.#open.at(-1)?.name}`);
    if (!this.#root) throw this.#wrong('it is empty');
    return this.#root;
  }

  #next(): void {
    const tag = this.#text.indexOf('<', this.#at);
    const end = tag < 0 ? this.#text.length : tag;
    if (end > this.#at)
      this.#characters(
        unescaped(this.#text.slice(this.#at, end), () => this.#wrong('& begins no entity that there is')),
      );
    this.#at = end;
    if (tag < 0) return;
    const second = this.#text[tag + 1];
    if (second === '/') this.#finish();
    else if (second === '!') this.#declared();
    else if (second === '?') throw this.#wrong('processing instructions are not taken');
    else this.#start();
  }

  #declared(): void {
    if (this.#text.startsWith('<!--', this.#at)) this.#skip('<!--', '-->');
    else if (this.#text.startsWith('<![CDATA[', this.#at)) this.#characters(this.#skip('<![CDATA[', ']]>'));
    else throw this.#wrong('a DTD is not taken');
  }

  #skip(begin: string, end: string): string {
    const from = this.#at + begin.length;
    const to = this.#text.indexOf(end, from);
    if (to < 0) throw this.#wrong(`${begin} has no end`);
    this.#at = to + end.length;
    return this.#text.slice(from, to);
  }

  #characters(text: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for; numbered entities are how a key may have them.
    if (/[\x00]/.test(text)) throw this.#wrong('NUL is not taken');
    const element = this.#open.at(-1);
    if (element) element.text += text;
    else if (text.trim() !== '') throw this.#wrong('there is text outside of the root element');
  }

  #start(): void {
    const written = this.#match(START)?.[1];
    if (written === undefined || written.length > XML_NAME_CHARACTERS_MAX)
      throw this.#wrong('< begins no element that there can be');
    const attributes = this.#attributes();
    const end = this.#match(START_END);
    if (!end) throw this.#wrong(`the element ${written} has no >`);
    if (this.#root) throw this.#wrong('there is one root element');
    if (++this.#elements > XML_ELEMENTS_MAX)
      throw this.#wrong(`there are at most ${XML_ELEMENTS_MAX} elements`);
    if (this.#open.length === XML_DEPTH_MAX)
      throw this.#wrong(`it is at most ${XML_DEPTH_MAX} elements deep`);
    this.#open.push({ name: localName(written), written, attributes, children: [], text: '' });
    if (end[1] === '/') this.#close();
  }

  #attributes(): Map<string, string> {
    const attributes = new Map<string, string>();
    for (let found = this.#match(ATTRIBUTE); found; found = this.#match(ATTRIBUTE)) {
      const [, name = '', double, single] = found;
      if (attributes.has(name)) throw this.#wrong(`the attribute ${name} is there twice`);
      if (attributes.size === XML_ATTRIBUTES_MAX)
        throw this.#wrong(`there are at most ${XML_ATTRIBUTES_MAX} attributes`);
      attributes.set(
        name,
        unescaped(double ?? single ?? '', () => this.#wrong('& begins no entity that there is')),
      );
    }
    return attributes;
  }

  #finish(): void {
    const name = this.#match(FINISH)?.[1];
    const open = this.#open.at(-1);
    if (name === undefined || name !== open?.written)
      throw this.#wrong(`</ ends no element that is open${open ? `; ${open.name} is` : ''}`);
    this.#close();
  }

  #close(): void {
    const closed = this.#open.pop();
    if (!closed) return;
    const { name, attributes, children, text } = closed;
    if (children.length > 0 && text.trim() !== '') throw this.#wrong(`${name} has elements and text`);
    const element = { name, attributes, children, text: children.length > 0 ? '' : text };
    const parent = this.#open.at(-1);
    if (parent) parent.children.push(element);
    else this.#root = element;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found) this.#at = pattern.lastIndex;
    return found;
  }

  #wrong(message: string): S3Error {
    const line = this.#text.slice(0, this.#at).split('\n').length;
    return new S3Error('MalformedXML', `the XML is not well-formed: ${message} (line ${line})`);
  }
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function unescaped(text: string, wrong: () => S3Error): string {
  if (!text.includes('&')) return text;
  return text.replaceAll(/&([^;&]{0,10};?)/g, (_, reference: string) => {
    const found = character(reference);
    if (found === undefined) throw wrong();
    return found;
  });
}

/** `amp;`, `#65;`, `#x41;`. Also characters that XML 1.0 has not: a key may have them, and there is no other way to name it. */
function character(reference: string): string | undefined {
  if (!reference.endsWith(';')) return undefined;
  const name = reference.slice(0, -1);
  if (Object.hasOwn(NAMED, name)) return NAMED[name];
  const digits = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(name);
  if (!digits) return undefined;
  const code = digits[1] === undefined ? Number(digits[2]) : Number.parseInt(digits[1], 16);
  if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
  return String.fromCodePoint(code);
}
