/** What a cell of the API's tables says, in the person's language where it is a word of the API's and not something that somebody wrote. Pure. */
import type { Row } from '../api/live-list.ts';
import type { FieldTexts } from '../texts/field-words.ts';

/** Columns that hold phases, choices and reasons, by their titles in small letters. */
export const COLUMNS_OF_WORDS: ReadonlySet<string> = new Set([
  'break glass',
  'decision',
  'direction',
  'encrypted',
  'kind',
  'last',
  'of',
  'on time',
  'phase',
  'protection',
  'protocol',
  'purpose',
  'ready',
  'restore test',
  'scope',
  'sealed',
  'stage',
  'state',
  'status',
  'strength',
  'type',
  'validation',
  'versioning',
  'what',
  'why',
]);

/** Words of the API's, and not something that somebody wrote. */
export const holdsWords = (cell: Row['cells'][number] | undefined, title: string): boolean =>
  typeof cell === 'boolean' || (typeof cell === 'string' && COLUMNS_OF_WORDS.has(title.toLowerCase()));

export function cellText(cell: Row['cells'][number] | undefined, title: string, texts: FieldTexts): string {
  if (cell === null || cell === undefined) return '';
  const word = holdsWords(cell, title) && typeof cell !== 'number' ? texts.word(cell) : undefined;
  return word ?? String(cell);
}
