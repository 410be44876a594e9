/** `Tagging`: of objects and of buckets. */
import { checkTags } from '../headers/tags.ts';
import type { Tag } from '../parameters.ts';
import { Reader } from '../xml/reader.ts';
import { document, element } from '../xml/write.ts';

export function readTags(bytes: Uint8Array, max: number): readonly Tag[] {
  return Reader.document(bytes, 'Tagging', (tagging) => {
    const tags = tagging.one('TagSet', (set) => tagsIn(set, max));
    if (!tags) throw tagging.wrong('TagSet is missing');
    return tags;
  });
}

/** The elements `Tag` below one. One more than allowed is read, so that the refusal is the one about tags. */
export function tagsIn(from: Reader, max: number): readonly Tag[] {
  const tags = from.all('Tag', max + 1, (tag) => ({
    key: tag.required('Key', { exact: true }),
    value: tag.text('Value', { exact: true }) ?? '',
  }));
  return checkTags(tags, max);
}

export function tagsDocument(tags: readonly Tag[]): string {
  return document('Tagging', element('TagSet', tags.map(tagElement)));
}

export function tagElement({ key, value }: Tag) {
  return element('Tag', [element('Key', key), element('Value', value)]);
}

/** As a Bucket's spec has them. */
export function tagsAsRecord(tags: readonly Tag[]): Record<string, string> {
  return Object.fromEntries(tags.map(({ key, value }) => [key, value]));
}

export function tagsOfRecord(record: Readonly<Record<string, string>>): readonly Tag[] {
  return Object.entries(record).map(([key, value]) => ({ key, value }));
}
