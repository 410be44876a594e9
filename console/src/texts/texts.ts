/** Languages of the console: the browser's, or the one that somebody chose here. */
import { i18n } from '@lingui/core';
import { useLingui } from '@lingui/react';
import type { TextId, Texts } from './en.ts';
import { type KindName, type KindWords, kindWords } from './kind-words.ts';
import type { Language } from './typography.ts';

export const LANGUAGES: Readonly<Record<Language, string>> = { fr: 'Français', de: 'Deutsch', en: 'English' };
export type { Language };

const CHOSEN = 'casemate language';

/** What is said in a room, a file each: `./fr/forms.ts`; as messages that were read when the console was built (`compiled-texts.ts`). */
const FILES = import.meta.glob<Readonly<Record<string, Partial<Texts>>>>('./*/*.ts');

export type Room = 'shell' | 'kinds' | 'consent' | 'forms' | 'proof' | 'compute' | 'storage' | 'operator';

export interface Rooms {
  /** What its first page says, beside what every page does. */
  readonly first: readonly Room[];
  /** What other pages say: loaded with the first of them. */
  readonly later: readonly Room[];
}

const EVERYWHERE: readonly Room[] = ['shell', 'kinds', 'consent'];
let rooms: readonly Room[] = [];
let later: readonly Room[] = [];
let whole: Promise<void> | undefined;

async function load(language: Language, wanted: readonly Room[]): Promise<Texts> {
  const files = await Promise.all(wanted.map((room) => FILES[`./${language}/${room}.ts`]?.()));
  return Object.assign({}, ...files.map((file, at) => file?.[wanted[at] as Room]));
}

/** Resolves when there is a word for everything that this console says. */
export function allTexts(): Promise<void> {
  whole ??= loadLater().catch((error: unknown) => {
    whole = undefined;
    throw error;
  });
  return whole;
}

async function loadLater(): Promise<void> {
  const language = i18n.locale as Language;
  i18n.load(language, await load(language, later));
  rooms = [...rooms, ...later];
  // Somebody chose another meanwhile.
  if (i18n.locale !== language) await speak(i18n.locale as Language);
}

const isLanguage = (text: string | null): text is Language => text !== null && Object.hasOwn(LANGUAGES, text);

/** Pure. */
export function preferredLanguage(chosen: string | null, browser: readonly string[]): Language {
  if (isLanguage(chosen)) return chosen;
  return (
    browser.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag): tag is Language => isLanguage(tag)) ??
    'en'
  );
}

export async function startTexts(own: Rooms): Promise<void> {
  rooms = [...EVERYWHERE, ...own.first];
  later = own.later;
  await speak(preferredLanguage(localStorage.getItem(CHOSEN), navigator.languages));
}

async function speak(language: Language): Promise<void> {
  i18n.loadAndActivate({ locale: language, messages: await load(language, rooms) });
  document.documentElement.lang = language;
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(CHOSEN, language);
  await speak(language);
}

export type Say = (id: TextId, values?: Readonly<Record<string, string | number>>) => string;

/** Says things in the language of the page; what shows them is shown anew when that changes. */
export function useTexts(): {
  readonly say: Say;
  readonly language: Language;
  /** Objects of a kind, as people call them: `Firewall policies`. A kind that nobody named is called as the API calls it. */
  readonly kinds: (resource: KindName) => string;
  /** To say something of a kind: values for `say`. */
  readonly words: (resource: KindName) => KindWords;
} {
  const { i18n: current } = useLingui();
  return {
    say: (id, values) => current._(id, values),
    language: current.locale as Language,
    kinds: (resource) => kindWords(resource).titles,
    words: kindWords,
  };
}
