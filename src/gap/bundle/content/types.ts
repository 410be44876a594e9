/** The types of content that recipes may name. */
import type { ContentType } from './content-type.ts';
import { filesType } from './files.ts';

const TYPES: readonly ContentType[] = [filesType];

export const TYPE_NAMES: readonly string[] = TYPES.map(({ name }) => name);

export const contentTypeOf = (name: string): ContentType | undefined =>
  TYPES.find((type) => type.name === name);
