/** What serving is made of, without a region: any bucket is there, whoever has the one key may do anything, and what goes on record is a list. Tests only. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestPostgres } from '#engines/postgres/test-cluster.ts';
import { systemClock } from '#kernel/clock.ts';
import { organizationRealm } from '#kernel/realm-id.ts';
import type { BlobBackend } from '../../blobs/backend.ts';
import { filesystemBackend } from '../../blobs/filesystem/backend.ts';
import type { GateClient } from '../../gate/client.ts';
import type { BucketSettings, GateAccessRecord, KeyHolder } from '../../gate/protocol.ts';
import { openMetadata } from '../../metadata/postgres/open.ts';
import { RealmAnswers } from '../answers.ts';
import type { Parts } from '../parts.ts';
import { RunningReads } from '../running-reads.ts';

export const REALM = organizationRealm('below');
export const ACCESS_KEY = 'CMTEST';
export const SECRET = 'the secret of a test';

export interface TestParts {
  readonly parts: Parts;
  readonly records: GateAccessRecord[];
  /** Before it is asked for; others have a plain spec. */
  bucket(name: string, spec: object, project?: string): BucketSettings;
  close(): Promise<void>;
}

/** `backend`: where bytes lie; a folder of its own by default. Closed with the rest. */
export async function testParts(backend?: BlobBackend): Promise<TestParts> {
  const folder = await mkdtemp(join(tmpdir(), 'casemate-parts-'));
  const postgres = await startTestPostgres();
  const metadata = await openMetadata({
    connection: postgres.connection,
    clock: systemClock,
    onFault: () => {},
  });
  const blobs = backend ?? (await filesystemBackend({ folder, clock: systemClock }));
  const buckets = new Map<string, BucketSettings>();
  const records: GateAccessRecord[] = [];
  const bucket = (name: string, spec: object = {}, project = 'lab') => {
    const made = newBucket(name, spec, project);
    buckets.set(name, made);
    return made;
  };
  const holder: KeyHolder = { realm: REALM, name: 'ann', groups: [], credential: 'test', secret: SECRET };
  const answers: Readonly<Record<string, (asked: never) => unknown>> = {
    holder: () => holder,
    decide: () => ({ allowed: true, reason: '' }),
    record: (asked: { readonly records: readonly GateAccessRecord[] }) => void records.push(...asked.records),
    allBuckets: () => ({
      buckets: [...buckets.values()].map(({ realm, uid, name, spec }) => ({
        realm,
        uid,
        name,
        expires: spec.lifecycle !== undefined,
        isReported: spec.inventory !== undefined,
        isDamaged: false,
      })),
    }),
    bucket: ({ name }: { readonly name: string }) => buckets.get(name) ?? bucket(name),
  };
  const gate = {
    ask: async (call: string, asked: never) => answers[call]?.(asked),
  } as unknown as GateClient;
  const parts: Parts = {
    gate,
    answers: new RealmAnswers(() => gate, systemClock),
    metadata,
    blobs,
    reads: new RunningReads(),
    clock: systemClock,
    domain: 'below.test',
  };
  return {
    parts,
    records,
    bucket,
    async close() {
      await blobs.close();
      await metadata.close();
      await postgres.stop();
      await rm(folder, { recursive: true });
    },
  };
}

const newBucket = (name: string, spec: object, project: string): BucketSettings => ({
  uid: randomUUID(),
  realm: REALM,
  project,
  name,
  spec: { versioning: 'off', publicAccessBlock: {}, ...spec },
  created_ms: 0,
  key: randomBytes(32).toString('base64'),
  keyVersion: 1,
  isDeleting: false,
});
