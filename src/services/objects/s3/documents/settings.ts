/** The small documents of a bucket's settings, to a Bucket's spec and back. */
import type { Static } from 'typebox';
import type { logging, publicAccessBlock } from '../../bucket/settings.ts';
import { notImplemented, S3Error } from '../errors.ts';
import { present } from '../headers/fields.ts';
import { BUCKET_TAGS_MAX } from '../headers/tags.ts';
import type { Tag } from '../parameters.ts';
import { Reader } from '../xml/reader.ts';
import { document, element } from '../xml/write.ts';
import { tagsIn } from './tags.ts';

export interface NewBucket {
  /** A region's name. */
  readonly location?: string;
  readonly tags: readonly Tag[];
}

export function readNewBucket(bytes: Uint8Array): NewBucket {
  if (bytes.length === 0) return { tags: [] };
  return Reader.document(bytes, 'CreateBucketConfiguration', (root) => {
    for (const name of ['Location', 'Bucket'])
      if (root.has(name)) throw notImplemented(`${name} in CreateBucketConfiguration: directory buckets`);
    const location = root.text('LocationConstraint');
    const tags = root.one('Tags', (from) => tagsIn(from, BUCKET_TAGS_MAX)) ?? [];
    return { ...present('location', location === '' ? undefined : location), tags };
  });
}

export function locationDocument(region: string): string {
  return document('LocationConstraint', region);
}

export function readVersioning(bytes: Uint8Array): 'enabled' | 'suspended' {
  return Reader.document(bytes, 'VersioningConfiguration', (root) => {
    if (root.oneOf('MfaDelete', ['Enabled', 'Disabled']) === 'Enabled') throw notImplemented('MFA delete');
    const status = root.oneOf('Status', ['Enabled', 'Suspended']);
    if (status === undefined) throw new S3Error('IllegalVersioningConfigurationException');
    return status === 'Enabled' ? 'enabled' : 'suspended';
  });
}

export function versioningDocument(versioning: 'off' | 'enabled' | 'suspended'): string {
  const status = { off: undefined, enabled: 'Enabled', suspended: 'Suspended' }[versioning];
  return document('VersioningConfiguration', [element('Status', status)]);
}

/** As a Bucket's spec has it. */
export type PublicAccessBlock = Static<typeof publicAccessBlock>;

/** What is not said is not blocked (S3 API reference, PutPublicAccessBlock). */
export function readPublicAccessBlock(bytes: Uint8Array): PublicAccessBlock {
  return Reader.document(bytes, 'PublicAccessBlockConfiguration', (root) => ({
    blockPublicAcls: root.boolean('BlockPublicAcls') ?? false,
    ignorePublicAcls: root.boolean('IgnorePublicAcls') ?? false,
    blockPublicPolicy: root.boolean('BlockPublicPolicy') ?? false,
    restrictPublicBuckets: root.boolean('RestrictPublicBuckets') ?? false,
  }));
}

export function publicAccessBlockDocument(block: PublicAccessBlock): string {
  return document('PublicAccessBlockConfiguration', [
    element('BlockPublicAcls', block.blockPublicAcls),
    element('IgnorePublicAcls', block.ignorePublicAcls),
    element('BlockPublicPolicy', block.blockPublicPolicy),
    element('RestrictPublicBuckets', block.restrictPublicBuckets),
  ]);
}

/** `key`: the name of a Key; absent, the organization's own. */
export interface BucketEncryption {
  readonly key?: string;
}

export function readEncryption(bytes: Uint8Array): BucketEncryption {
  return Reader.document(bytes, 'ServerSideEncryptionConfiguration', (root) => {
    const rules = root.all('Rule', 1, (rule) => {
      rule.ignore('BucketKeyEnabled');
      return rule.one('ApplyServerSideEncryptionByDefault', (from) => {
        const algorithm = from.oneOf('SSEAlgorithm', ['AES256', 'aws:kms']);
        const key = from.text('KMSMasterKeyID');
        if (algorithm === undefined) throw from.wrong('SSEAlgorithm is missing; it is AES256 or aws:kms');
        if (key !== undefined && algorithm === 'AES256') throw from.wrong('KMSMasterKeyID goes with aws:kms');
        return present('key', key === '' ? undefined : key);
      });
    });
    const [found] = rules;
    if (!found) throw root.wrong('there is one Rule, with ApplyServerSideEncryptionByDefault');
    return found;
  });
}

/** What holds where nothing was set as well. */
export function encryptionDocument({ key }: BucketEncryption): string {
  return document('ServerSideEncryptionConfiguration', [
    element('Rule', [
      element('ApplyServerSideEncryptionByDefault', [
        element('SSEAlgorithm', key === undefined ? 'AES256' : 'aws:kms'),
        element('KMSMasterKeyID', key),
      ]),
      element('BucketKeyEnabled', true),
    ]),
  ]);
}

/** As a Bucket's spec has it. */
export type Logging = Static<typeof logging>;

/** `undefined` ends it. */
export function readLogging(bytes: Uint8Array): Logging | undefined {
  return Reader.document(bytes, 'BucketLoggingStatus', (root) =>
    root.one('LoggingEnabled', (from) => {
      if (from.has('TargetGrants')) throw new S3Error('AccessControlListNotSupported');
      if (from.has('TargetObjectKeyFormat')) throw notImplemented('TargetObjectKeyFormat');
      return {
        targetBucket: from.required('TargetBucket'),
        prefix: from.text('TargetPrefix', { exact: true }) ?? '',
      };
    }),
  );
}

export function loggingDocument(logging: Logging | undefined): string {
  const enabled = logging && [
    element('TargetBucket', logging.targetBucket),
    element('TargetPrefix', logging.prefix),
  ];
  return document('BucketLoggingStatus', [element('LoggingEnabled', enabled)]);
}

export function policyStatusDocument(isPublic: boolean): string {
  return document('PolicyStatus', [element('IsPublic', isPublic)]);
}

export function ownershipControlsDocument(): string {
  return document('OwnershipControls', [
    element('Rule', [element('ObjectOwnership', 'BucketOwnerEnforced')]),
  ]);
}
