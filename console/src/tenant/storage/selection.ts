/** What a backup plan would take: by name, by label, all or none, of each kind that can be saved. Pure. */
import type { BackedUp, Selector, What } from '../../../../src/services/backup/what.ts';
import type { ApiObject } from '../../api/live-list.ts';
import type { Pair } from './pairs-field.tsx';

/** In the order in which they are asked for. */
export const SAVED: readonly BackedUp[] = ['buckets', 'volumes', 'instances'];

export type How = 'none' | 'all' | 'labels' | 'names';

/** As a form has it. */
export interface SelectionDraft {
  readonly how: How;
  readonly labels: readonly Pair[];
  readonly names: readonly string[];
}

export const NONE: SelectionDraft = { how: 'none', labels: [], names: [] };

/** Undefined: none of the kind. */
export function selectorOf({ how, labels, names }: SelectionDraft): Selector | undefined {
  if (how === 'none') return undefined;
  if (how === 'labels')
    return { matchLabels: Object.fromEntries(labels.map(({ key, value }) => [key, value])) };
  return how === 'names' ? { names: [...names] } : {};
}

/** As the region decides it (src/services/backup/what.ts). */
export function isTaken(
  { matchLabels = {}, names }: Selector,
  { metadata }: Pick<ApiObject, 'metadata'>,
): boolean {
  if (names !== undefined && !names.includes(metadata.name)) return false;
  return Object.entries(matchLabels).every(([label, value]) => metadata.labels?.[label] === value);
}

/** What it would take now, by name. The bucket that backups go into never is. */
export function takenOf(
  selector: Selector | undefined,
  objects: readonly ApiObject[],
  target: string | undefined,
): readonly string[] {
  if (selector === undefined) return [];
  return objects
    .filter((object) => object.metadata.deletionTimestamp === undefined && isTaken(selector, object))
    .map(({ metadata }) => metadata.name)
    .filter((name) => name !== target)
    .toSorted();
}

/** A draft that the API would refuse, or that says nothing yet. */
export const isUnsaid = ({ how, labels, names }: SelectionDraft): boolean =>
  (how === 'labels' && (labels.length === 0 || labels.some(({ key }) => key === ''))) ||
  (how === 'names' && names.length === 0);

export const whatOf = (drafts: Readonly<Record<BackedUp, SelectionDraft>>): What =>
  Object.fromEntries(
    SAVED.flatMap((plural) => {
      const selector = selectorOf(drafts[plural]);
      return selector === undefined ? [] : [[plural, selector]];
    }),
  );
