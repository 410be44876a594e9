/** Reads a document by names, and refuses what was not asked for: an element that nobody knows must not be taken for one that is kept. */
import { S3Error } from '../errors.ts';
import { parseXml, type XmlElement } from './parse.ts';

export class Reader {
  readonly #element: XmlElement;
  readonly #path: string;
  readonly #read = new Set<string>();

  constructor(element: XmlElement, path = element.name) {
    this.#element = element;
    this.#path = path;
  }

  /** The whole of a document with that root element. `read` takes what it knows; what is left is refused. */
  static document<T>(bytes: Uint8Array, root: string, read: (from: Reader) => T): T {
    const element = parseXml(bytes);
    if (element.name !== root)
      throw new S3Error('MalformedXML', `the root element is ${root}, not ${element.name}`);
    return new Reader(element).#whole(read);
  }

  #whole<T>(read: (from: Reader) => T): T {
    const value = read(this);
    const unknown = this.#element.children.find(({ name }) => !this.#read.has(name));
    if (unknown) throw this.wrong(`${unknown.name} is nothing that this region knows there`);
    return value;
  }

  #named(name: string): readonly XmlElement[] {
    this.#read.add(name);
    return this.#element.children.filter((child) => child.name === name);
  }

  /** Text of the one element of that name, trimmed unless it is a key. */
  text(name: string, { exact = false } = {}): string | undefined {
    const [first, second] = this.#named(name);
    if (second) throw this.wrong(`${name} is there twice`);
    if (!first) return undefined;
    if (first.children.length > 0) throw this.wrong(`${name} is text`);
    return exact ? first.text : first.text.trim();
  }

  required(name: string, options?: { readonly exact: boolean }): string {
    const text = this.text(name, options);
    if (text === undefined || text === '') throw this.wrong(`${name} is missing`);
    return text;
  }

  integer(name: string, bounds: { readonly min: number; readonly max: number }): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= bounds.min && value <= bounds.max))
      throw this.wrong(`${name} is a whole number from ${bounds.min} to ${bounds.max}`);
    return value;
  }

  boolean(name: string): boolean | undefined {
    const text = this.text(name)?.toLowerCase();
    if (text === undefined) return undefined;
    if (text !== 'true' && text !== 'false') throw this.wrong(`${name} is true or false`);
    return text === 'true';
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const found = values.find((value) => value === text);
    if (found === undefined) throw this.wrong(`${name} is one of ${values.join(', ')}`);
    return found;
  }

  texts(name: string, max: number): readonly string[] {
    const found = this.#bounded(name, max);
    return found.map(({ text, children }) => {
      if (children.length > 0) throw this.wrong(`${name} is text`);
      return text.trim();
    });
  }

  one<T>(name: string, read: (from: Reader) => T): T | undefined {
    const [first, second] = this.#named(name);
    if (second) throw this.wrong(`${name} is there twice`);
    return first && new Reader(first, `${this.#path}.${name}`).#whole(read);
  }

  all<T>(name: string, max: number, read: (from: Reader) => T): readonly T[] {
    return this.#bounded(name, max).map((element) =>
      new Reader(element, `${this.#path}.${name}`).#whole(read),
    );
  }

  has(name: string): boolean {
    return this.#named(name).length > 0;
  }

  /** Takes whatever is below as read, unlooked at. */
  ignore(name: string): void {
    this.#read.add(name);
  }

  attribute(name: string): string | undefined {
    return this.#element.attributes.get(name);
  }

  wrong(message: string): S3Error {
    return new S3Error('MalformedXML', `${this.#path}: ${message}`);
  }

  #bounded(name: string, max: number): readonly XmlElement[] {
    const found = this.#named(name);
    if (found.length > max) throw this.wrong(`there are at most ${max} of ${name}`);
    return found;
  }
}
