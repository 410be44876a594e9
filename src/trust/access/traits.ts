/**
 * What rules speak of: every operation has traits (its verb, its scope, its resource, …), and a rule is a statement about traits. One
 * statement has two readings: this file's, for comparing roles with one another, and Cedar's (`cedar/text.ts`), which decides. A
 * property test holds them together.
 */
import type { Verb } from '#kernel/access.ts';

export const verbTrait = (verb: Verb) => `verb ${verb}`;
export const scopeTrait = (scope: 'realm' | 'project' | 'ledger') => `scope ${scope}`;
export const resourceTrait = (resource: string) => `resource ${resource}`;
export const groupTrait = (group: string) => `group ${group}`;
export const subresourceTrait = (subresource: string) => `subresource ${subresource}`;
/** An operation on the object itself. */
export const OBJECT = 'object';
/** An operation on any subresource. */
export const SUBRESOURCE = 'subresource';
/** On a kind that is declared secret. */
export const SECRET = 'secret';
/** On the region's objects that organizations read. */
export const SHARED = 'shared';
/** A question about oneself. */
export const SELF = 'self';

/** Opens operations with one of `verbs` that have, of each list of `all`, at least one trait, and none of `none`. */
export interface Terms {
  readonly verbs: readonly Verb[];
  readonly all: readonly (readonly string[])[];
  readonly none: readonly string[];
}

/** Whether an operation of that verb and those traits is opened. */
export function opens({ verbs, all, none }: Terms, verb: Verb, traits: ReadonlySet<string>): boolean {
  return (
    verbs.includes(verb) &&
    all.every((some) => some.some((trait) => traits.has(trait))) &&
    !none.some((trait) => traits.has(trait))
  );
}

/** Every trait that terms speak of. */
export function* traitsIn({ verbs, all, none }: Terms): Iterable<string> {
  for (const verb of verbs) yield verbTrait(verb);
  for (const some of all) yield* some;
  yield* none;
}

const named = (prefix: string, terms: readonly Terms[]): string[] => {
  const names = new Set<string>();
  for (const one of terms) {
    for (const trait of traitsIn(one)) if (trait.startsWith(prefix)) names.add(trait.slice(prefix.length));
  }
  return [...names];
};

/** A name that no rule has. */
const ANOTHER = '?';

const groupOf = (resource: string): string => resource.slice(resource.indexOf('.') + 1 || resource.length);

/** Every combination of traits that could make a difference between these terms, whatever kinds there are or will be. */
function* everyCase(terms: readonly Terms[]): Iterable<ReadonlySet<string>> {
  const groups = [...named('group ', terms), ANOTHER];
  const resources = [
    ...named('resource ', terms).map((resource) => ({ resource, group: groupOf(resource) })),
    ...groups.map((group) => ({ resource: ANOTHER, group })),
  ];
  const parts = [
    [OBJECT],
    ...[...named('subresource ', terms), ANOTHER].map((name) => [SUBRESOURCE, subresourceTrait(name)]),
  ];
  for (const scope of ['realm', 'project', 'ledger'] as const) {
    for (const { resource, group } of resources) {
      for (const secrecy of [[], [SECRET]]) {
        for (const part of parts) {
          yield new Set([scopeTrait(scope), resourceTrait(resource), groupTrait(group), ...secrecy, ...part]);
        }
      }
    }
  }
}

/** Whether `held` together open everything that `wanted` opens, for kinds nobody has thought of yet too. */
export function includes(held: readonly Terms[], wanted: readonly Terms[]): boolean {
  for (const traits of everyCase([...held, ...wanted])) {
    for (const terms of wanted) {
      for (const verb of terms.verbs) {
        if (opens(terms, verb, traits) && !held.some((one) => opens(one, verb, traits))) return false;
      }
    }
  }
  return true;
}
