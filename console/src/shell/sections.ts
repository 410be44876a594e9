/** Navigation by what kinds are for. What no section names stands under "everything else", so that a new kind is there by itself. Pure. */
import { type Resource, resourceName } from '../api/discovery.ts';
import type { TextId } from '../texts/en.ts';
import type { NavSection } from './layout.tsx';

/** Title, and plurals of kinds. */
export type Sections = readonly (readonly [TextId, readonly string[]])[];

export function sectionsOf(
  resources: readonly Resource[],
  wanted: Sections,
  home: string,
  kinds: (resource: Resource) => string,
): readonly NavSection[] {
  const listed = resources.filter(({ verbs }) => verbs.includes('list'));
  const other: TextId = 'nav.all';
  const entry = (one: Resource) => ({ to: `/resources/${resourceName(one)}`, label: kinds(one) });
  const named = new Set(wanted.flatMap(([, plurals]) => plurals));
  return [
    { title: undefined as TextId | undefined, entries: [{ to: '/', label: home }] },
    ...wanted.map(([title, plurals]) => ({
      title,
      entries: plurals.flatMap((plural) =>
        listed
          .filter((one) => one.plural === plural)
          .slice(0, 1)
          .map(entry),
      ),
    })),
    { title: other, entries: listed.filter(({ plural }) => !named.has(plural)).map(entry) },
  ].filter(({ entries }) => entries.length > 0);
}
