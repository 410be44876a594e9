/** Every operation of S3, as Amazon's SDK for JavaScript knows them: served, or answered 501 by its name. Cases of `test/objects.test.ts`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as s3 from '@aws-sdk/client-s3';
import type { ObjectsTenant } from '../support/objects.ts';
import { failure } from './sdk.ts';

const Bucket = 'every-operation';
const Key = 'key';
const Id = 'report';
const MINUTE_MS = 60_000;

/** Sends a command, whatever its input is like. */
type Send = (operation: string, input: object) => Promise<Readonly<Record<string, unknown>>>;

export function everyOperationCases(tenant: () => ObjectsTenant): void {
  test('every operation that the SDK knows is served or answered 501: none 404, 500, or taken for another', async () => {
    const sdk = tenant().sdk(undefined, { maxAttempts: 1, disableHostPrefix: true });
    const constructors = s3 as unknown as Readonly<
      Record<string, new (input: object) => s3.GetObjectCommand>
    >;
    const all = Object.keys(s3)
      .filter((name) => name.endsWith('Command') && name !== '$Command')
      .map((name) => name.slice(0, -'Command'.length));
    const send: Send = async (operation, input) => {
      const Command = constructors[`${operation}Command`];
      assert.ok(Command !== undefined, operation);
      const answer = await sdk.send(new Command({ Bucket, ...input }));
      await answer.Body?.transformToByteArray?.();
      return answer as unknown as Readonly<Record<string, unknown>>;
    };
    const served = new Set<string>();
    const serve: Send = async (operation, input) => {
      served.add(operation);
      try {
        return await send(operation, input);
      } catch (error) {
        throw new Error(`${operation}: ${error}`, { cause: error });
      }
    };
    await serveAll(serve);
    const absent = all.filter((operation) => !served.has(operation));
    const answers = await Promise.all(
      absent.map(
        async (operation) => `${operation} ${await failure(send(operation, INPUTS[operation] ?? INPUT))}`,
      ),
    );
    assert.deepEqual(
      answers.filter((answer) => !answer.endsWith(' 501 NotImplemented')),
      [],
    );
    assert.ok(absent.length > 0 && served.size + absent.length === all.length);
    const { Contents } = await sdk.send(new s3.ListObjectsV2Command({ Bucket: 'acme-first' }));
    assert.equal(Contents, undefined);
  });
}

/** What operations that are not served are sent with: enough for the SDK to send them at all. */
const INPUT = { Key, Id };
const INPUTS: Readonly<Record<string, object>> = {
  CreateBucketMetadataConfiguration: {
    MetadataConfiguration: { JournalTableConfiguration: { RecordExpiration: { Expiration: 'DISABLED' } } },
  },
  CreateBucketMetadataTableConfiguration: {
    MetadataTableConfiguration: {
      S3TablesDestination: { TableBucketArn: 'arn:aws:s3tables:x', TableName: 'x' },
    },
  },
  DeleteObjectAnnotation: { Key, AnnotationName: 'x' },
  GetObjectAnnotation: { Key, AnnotationName: 'x' },
  PutObjectAnnotation: { Key, AnnotationName: 'x', AnnotationPayload: 'x', Body: 'x' },
  PutBucketAbac: { AbacStatus: { Status: 'Enabled' } },
  PutBucketAccelerateConfiguration: { AccelerateConfiguration: { Status: 'Enabled' } },
  PutBucketAnalyticsConfiguration: { Id, AnalyticsConfiguration: { Id, StorageClassAnalysis: {} } },
  PutBucketIntelligentTieringConfiguration: {
    Id,
    IntelligentTieringConfiguration: { Id, Status: 'Enabled', Tierings: [] },
  },
  PutBucketMetricsConfiguration: { Id, MetricsConfiguration: { Id } },
  PutBucketNotificationConfiguration: { NotificationConfiguration: {} },
  PutBucketOwnershipControls: { OwnershipControls: { Rules: [{ ObjectOwnership: 'ObjectWriter' }] } },
  PutBucketReplication: { ReplicationConfiguration: { Role: 'x', Rules: [] } },
  PutBucketRequestPayment: { RequestPaymentConfiguration: { Payer: 'Requester' } },
  PutBucketWebsite: { WebsiteConfiguration: {} },
  RenameObject: { Key, RenameSource: `${Bucket}/other` },
  RestoreObject: { Key, RestoreRequest: { Days: 1 } },
  SelectObjectContent: {
    Key,
    ExpressionType: 'SQL',
    Expression: 'SELECT * FROM S3Object',
    InputSerialization: { CSV: {} },
    OutputSerialization: { CSV: {} },
  },
  UpdateBucketMetadataAnnotationTableConfiguration: {
    AnnotationTableConfiguration: { ConfigurationState: 'ENABLED' },
  },
  UpdateBucketMetadataInventoryTableConfiguration: {
    InventoryTableConfiguration: { ConfigurationState: 'ENABLED' },
  },
  UpdateBucketMetadataJournalTableConfiguration: {
    JournalTableConfiguration: { RecordExpiration: { Expiration: 'DISABLED' } },
  },
  UpdateObjectEncryption: { Key, ObjectEncryption: { SSEKMS: { KMSKeyArn: 'x' } } },
  WriteGetObjectResponse: { RequestRoute: 'x', RequestToken: 'x' },
};

/** In an order in which each finds what it is about. */
async function serveAll(serve: Send): Promise<void> {
  await serve('CreateBucket', { ObjectLockEnabledForBucket: true });
  await serve('HeadBucket', {});
  await serve('ListBuckets', {});
  await settings(serve);
  await objects(serve);
  await uploads(serve);
  // Another bucket: what locks is not emptied so soon.
  const Other = 'every-operation-gone';
  await serve('CreateBucket', { Bucket: Other });
  await serve('PutObject', { Bucket: Other, Key, Body: 'x' });
  await serve('DeleteObject', { Bucket: Other, Key });
  await serve('DeleteBucket', { Bucket: Other });
}

async function settings(serve: Send): Promise<void> {
  await serve('GetBucketLocation', {});
  await serve('PutBucketVersioning', { VersioningConfiguration: { Status: 'Enabled' } });
  await serve('GetBucketVersioning', {});
  await serve('PutObjectLockConfiguration', { ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' } });
  await serve('GetObjectLockConfiguration', {});
  const Rules = [{ ID: 'r', Status: 'Enabled', Filter: { Prefix: 'x' }, Expiration: { Days: 1 } }];
  await serve('PutBucketLifecycleConfiguration', { LifecycleConfiguration: { Rules } });
  await serve('GetBucketLifecycleConfiguration', {});
  await serve('DeleteBucketLifecycle', {});
  const CORSRules = [{ AllowedMethods: ['GET'], AllowedOrigins: ['*'] }];
  await serve('PutBucketCors', { CORSConfiguration: { CORSRules } });
  await serve('GetBucketCors', {});
  await serve('DeleteBucketCors', {});
  const Statement = [
    { Effect: 'Deny', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/secret/*` },
  ];
  await serve('PutBucketPolicy', { Policy: JSON.stringify({ Version: '2012-10-17', Statement }) });
  await serve('GetBucketPolicy', {});
  await serve('GetBucketPolicyStatus', {});
  await serve('DeleteBucketPolicy', {});
  const byDefault = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } };
  await serve('PutBucketEncryption', { ServerSideEncryptionConfiguration: { Rules: [byDefault] } });
  await serve('GetBucketEncryption', {});
  await serve('DeleteBucketEncryption', {});
  await serve('PutPublicAccessBlock', { PublicAccessBlockConfiguration: { BlockPublicPolicy: true } });
  await serve('GetPublicAccessBlock', {});
  await serve('DeletePublicAccessBlock', {});
  await serve('PutBucketTagging', { Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } });
  await serve('GetBucketTagging', {});
  await serve('DeleteBucketTagging', {});
  await serve('PutBucketAcl', { ACL: 'private' });
  await serve('GetBucketAcl', {});
  await serve('GetBucketOwnershipControls', {});
  await serve('PutBucketLogging', { BucketLoggingStatus: {} });
  await serve('GetBucketLogging', {});
  const InventoryConfiguration = {
    Id,
    IsEnabled: false,
    IncludedObjectVersions: 'Current',
    Destination: { S3BucketDestination: { Bucket: `arn:aws:s3:::${Bucket}`, Format: 'CSV' } },
    Schedule: { Frequency: 'Daily' },
  };
  await serve('PutBucketInventoryConfiguration', { Id, InventoryConfiguration });
  await serve('GetBucketInventoryConfiguration', { Id });
  await serve('ListBucketInventoryConfigurations', {});
  await serve('DeleteBucketInventoryConfiguration', { Id });
}

async function objects(serve: Send): Promise<void> {
  await serve('PutObject', { Key, Body: 'hello' });
  await serve('GetObject', { Key });
  await serve('HeadObject', { Key });
  await serve('GetObjectAttributes', { Key, ObjectAttributes: ['ETag', 'ObjectSize'] });
  await serve('CopyObject', { Key: 'copy', CopySource: `${Bucket}/${Key}` });
  await serve('PutObjectTagging', { Key, Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } });
  await serve('GetObjectTagging', { Key });
  await serve('DeleteObjectTagging', { Key });
  await serve('PutObjectAcl', { Key, ACL: 'private' });
  await serve('GetObjectAcl', { Key });
  const RetainUntilDate = new Date(Date.now() + MINUTE_MS);
  await serve('PutObjectRetention', { Key, Retention: { Mode: 'GOVERNANCE', RetainUntilDate } });
  await serve('GetObjectRetention', { Key });
  await serve('PutObjectLegalHold', { Key, LegalHold: { Status: 'OFF' } });
  await serve('GetObjectLegalHold', { Key });
  await serve('ListObjects', {});
  await serve('ListObjectsV2', {});
  await serve('ListObjectVersions', {});
  await serve('DeleteObject', { Key: 'copy' });
  await serve('DeleteObjects', { Delete: { Objects: [{ Key: 'none' }] } });
}

async function uploads(serve: Send): Promise<void> {
  const { UploadId } = await serve('CreateMultipartUpload', { Key: 'parts' });
  const { ETag } = await serve('UploadPart', { Key: 'parts', UploadId, PartNumber: 1, Body: 'x' });
  await serve('ListParts', { Key: 'parts', UploadId });
  await serve('ListMultipartUploads', {});
  const Parts = [{ PartNumber: 1, ETag }];
  await serve('CompleteMultipartUpload', { Key: 'parts', UploadId, MultipartUpload: { Parts } });
  const copied = await serve('CreateMultipartUpload', { Key: 'parts' });
  await serve('UploadPartCopy', {
    Key: 'parts',
    UploadId: copied.UploadId,
    PartNumber: 1,
    CopySource: `${Bucket}/${Key}`,
  });
  await serve('AbortMultipartUpload', { Key: 'parts', UploadId: copied.UploadId });
}
