/**
 * SPDX licence expressions (SPDX 2.3, annex D), as far as a policy needs them: `OR` leaves a choice, `AND` demands both, `WITH` belongs to its
 * licence. A text that is no expression stands for itself, as one licence of that name. Pure.
 */

export type Licence =
  | { readonly id: string }
  | { readonly all: readonly Licence[] }
  | { readonly any: readonly Licence[] };

const NESTING_MAX = 32;
const TOKEN = /\s*(\(|\)|[A-Za-z0-9.+:-]+)\s*/y;

export function expressionOf(text: string): Licence {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const token = TOKEN.exec(text)?.[1];
    if (token === undefined) return { id: text };
    tokens.push(token);
  }
  const parser = new Parser(tokens);
  const licence = parser.any(0);
  return licence !== undefined && parser.isAtEnd ? licence : { id: text };
}

/** Whether there is a way to take it under licences that `isFine` takes. */
export function holds(licence: Licence, isFine: (id: string) => boolean): boolean {
  if ('id' in licence) return isFine(licence.id) || isFine(licence.id.split(' WITH ')[0] ?? '');
  return 'all' in licence
    ? licence.all.every((one) => holds(one, isFine))
    : licence.any.some((one) => holds(one, isFine));
}

const WORDS: readonly (string | undefined)[] = ['OR', 'AND', 'WITH', '(', ')', undefined];

class Parser {
  readonly #tokens: readonly string[];
  #next = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.#next === this.#tokens.length;
  }

  any(nesting: number): Licence | undefined {
    return this.#chain(
      'OR',
      () =>
        this.#chain(
          'AND',
          () => this.#one(nesting),
          (all) => ({ all }),
        ),
      (any) => ({ any }),
    );
  }

  #chain(
    word: string,
    part: () => Licence | undefined,
    join: (parts: readonly Licence[]) => Licence,
  ): Licence | undefined {
    const parts: Licence[] = [];
    do {
      const one = part();
      if (one === undefined) return undefined;
      parts.push(one);
    } while (this.#take(word));
    return parts.length === 1 ? parts[0] : join(parts);
  }

  #one(nesting: number): Licence | undefined {
    if (nesting > NESTING_MAX) return undefined;
    if (this.#take('(')) {
      const inner = this.any(nesting + 1);
      return this.#take(')') ? inner : undefined;
    }
    const id = this.#tokens[this.#next];
    if (id === undefined || WORDS.includes(id)) return undefined;
    this.#next++;
    if (!this.#take('WITH')) return { id };
    const exception = this.#tokens[this.#next++];
    return exception === undefined || WORDS.includes(exception)
      ? undefined
      : { id: `${id} WITH ${exception}` };
  }

  #take(word: string): boolean {
    if (this.#tokens[this.#next] !== word) return false;
    this.#next++;
    return true;
  }
}
