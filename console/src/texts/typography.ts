/** How a language is set. Sources are written with plain spaces, which anybody can type and find. Pure. */

export type Language = 'fr' | 'de' | 'en';

const NO_BREAK = '\u00a0';
const NARROW_NO_BREAK = '\u202f';

/** In French no line begins with a sign that ends what is before it (Lexique des règles typographiques en usage à l’Imprimerie nationale). */
export function typeset(language: Language, text: string): string {
  if (language !== 'fr') return text;
  return text
    .replace(/ (?=[:»])/g, NO_BREAK)
    .replace(/(?<=«) /g, NO_BREAK)
    .replace(/ (?=[;!?])/g, NARROW_NO_BREAK);
}
