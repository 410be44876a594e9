/**
 * Filters of RFC 7644 (3.4.2.2): parsed within bounds, evaluated against a resource. Our own, because the library's parser makes objects
 * with whatever names a filter holds, `__proto__` among them, and joins alternatives by multiplying them out. Pure.
 */
import { FILTER_DEPTH_MAX, FILTER_LENGTH_MAX, FILTER_TERMS_MAX } from './limits.ts';
import type { AttributeNames } from './schemas.ts';
import { ScimError } from './scim-error.ts';

type Literal = string | number | boolean | null;
const OPERATORS = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'lt', 'ge', 'le'] as const;
type Operator = (typeof OPERATORS)[number];

export type Filter =
  | { readonly type: 'and' | 'or'; readonly left: Filter; readonly right: Filter }
  | { readonly type: 'not'; readonly of: Filter }
  | { readonly type: 'present'; readonly path: Path }
  | { readonly type: 'compare'; readonly path: Path; readonly operator: Operator; readonly value: Literal }
  /** `emails[type eq "work"]`: one and the same value has it all. */
  | { readonly type: 'value'; readonly attribute: string; readonly of: Filter };

/** In lower case. */
interface Path {
  readonly attribute: string;
  readonly sub?: string;
}

/** RFC 7643 (3.1) declares these caseExact. */
const CASE_EXACT: ReadonlySet<string> = new Set(['id', 'externalid']);

const refuse = (why: string) => new ScimError(400, 'invalidFilter', `filter: ${why}`);

const TOKEN = /\s*(?:([()[\]])|("(?:[^"\\]|\\.)*")|([^\s()[\]"]+))/gy;

type Token =
  | { readonly type: 'mark' | 'word'; readonly text: string }
  | { readonly type: 'text'; readonly text: string };

function tokensOf(text: string): Token[] {
  if (text.length > FILTER_LENGTH_MAX) throw refuse(`at most ${FILTER_LENGTH_MAX} characters`);
  const tokens: Token[] = [];
  const trimmed = text.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < trimmed.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(trimmed);
    if (!match) throw refuse(`cannot be read from character ${at} on`);
    const [, mark, quoted, word = ''] = match;
    if (mark !== undefined) tokens.push({ type: 'mark', text: mark });
    else if (quoted !== undefined) tokens.push({ type: 'text', text: unquoted(quoted) });
    else tokens.push({ type: 'word', text: word });
  }
  return tokens;
}

function unquoted(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    throw refuse(`${quoted.slice(0, 64)} is no text in JSON’s form`);
  }
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #names: AttributeNames;
  readonly #schema: string;
  #at = 0;
  #terms = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], names: AttributeNames, schema: string) {
    this.#tokens = tokens;
    this.#names = names;
    this.#schema = `${schema.toLowerCase()}:`;
  }

  parse(): Filter {
    const filter = this.#or(undefined);
    if (this.#at < this.#tokens.length) throw refuse(`"${this.#tokens[this.#at]?.text}" was not expected`);
    return filter;
  }

  #word(word: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.type !== 'word' || token.text.toLowerCase() !== word) return false;
    this.#at += 1;
    return true;
  }

  #mark(mark: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.type !== 'mark' || token.text !== mark) return false;
    this.#at += 1;
    return true;
  }

  #or(within: string | undefined): Filter {
    let left = this.#and(within);
    while (this.#word('or')) left = { type: 'or', left, right: this.#and(within) };
    return left;
  }

  #and(within: string | undefined): Filter {
    let left = this.#one(within);
    while (this.#word('and')) left = { type: 'and', left, right: this.#one(within) };
    return left;
  }

  #one(within: string | undefined): Filter {
    if (this.#word('not')) {
      if (!this.#mark('(')) throw refuse('"not" is followed by brackets');
      return { type: 'not', of: this.#closed(')', within) };
    }
    return this.#mark('(') ? this.#closed(')', within) : this.#term(within);
  }

  #closed(end: string, within: string | undefined): Filter {
    this.#depth += 1;
    if (this.#depth > FILTER_DEPTH_MAX) throw refuse(`at most ${FILTER_DEPTH_MAX} brackets within brackets`);
    const filter = this.#or(within);
    if (!this.#mark(end)) throw refuse(`"${end}" is missing`);
    this.#depth -= 1;
    return filter;
  }

  #term(within: string | undefined): Filter {
    this.#terms += 1;
    if (this.#terms > FILTER_TERMS_MAX) throw refuse(`at most ${FILTER_TERMS_MAX} comparisons`);
    const token = this.#tokens[this.#at];
    if (token?.type !== 'word') throw refuse('an attribute was expected');
    this.#at += 1;
    const path = this.#path(token.text, within);
    if (within === undefined && path.sub === undefined && this.#mark('[')) {
      return { type: 'value', attribute: path.attribute, of: this.#closed(']', path.attribute) };
    }
    if (this.#word('pr')) return { type: 'present', path };
    const operator = OPERATORS.find((one) => this.#word(one));
    if (!operator) throw refuse(`after "${token.text}": one of ${OPERATORS.join(', ')}, pr`);
    return { type: 'compare', path, operator, value: this.#literal() };
  }

  #path(text: string, within: string | undefined): Path {
    const name = text.toLowerCase();
    const bare = name.startsWith(this.#schema) ? name.slice(this.#schema.length) : name;
    const [attribute = '', sub, more] = within === undefined ? bare.split('.') : [within, ...bare.split('.')];
    const subs = this.#names.get(attribute);
    if (subs === undefined || more !== undefined || (sub !== undefined && !subs.includes(sub))) {
      throw refuse(`there is no attribute "${text.slice(0, 64)}" here; see /Schemas`);
    }
    return sub === undefined ? { attribute } : { attribute, sub };
  }

  #literal(): Literal {
    const token = this.#tokens[this.#at];
    this.#at += 1;
    if (token?.type === 'text') return token.text;
    if (token?.type !== 'word') throw refuse('a value was expected');
    const { text } = token;
    if (text === 'true' || text === 'false') return text === 'true';
    if (text === 'null') return null;
    if (/^-?\d{1,15}(\.\d{1,15})?$/.test(text)) return Number(text);
    throw refuse(`"${text.slice(0, 64)}" is no value; texts stand in double quotes`);
  }
}

/** Throws ScimError `invalidFilter`; `names` are the attributes that there are. */
export function parseFilter(text: string, names: AttributeNames, schema: string): Filter {
  return new Parser(tokensOf(text), names, schema).parse();
}

/** Own properties only, whatever their case. */
function own(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([key]) => key.toLowerCase() === name)?.[1];
}

const listOf = (value: unknown): readonly unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** All values at a path: of an attribute with several, or of a complex one without `sub`, its `value`s. */
function valuesAt(resource: unknown, { attribute, sub }: Path): readonly unknown[] {
  const values = listOf(own(resource, attribute));
  const simple = (value: unknown) =>
    typeof value === 'object' && value !== null ? own(value, 'value') : value;
  return values
    .map((value) => (sub === undefined ? simple(value) : own(value, sub)))
    .filter((value) => value !== undefined);
}

function compares(value: unknown, operator: Operator, wanted: Literal, caseExact: boolean): boolean {
  if (typeof value === 'boolean') {
    const isEqual = String(value) === String(wanted).toLowerCase();
    return operator === 'eq' ? isEqual : operator === 'ne' && !isEqual;
  }
  if (typeof value !== 'string' || typeof wanted !== 'string') {
    return operator === 'eq' ? value === wanted : operator === 'ne' && value !== wanted;
  }
  const [a, b] = caseExact ? [value, wanted] : [value.toLowerCase(), wanted.toLowerCase()];
  switch (operator) {
    case 'eq':
      return a === b;
    case 'ne':
      return a !== b;
    case 'co':
      return a.includes(b);
    case 'sw':
      return a.startsWith(b);
    case 'ew':
      return a.endsWith(b);
    // Times are written alike, in UTC, so their order is that of the texts.
    case 'gt':
      return a > b;
    case 'lt':
      return a < b;
    case 'ge':
      return a >= b;
    case 'le':
      return a <= b;
  }
}

function comparison(filter: Extract<Filter, { type: 'compare' }>, resource: unknown): boolean {
  const { path, operator, value } = filter;
  const values = valuesAt(resource, path);
  // RFC 7644: what is not there equals null, and differs from everything else.
  if (values.length === 0) return operator === 'eq' ? value === null : operator === 'ne' && value !== null;
  const caseExact = CASE_EXACT.has(path.sub ?? path.attribute);
  if (operator === 'ne') return values.every((one) => compares(one, operator, value, caseExact));
  return values.some((one) => compares(one, operator, value, caseExact));
}

export function matches(filter: Filter, resource: unknown): boolean {
  switch (filter.type) {
    case 'and':
      return matches(filter.left, resource) && matches(filter.right, resource);
    case 'or':
      return matches(filter.left, resource) || matches(filter.right, resource);
    case 'not':
      return !matches(filter.of, resource);
    case 'present':
      return valuesAt(resource, filter.path).length > 0;
    case 'compare':
      return comparison(filter, resource);
    case 'value':
      return listOf(own(resource, filter.attribute)).some((value) =>
        matches(filter.of, { [filter.attribute]: value }),
      );
  }
}

/** The text that a filter of one comparison asks an attribute to equal: lists need not be searched for it. */
export function exactly(filter: Filter, attribute: string): string | undefined {
  if (filter.type !== 'compare' || filter.operator !== 'eq' || filter.path.sub !== undefined)
    return undefined;
  return filter.path.attribute === attribute && typeof filter.value === 'string' ? filter.value : undefined;
}
