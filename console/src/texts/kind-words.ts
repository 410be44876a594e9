/** What kinds are called, as titles and within sentences of the language of the page. A kind that nobody named is called as the API calls it. */
import { i18n } from '@lingui/core';

/** As the API calls it. */
export interface KindName {
  readonly plural: string;
  readonly kind: string;
}

/** Values of texts that speak of a kind; which of them a language takes is the matter of its grammar. */
export type KindWords = Readonly<Record<'one' | 'a' | 'object' | 'title' | 'many' | 'titles', string>>;

/** `titles`: Firewall policies; `many`: firewall policies; `title`: Firewall policy; `one`: firewall policy; `a`: a firewall policy; `object`: what one makes, in the accusative. */
export function kindWords({ plural, kind }: KindName): KindWords {
  const titles = word(`kind.${plural}`) ?? kind;
  const form = (name: string) => word(`kind.one.${plural}`, { form: name }) ?? kind;
  const one = form('one');
  return {
    titles,
    many: withinSentence(titles),
    title: `${one.charAt(0).toLocaleUpperCase(i18n.locale)}${one.slice(1)}`,
    one,
    a: form('a'),
    object: form('object'),
  };
}

/** Of what the API names by its kind alone: `Network`, or `networks`. */
export const wordsOfKind = (kind: string): KindWords => kindWords({ plural: pluralOf(kind), kind });

/** Of what the API names as in a permission: `networks.network.casemate.internal`, `instances/exec`. The part of it that is meant stays as it is called there. */
export function manyOf(resource: string): string {
  const [name = '', subresource] = resource.split('/');
  const { many } = kindWords({ plural: name.split('.', 1)[0] ?? '', kind: name });
  return subresource === undefined ? many : `${many} (${subresource})`;
}

/** As the API's plurals are made. Pure. */
export function pluralOf(kind: string): string {
  const small = kind.toLowerCase();
  if (word(`kind.${small}`) !== undefined) return small;
  if (/[^aeiou]y$/.test(small)) return `${small.slice(0, -1)}ies`;
  return /(?:s|x|ch|sh)$/.test(small) ? `${small}es` : `${small}s`;
}

const word = (id: string, values?: Readonly<Record<string, string>>): string | undefined =>
  id in i18n.messages ? i18n._(id, values) : undefined;

/** German writes nouns as in titles; an abbreviation stays what it is. */
function withinSentence(title: string): string {
  if (i18n.locale === 'de' || /^.\p{Lu}/u.test(title)) return title;
  return `${title.charAt(0).toLocaleLowerCase(i18n.locale)}${title.slice(1)}`;
}
