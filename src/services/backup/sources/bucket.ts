/**
 * The source of buckets: objects as they are now, read and written by the S3 protocol as the service account, so that roles, guardrails, bucket policies and locks hold. Each object is whole; a bucket
 * has no moment, so what is written meanwhile is in it or not. Earlier versions, locks and access control of single objects are not saved.
 */
import { Readable } from 'node:stream';
import { sleep } from '#kernel/clock.ts';
import { conflict } from '#kernel/errors.ts';
import type { ObjectKey } from '#kernel/realm.ts';
import { isConditionTrue } from '#kernel/reconcile/conditions.ts';
import { Bucket, type BucketObject, type BucketSpec } from '#services/objects/bucket/bucket.ts';
import { Key } from '#trust/keys/key/key.ts';
import { BACKUP_GROUP } from '../group.ts';
import { manifestEntry, readManifest } from '../tar/manifest.ts';
import { readTar } from '../tar/read.ts';
import type { BackupSource, RestoreInto, SourceContext, SourceItem } from './source.ts';

/** On a bucket that a restore made: another attempt of the same one goes on with it. */
const RESTORED_BY = `${BACKUP_GROUP}/restored-by`;
const READY_MS_MAX = 60_000;
const READY_LOOK_MS = 100;

export interface BucketSourceOptions {
  /** Where buckets are, and who signed its certificate. */
  readonly endpoint: string;
  readonly certificateAuthority: () => Promise<string>;
}

export function bucketSource(options: BucketSourceOptions): BackupSource {
  const clientOf = async (bucket: string, context: SourceContext) => {
    // Loaded by whoever backs up a bucket: it is a client of S3 with all that takes.
    const { BucketClient } = await import('../bucket/client.ts');
    return new BucketClient({
      endpoint: options.endpoint,
      certificateAuthority: await options.certificateAuthority(),
      bucket,
      credentials: await context.accessKey(),
      clock: context.clock,
      signal: context.signal,
    });
  };
  return {
    kind: Bucket,
    async hold({ object }, context) {
      const at = keyOf(object);
      await context.require('list', Bucket, at, 'objects');
      await context.require('get', Bucket, at, 'objects');
    },
    async open({ object }: SourceItem, context: SourceContext) {
      const client = await clientOf(object.metadata.name, context);
      const { bucketTar } = await import('../bucket/save.ts');
      const tar = Readable.from(bucketTar(client, manifestEntry(object), context.warn), {
        objectMode: false,
        highWaterMark: 256 * 1024,
      });
      tar.once('close', () => client.close());
      return tar;
    },
    async release() {},
    async restore(tar, into, context) {
      const members = readTar(tar as AsyncIterable<Buffer>);
      const { value: first } = await members.next();
      const manifest = await readManifest(first, Bucket.kind);
      if (into.inPlace) await requireThere(into, context);
      else await make(manifest.spec as BucketSpec, manifest.metadata.labels, into, context);
      const client = await clientOf(into.name, context);
      const { restoreObjects } = await import('../bucket/restore.ts');
      try {
        await restoreObjects(client, members, into.inPlace);
      } finally {
        client.close();
      }
    },
  };
}

const keyOf = ({ metadata }: SourceItem['object']): ObjectKey => ({
  namespace: metadata.namespace ?? '',
  name: metadata.name,
});
const subjectOf = (name: string) => ({ group: Bucket.group, kind: Bucket.plural, name });

async function requireThere(
  { namespace, name }: RestoreInto,
  { realm, ...context }: SourceContext,
): Promise<void> {
  if (realm.view.get(Bucket, { namespace, name }) === undefined) {
    throw conflict(
      subjectOf(name),
      `there is no bucket "${name}" in project "${namespace}" to restore in place`,
    );
  }
  for (const verb of ['create', 'delete', 'list'] as const) {
    await context.require(verb, Bucket, { namespace, name }, 'objects');
  }
}

/** Its settings as they were, but for what names others: its policy, its log, and a Key that is not there. */
async function make(
  spec: BucketSpec,
  labels: Readonly<Record<string, string>> | undefined,
  { namespace, name, run }: RestoreInto,
  { realm, change, clock, signal, ...context }: SourceContext,
): Promise<void> {
  const at = { namespace, name };
  const read = () => realm.view.get(Bucket, at) as BucketObject | undefined;
  const there = read();
  if (there !== undefined && there.metadata.annotations?.[RESTORED_BY] !== run) {
    throw conflict(
      subjectOf(name),
      `there is a bucket "${name}" already: choose another name (as), or inPlace: true`,
    );
  }
  if (there === undefined) {
    await context.require('create', Bucket, { namespace, name });
    const { policy: _policy, logging: _logging, key, versioning, ...kept } = spec;
    const hasKey = key !== undefined && realm.view.get(Key, { namespace, name: key }) !== undefined;
    await realm.resources.create(
      Bucket,
      namespace,
      {
        apiVersion: Bucket.apiVersion,
        kind: Bucket.kind,
        metadata: { name, annotations: { [RESTORED_BY]: run }, ...(labels === undefined ? {} : { labels }) },
        spec: { ...kept, versioning: versioning === 'off' ? 'off' : 'enabled', ...(hasKey ? { key } : {}) },
      },
      change,
    );
  }
  for (let waited_ms = 0; waited_ms < READY_MS_MAX; waited_ms += READY_LOOK_MS) {
    if (isConditionTrue(read()?.status?.conditions, 'Ready')) return;
    await sleep(clock, READY_LOOK_MS, signal);
  }
  throw conflict(subjectOf(name), `bucket "${name}" was made and is not served: see its conditions`);
}
