/** What the console says, for ways that tests go in more than one language: the words come from its own texts, so that what has lost its name, or has one in another language, is not found. */
import assert from 'node:assert/strict';
import { setupI18n } from '@lingui/core';
import { compileMessage } from '@lingui/message-utils/compileMessage';
import { en, type TextId, type Texts } from '../../console/src/texts/en.ts';
import { fr } from '../../console/src/texts/fr.ts';
import { typeset } from '../../console/src/texts/typography.ts';

const TEXTS = { en, fr } as const satisfies Readonly<Record<string, Texts>>;

export type Spoken = keyof typeof TEXTS;

/** What a browser says that it speaks. */
export const LOCALES: Readonly<Record<Spoken, string>> = { en: 'en-GB', fr: 'fr-FR' };

export type Say = (id: TextId, values?: Readonly<Record<string, string | number>>) => string;

/** Words that both languages have. */
const SAME: ReadonlySet<TextId> = new Set<TextId>(['storage.versions']);

/** Says what the page says, set as it sets it. What another language leaves in English fails. */
export function sayIn(language: Spoken): Say {
  const messages = Object.fromEntries(
    Object.entries(TEXTS[language]).map(([id, text]) => [id, typeset(language, text)]),
  );
  const i18n = setupI18n({ locale: language, messages: { [language]: messages } });
  i18n.setMessagesCompiler(compileMessage);
  return (id, values) => {
    const isOwn = language === 'en' || SAME.has(id) || TEXTS[language][id] !== en[id];
    assert.ok(isOwn, `${id} is the same in English and in ${LOCALES[language]}`);
    return i18n._(id, values);
  };
}

/** A value that a test cannot know: `patternOf(say('storage.lock.governance', { until: ANY }))`. */
export const ANY = '\ufffc';

/** Finds a text whatever stands for `ANY`, and whichever spaces keep its words together. */
export const patternOf = (text: string): RegExp =>
  new RegExp(
    text
      .split(ANY)
      .map((part) => part.split(/\s/).map(RegExp.escape).join('\\s'))
      .join('.+'),
  );
