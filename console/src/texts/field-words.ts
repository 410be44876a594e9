/**
 * Words for what the API says of itself in English: what fields and columns are called, what their descriptions say, and values that are words. A file for
 * each API group and language, `./fr/fields/compute.ts`, loaded with the first page that shows something of that group; what several groups say is in
 * `shared.ts`. Keyed by the English, as gettext does: a description that changes has no words until somebody writes them anew, and never wrong ones.
 * `field-words.test.ts` finds what is missing and what nothing says any more. Pure.
 */
import { inWords } from '../forms/labels.ts';
import type { Language } from './texts.ts';
import { typeset } from './typography.ts';

export interface FieldWords {
  /** What fields and columns are called, by their English words in small letters: `display name`. */
  readonly labels: Readonly<Record<string, string>>;
  /** By the description in the schema, letter by letter. */
  readonly descriptions: Readonly<Record<string, string>>;
  /** Choices, phases, types and reasons of conditions, by what the API says: `VolumeNotReady`. */
  readonly values: Readonly<Record<string, string>>;
}

export const NO_WORDS: FieldWords = { labels: {}, descriptions: {}, values: {} };

/** What a file of words is called: of `compute.casemate.internal` it is `compute`. */
export const wordsRoom = (group: string): string => (group === '' ? 'core' : (group.split('.')[0] ?? group));

/** A text, and the language it is in. */
export interface Described {
  readonly text: string;
  readonly language: Language;
}

export interface FieldTexts {
  /** `displayName` in the person's language; what nobody has words for in English ones. */
  label(name: string): string;
  /** `Display Name`, the title of a column of the API's tables. */
  column(title: string): string;
  described(description: string): Described;
  /** Undefined: there are no words for it, it stands as it is. */
  word(value: string | boolean): string | undefined;
}

/** A group's own words count before those of all. */
export function fieldTexts(language: Language, own: FieldWords, shared: FieldWords): FieldTexts {
  const labels = [own.labels, shared.labels];
  const descriptions = [own.descriptions, shared.descriptions];
  const values = [own.values, shared.values];
  const lookUp = (words: readonly Readonly<Record<string, string>>[], key: string): string | undefined => {
    const text = words.find((one) => Object.hasOwn(one, key))?.[key];
    return text === undefined ? undefined : typeset(language, text);
  };
  return {
    label: (name) => lookUp(labels, inWords(name).toLowerCase()) ?? inWords(name),
    column: (title) => (language === 'en' ? title : (lookUp(labels, title.toLowerCase()) ?? title)),
    described(description) {
      const text = lookUp(descriptions, description);
      return text === undefined ? { text: description, language: 'en' } : { text, language };
    },
    word: (value) => lookUp(values, typeof value === 'boolean' ? (value ? 'True' : 'False') : value),
  };
}
