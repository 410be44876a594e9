/**
 * Field selectors: `metadata.name=web,status.phase!=Running`, over any scalar field of the kind's schema. Pure.
 */
import { badRequest } from '../errors.ts';
import type { Kind } from '../kind.ts';
import type { Entry } from '../realm.ts';
import { parseFieldPath, schemaHasScalar, valueAt } from './field-path.ts';
import { SELECTOR_LENGTH_MAX, SELECTOR_REQUIREMENTS_MAX } from './limits.ts';

export interface FieldSelector {
  matches(entry: Entry): boolean;
  /** The one name asked for by `metadata.name=x`, so that a list need not look further. */
  readonly name: string | undefined;
  /** The one namespace asked for by `metadata.namespace=x`. */
  readonly namespace: string | undefined;
}

interface Term {
  readonly path: string;
  readonly value: string;
  readonly equal: boolean;
  read(entry: Entry): string;
}

/** Parses `fieldSelector` for a kind. Undefined when it selects everything; throws 400 for unknown fields. */
export function parseFieldSelector(kind: Kind, text: string | null): FieldSelector | undefined {
  if (text === null || text.trim() === '') return undefined;
  if (text.length > SELECTOR_LENGTH_MAX) {
    throw badRequest(`fieldSelector is longer than ${SELECTOR_LENGTH_MAX} characters`);
  }
  const terms = splitTerms(text).map((term) => parseTerm(kind, term));
  if (terms.length > SELECTOR_REQUIREMENTS_MAX) {
    throw badRequest(`fieldSelector has more than ${SELECTOR_REQUIREMENTS_MAX} terms`);
  }
  const only = (path: string) => terms.find((term) => term.equal && term.path === path)?.value;
  return {
    matches: (entry) => terms.every((term) => (term.read(entry) === term.value) === term.equal),
    name: only('metadata.name'),
    namespace: only('metadata.namespace'),
  };
}

/** Splits at commas that are not escaped with a backslash, and unescapes `\,`, `\=` and `\\`. */
function splitTerms(text: string): { path: string; operator: string; value: string }[] {
  return text
    .split(/(?<!\\),/)
    .filter((term) => term.trim() !== '')
    .map((term) => {
      const match = /^\s*([^=!]+?)\s*(!=|==|=)(.*)$/s.exec(term);
      if (!match)
        throw badRequest(`fieldSelector term "${term}" is not of the form path=value or path!=value`);
      return {
        path: match[1] ?? '',
        operator: match[2] ?? '',
        value: (match[3] ?? '').trim().replace(/\\([\\,=])/g, '$1'),
      };
    });
}

function parseTerm(kind: Kind, term: { path: string; operator: string; value: string }): Term {
  const { path, value } = term;
  const equal = term.operator !== '!=';
  if (path === 'metadata.name') return { path, value, equal, read: (entry) => entry.name };
  if (path === 'metadata.namespace') return { path, value, equal, read: (entry) => entry.namespace ?? '' };
  const steps = parseFieldPath(path);
  const known =
    steps !== undefined &&
    (path === 'metadata.uid' || (steps[0] !== 'metadata' && schemaHasScalar(kind.body, steps)));
  if (!known) {
    throw badRequest(
      `fieldSelector: "${path}" is no field of ${kind.kind} that can be selected on; metadata.name, metadata.namespace, ` +
        `metadata.uid and the scalar fields that \`kubectl explain ${kind.plural}\` shows can`,
    );
  }
  return {
    path,
    value,
    equal,
    read: (entry) => {
      const found = valueAt(entry.object(), steps);
      return found === undefined || found === null || typeof found === 'object' ? '' : String(found);
    },
  };
}
