/** What S3 answers, as the region tells it in JSON: elements by name, with text or with what is in them. Pure. */
export interface ToldDocument {
  readonly name: string;
  readonly text?: string;
  readonly children?: readonly ToldDocument[];
}

export const textOf = (element: ToldDocument | undefined, name: string): string =>
  element?.children?.find((child) => child.name === name)?.text ?? '';

export const childrenOf = (element: ToldDocument | undefined, name: string): readonly ToldDocument[] =>
  element?.children?.filter((child) => child.name === name) ?? [];

export interface ListedKey {
  readonly key: string;
  readonly size: number;
  readonly modified: string;
}

export interface Listing {
  /** Each ends with the delimiter. */
  readonly folders: readonly string[];
  readonly keys: readonly ListedKey[];
  /** Where the next page begins; undefined after the last. */
  readonly next: string | undefined;
}

/** Of ListObjectsV2 with `encoding-type=url`. */
export function listingOf(document: ToldDocument): Listing {
  return {
    folders: childrenOf(document, 'CommonPrefixes').map((one) => decoded(textOf(one, 'Prefix'))),
    keys: childrenOf(document, 'Contents').map((one) => ({
      key: decoded(textOf(one, 'Key')),
      size: Number(textOf(one, 'Size')),
      modified: textOf(one, 'LastModified'),
    })),
    next: textOf(document, 'IsTruncated') === 'true' ? textOf(document, 'NextContinuationToken') : undefined,
  };
}

export interface ListedVersion extends ListedKey {
  readonly versionId: string;
  readonly isLatest: boolean;
  readonly isDeleteMarker: boolean;
}

/** Of ListObjectVersions with `encoding-type=url`: those of one key, newest first. Others begin with its name. */
export function versionsOf(document: ToldDocument, key: string): readonly ListedVersion[] {
  return (document.children ?? []).flatMap((one) => {
    const isDeleteMarker = one.name === 'DeleteMarker';
    if ((one.name !== 'Version' && !isDeleteMarker) || decoded(textOf(one, 'Key')) !== key) return [];
    return [
      {
        key,
        size: Number(textOf(one, 'Size')),
        modified: textOf(one, 'LastModified'),
        versionId: textOf(one, 'VersionId'),
        isLatest: textOf(one, 'IsLatest') === 'true',
        isDeleteMarker,
      },
    ];
  });
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** Of GetObjectTagging. Whitespace is part of what S3 tells: nothing is trimmed. */
export const tagsOf = (document: ToldDocument): readonly Tag[] =>
  childrenOf(childrenOf(document, 'TagSet')[0], 'Tag').map((one) => ({
    key: textOf(one, 'Key'),
    value: textOf(one, 'Value'),
  }));

const decoded = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const escaped = (text: string): string => text.replace(/[&<>]/g, (one) => ENTITIES[one] ?? one);

/** For PutObjectTagging. */
export const taggingXml = (tags: readonly Tag[]): string =>
  `<Tagging><TagSet>${tags
    .map(({ key, value }) => `<Tag><Key>${escaped(key)}</Key><Value>${escaped(value)}</Value></Tag>`)
    .join('')}</TagSet></Tagging>`;

export type LockMode = 'GOVERNANCE' | 'COMPLIANCE';

export const retentionXml = (mode: LockMode, until: Date): string =>
  `<Retention><Mode>${mode}</Mode><RetainUntilDate>${until.toISOString()}</RetainUntilDate></Retention>`;

export const legalHoldXml = (isHeld: boolean): string =>
  `<LegalHold><Status>${isHeld ? 'ON' : 'OFF'}</Status></LegalHold>`;

export const completionXml = (etags: readonly string[]): string =>
  `<CompleteMultipartUpload>${etags
    .map((etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${escaped(etag)}</ETag></Part>`)
    .join('')}</CompleteMultipartUpload>`;
