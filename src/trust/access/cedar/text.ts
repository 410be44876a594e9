/**
 * Cedar's language: terms of roles as policy templates, and the small parts that policies are put together from. Pure text; every name goes
 * through `quoted`, so none can say more than itself.
 */
import { type Terms, verbTrait } from '../traits.ts';

/** A string literal. JSON's escapes are not all Cedar's: whatever is not plain is written as a code point. */
export function quoted(text: string): string {
  let literal = '';
  for (const character of text) {
    const plain = character >= ' ' && character <= '~' && character !== '"' && character !== '\\';
    literal += plain ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`;
  }
  return `"${literal}"`;
}

export const actionUid = (trait: string) => `Action::${quoted(trait)}`;

/** `action in [Action::"verb get", …]`. */
export const actionIn = (traits: readonly string[]) => `action in [${traits.map(actionUid).join(', ')}]`;

/** The template that a role's terms are: a binding links it with who and where. */
export function permitTemplate({ verbs, all, none }: Terms): string {
  const conditions = all.length === 0 ? '' : `\nwhen { ${all.map(actionIn).join(' && ')} }`;
  const exceptions = none.length === 0 ? '' : `\nunless { ${actionIn(none)} }`;
  return `permit(principal in ?principal, ${actionIn(verbs.map(verbTrait))}, resource in ?resource)${conditions}${exceptions};`;
}

const ACTION = /Action::"((?:[^"\\]|\\.)*)"/g;

/** The traits of operations that a policy speaks of. */
export const actionTraits = (text: string): string[] =>
  [...text.matchAll(ACTION)].map(([, trait = '']) => trait);
