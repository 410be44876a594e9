/** Which language a page is in: what the switch said, else what it said before, else what the browser prefers, else English. */
import type { IncomingMessage } from 'node:http';
import { cookieOf } from './cookies.ts';
import type { Texts } from './texts.ts';
import { de } from './texts-de.ts';
import { en } from './texts-en.ts';
import { fr } from './texts-fr.ts';

export type Language = 'en' | 'de' | 'fr';

/** In the order of the switch, each in its own words. */
export const LANGUAGES: Readonly<Record<Language, string>> = {
  fr: 'Français',
  de: 'Deutsch',
  en: 'English',
};

const TEXTS: Readonly<Record<Language, Texts>> = { en, de, fr };

export const LANGUAGE_COOKIE = '__Host-casemate-language';
/** What is read of an Accept-Language header. */
const ACCEPTED_MAX = 16;

export const textsOf = (language: Language): Texts => TEXTS[language];

export function asLanguage(text: string | null | undefined): Language | undefined {
  return text === 'en' || text === 'de' || text === 'fr' ? text : undefined;
}

/** The best of ours by RFC 9110, 12.5.4; `fr-LU` counts as `fr`. Undefined when none is asked for. */
export function preferred(acceptLanguage: string | undefined): Language | undefined {
  let best: { readonly language: Language; readonly quality: number } | undefined;
  for (const range of (acceptLanguage ?? '').split(',', ACCEPTED_MAX)) {
    const [tag = '', ...parameters] = range.trim().toLowerCase().split(';');
    const language = asLanguage(tag.split('-', 1)[0]);
    const weight = parameters
      .map((one) => /^\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*$/.exec(one)?.[1])
      .find(Boolean);
    const quality = weight === undefined ? 1 : Number(weight);
    if (language !== undefined && quality > 0 && (best === undefined || quality > best.quality)) {
      best = { language, quality };
    }
  }
  return best?.language;
}

/** The language that `?lang=` of a request asks for. */
export function switchedTo(incoming: IncomingMessage): Language | undefined {
  const query = (incoming.url ?? '').split('?').slice(1).join('?');
  return asLanguage(new URLSearchParams(query).get('lang'));
}

export function languageOf(incoming: IncomingMessage): Language {
  return (
    switchedTo(incoming) ??
    asLanguage(cookieOf(incoming, LANGUAGE_COOKIE)) ??
    preferred(incoming.headers['accept-language']) ??
    'en'
  );
}
