/** One of a few values to choose from: in words, beside what manifests and descriptions call it. Pure. */
import type { FieldTexts } from '../texts/field-words.ts';

export function choiceText(option: string | number, word: FieldTexts['word']): string {
  const value = String(option);
  const words = word(value);
  return words === undefined || words.toLowerCase() === value.toLowerCase() ? value : `${words} (${value})`;
}
