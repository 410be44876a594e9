/** Tags, in the header `x-amz-tagging` and wherever else they come. */
import { S3Error } from '../errors.ts';
import type { Tag } from '../parameters.ts';
import { formDecode } from '../uri.ts';

export const OBJECT_TAGS_MAX = 10;
export const BUCKET_TAGS_MAX = 50;
export const TAG_KEY_CHARACTERS_MAX = 128;
export const TAG_VALUE_CHARACTERS_MAX = 256;

const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

export function headerTags(text: string | undefined): readonly Tag[] {
  const tags: Tag[] = [];
  for (const pair of (text ?? '').split('&')) {
    if (pair === '') continue;
    if (tags.length === OBJECT_TAGS_MAX) throw tooMany(OBJECT_TAGS_MAX);
    const equals = pair.indexOf('=');
    const key = equals < 0 ? pair : pair.slice(0, equals);
    tags.push({ key: formDecode(key), value: equals < 0 ? '' : formDecode(pair.slice(equals + 1)) });
  }
  return checkTags(tags, OBJECT_TAGS_MAX);
}

/** Throws InvalidTag. */
export function checkTags(tags: readonly Tag[], max: number): readonly Tag[] {
  if (tags.length > max) throw tooMany(max);
  const seen = new Set<string>();
  for (const { key, value } of tags) {
    if (key === '' || [...key].length > TAG_KEY_CHARACTERS_MAX)
      throw new S3Error('InvalidTag', `a tag’s key has 1 to ${TAG_KEY_CHARACTERS_MAX} characters`);
    if ([...value].length > TAG_VALUE_CHARACTERS_MAX)
      throw new S3Error(
        'InvalidTag',
        `the value of the tag ${key} has more than ${TAG_VALUE_CHARACTERS_MAX} characters`,
      );
    if (!ALLOWED.test(key) || !ALLOWED.test(value))
      throw new S3Error('InvalidTag', 'tags have letters, digits, spaces and + - = . _ : / @');
    if (key.startsWith('aws:')) throw new S3Error('InvalidTag', 'keys of tags do not begin with aws:');
    if (seen.has(key)) throw new S3Error('InvalidTag', `the tag ${key} is there twice; a key is there once`);
    seen.add(key);
  }
  return tags;
}

function tooMany(max: number): S3Error {
  return new S3Error('InvalidTag', `there are at most ${max} tags`);
}
