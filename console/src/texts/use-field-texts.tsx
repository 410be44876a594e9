/** Words for what the API says of itself, loaded with the first page that shows something of a group: see `field-words.ts`. */
import { useQuery } from '@tanstack/react-query';
import { createContext, type ReactNode, use, useMemo } from 'react';
import { type FieldTexts, type FieldWords, fieldTexts, NO_WORDS, wordsRoom } from './field-words.ts';
import { type Language, useTexts } from './texts.ts';

const FILES = import.meta.glob<{ readonly words: FieldWords }>('./*/fields/*.ts');

const wordsIn = async (language: Language, room: string): Promise<FieldWords> =>
  (await FILES[`./${language}/fields/${room}.ts`]?.())?.words ?? NO_WORDS;

/** What there are no words for, or none yet, is said as the API says it. */
export function useFieldTextsOf(group: string): { readonly texts: FieldTexts; readonly isLoading: boolean } {
  const { language } = useTexts();
  const { data, isLoading } = useQuery({
    queryKey: ['field words', language, group],
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
    retry: false,
    queryFn: () => Promise.all([wordsIn(language, wordsRoom(group)), wordsIn(language, 'shared')]),
  });
  const texts = useMemo(() => {
    const [own, shared] = data ?? [NO_WORDS, NO_WORDS];
    return fieldTexts(language, own, shared);
  }, [language, data]);
  return { texts, isLoading };
}

const Context = createContext<FieldTexts>(fieldTexts('en', NO_WORDS, NO_WORDS));

/** Of the group that the page around is about. */
export const useFieldTexts = (): FieldTexts => use(Context);

/** Shows what is within once the words of the group are there. */
export function FieldTextsOf({ group, children }: { readonly group: string; readonly children: ReactNode }) {
  const { texts, isLoading } = useFieldTextsOf(group);
  return isLoading ? null : <Context value={texts}>{children}</Context>;
}

/** What the API says of a field: in the person's language, or in English, and it says so to who reads aloud. */
export function Description({ text }: { readonly text: string }) {
  const { language } = useTexts();
  const described = useFieldTexts().described(text);
  return described.language === language ? (
    described.text
  ) : (
    <span lang={described.language}>{described.text}</span>
  );
}
