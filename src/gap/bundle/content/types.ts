/** The types of content that recipes may name. */
import { advisoriesType } from './advisories.ts';
import { baseImageType } from './base-image.ts';
import type { ContentType } from './content-type.ts';
import { debianRepositoryType } from './debian-repository.ts';
import { filesType } from './files.ts';
import { npmType } from './npm.ts';
import { ociImageType } from './oci-image.ts';
import { releaseType } from './release.ts';

const TYPES: readonly ContentType[] = [
  filesType,
  advisoriesType,
  debianRepositoryType,
  ociImageType,
  baseImageType,
  npmType,
  releaseType,
];

export const TYPE_NAMES: readonly string[] = TYPES.map(({ name }) => name);

export const contentTypeOf = (name: string): ContentType | undefined =>
  TYPES.find((type) => type.name === name);
