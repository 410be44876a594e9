/** One version as a line of a report (S3 user guide, "Amazon S3 Inventory list"). Pure. */

import { INVENTORY_FIELDS } from '../../bucket/inventory.ts';
import type { ReportedVersion } from '../../metadata/store.ts';
import type { Inventory } from '../../s3/documents/inventory.ts';
import { isoDate } from '../../s3/headers/dates.ts';
import { percentEncodePath } from '../../s3/uri.ts';

export interface ReportedIn {
  readonly bucket: string;
  readonly version: ReportedVersion;
  readonly isNewest: boolean;
  /** Under a Key of the tenant's, rather than the organization's own. */
  readonly isKms: boolean;
}

type Field = (typeof INVENTORY_FIELDS)[number];
type Value = string | number | boolean | undefined;

/** What delete markers have nothing to say of is empty. */
const VALUES: { readonly [F in Field]: (from: ReportedIn) => Value } = {
  Size: ({ version }) => (version.isMarker ? undefined : version.size),
  LastModifiedDate: ({ version }) => isoDate(version.modified_ms),
  ETag: ({ version }) => version.etag,
  StorageClass: ({ version }) => (version.isMarker ? undefined : 'STANDARD'),
  IsMultipartUploaded: ({ version }) => (version.isMarker ? undefined : version.etag.includes('-')),
  // Nothing is replicated, and nothing moves between tiers.
  ReplicationStatus: () => undefined,
  EncryptionStatus: ({ version, isKms }) =>
    version.isMarker ? undefined : version.isCustomerKey ? 'SSE-C' : isKms ? 'SSE-KMS' : 'SSE-S3',
  ObjectLockRetainUntilDate: ({ version: { lock } }) =>
    lock.retainUntil_ms === undefined ? undefined : isoDate(lock.retainUntil_ms),
  ObjectLockMode: ({ version }) => version.lock.mode,
  ObjectLockLegalHoldStatus: ({ version }) =>
    version.isMarker ? undefined : version.lock.legalHold === true ? 'On' : 'Off',
  IntelligentTieringAccessTier: () => undefined,
  BucketKeyStatus: ({ version, isKms }) =>
    version.isMarker ? undefined : isKms && !version.isCustomerKey ? 'ENABLED' : 'DISABLED',
  ChecksumAlgorithm: ({ version }) => Object.keys(version.checksums).join('|'),
};

const VERSION_COLUMNS = ['VersionId', 'IsLatest', 'IsDeleteMarker'] as const;

/** In S3's order, whatever order they were asked for in. */
const fieldsOf = ({ optionalFields }: Inventory): readonly Field[] =>
  INVENTORY_FIELDS.filter((field) => optionalFields.includes(field));

/** `Bucket, Key, …`: as the manifest says it. */
export const fileSchema = (inventory: Inventory): string =>
  [
    'Bucket',
    'Key',
    ...(inventory.includedObjectVersions === 'All' ? VERSION_COLUMNS : []),
    ...fieldsOf(inventory),
  ].join(', ');

/** With its end. Keys are percent-encoded, so no value has a quote, a comma or a line's end in it. */
export function reportLine(inventory: Inventory, from: ReportedIn): string {
  const { version, isNewest, bucket } = from;
  const { versionId, isMarker } = version;
  const values: readonly Value[] = [
    bucket,
    percentEncodePath(version.key),
    ...(inventory.includedObjectVersions === 'All' ? [versionId, isNewest, isMarker] : []),
    ...fieldsOf(inventory).map((field) => VALUES[field](from)),
  ];
  return `${values.map((value) => `"${value ?? ''}"`).join(',')}\n`;
}
