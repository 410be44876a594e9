/**
 * Label selectors, equality- and set-based: `app=web,tier in (a,b),!canary`. Pure.
 */
import { badRequest } from '../errors.ts';
import { SELECTOR_LENGTH_MAX, SELECTOR_REQUIREMENTS_MAX } from './limits.ts';

type Labels = Readonly<Record<string, string>>;

interface Requirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
  readonly values: readonly string[];
}

export type LabelSelector = (labels: Labels) => boolean;

const LABEL_KEY =
  /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const TOKEN = /\s*(==|!=|[(),=!<>]|[^\s(),=!<>]+)\s*/y;

/** Parses `labelSelector`. Undefined when it selects everything; throws 400 when it does not parse. */
export function parseLabelSelector(text: string | null): LabelSelector | undefined {
  if (text === null || text.trim() === '') return undefined;
  if (text.length > SELECTOR_LENGTH_MAX) {
    throw badRequest(`labelSelector is longer than ${SELECTOR_LENGTH_MAX} characters`);
  }
  const requirements = new Parser(text).parse();
  return (labels) => requirements.every((requirement) => matches(requirement, labels));
}

function matches({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'In':
      return value !== undefined && values.includes(value);
    // As in Kubernetes, an object without the label satisfies NotIn and !=.
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Gt':
    case 'Lt': {
      if (value === undefined || !/^-?\d+$/.test(value)) return false;
      const limit = BigInt(values[0] ?? '0');
      return operator === 'Gt' ? BigInt(value) > limit : BigInt(value) < limit;
    }
  }
}

class Parser {
  readonly #tokens: string[] = [];
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < text.length) {
      const match = TOKEN.exec(text);
      if (match?.[1] === undefined) throw this.#error('it does not parse');
      this.#tokens.push(match[1]);
    }
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    for (;;) {
      requirements.push(this.#requirement());
      if (requirements.length > SELECTOR_REQUIREMENTS_MAX) {
        throw this.#error(`more than ${SELECTOR_REQUIREMENTS_MAX} requirements`);
      }
      const next = this.#take();
      if (next === undefined) return requirements;
      if (next !== ',') throw this.#error(`expected "," before "${next}"`);
    }
  }

  #requirement(): Requirement {
    if (this.#peek() === '!') {
      this.#take();
      return { key: this.#key(), operator: 'DoesNotExist', values: [] };
    }
    const key = this.#key();
    const operator = this.#peek();
    switch (operator) {
      case undefined:
      case ',':
        return { key, operator: 'Exists', values: [] };
      case '=':
      case '==':
        this.#take();
        return { key, operator: 'In', values: [this.#value()] };
      case '!=':
        this.#take();
        return { key, operator: 'NotIn', values: [this.#value()] };
      case '<':
      case '>': {
        this.#take();
        const value = this.#value();
        if (!/^-?\d+$/.test(value)) throw this.#error(`"${value}" after ${operator} is not a whole number`);
        return { key, operator: operator === '>' ? 'Gt' : 'Lt', values: [value] };
      }
      case 'in':
      case 'notin':
        this.#take();
        return { key, operator: operator === 'in' ? 'In' : 'NotIn', values: this.#values() };
      default:
        throw this.#error(`"${operator}" is no operator; use =, ==, !=, in, notin, <, >, or the key alone`);
    }
  }

  #values(): string[] {
    if (this.#take() !== '(') throw this.#error('expected "(" after in or notin');
    const values: string[] = [];
    for (;;) {
      values.push(this.#value());
      if (values.length > SELECTOR_REQUIREMENTS_MAX) throw this.#error('too many values');
      const next = this.#take();
      if (next === ')') return values;
      if (next !== ',') throw this.#error('expected "," or ")" in a list of values');
    }
  }

  #key(): string {
    const key = this.#take() ?? '';
    if (!LABEL_KEY.test(key)) throw this.#error(`"${key}" is not a label key`);
    return key;
  }

  /** A value may be absent (`key=`), which means the empty string. */
  #value(): string {
    const next = this.#peek();
    if (next === undefined || next === ',' || next === ')') return '';
    this.#take();
    if (!LABEL_VALUE.test(next) && !/^-?\d+$/.test(next)) {
      throw this.#error(`"${next}" is not a label value`);
    }
    return next;
  }

  #peek(): string | undefined {
    return this.#tokens[this.#position];
  }

  #take(): string | undefined {
    return this.#tokens[this.#position++];
  }

  #error(what: string) {
    return badRequest(
      `labelSelector "${this.#text.slice(0, 200)}": ${what}; right would be, for example, app=web,tier in (a,b),!canary`,
    );
  }
}
