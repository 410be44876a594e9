/** The process that serves objects. It speaks to the region over its standard input and output, and ends with it. */
import { availableParallelism } from 'node:os';
import type { PostgresConnection } from '#engines/postgres/database.ts';
import { systemClock } from '#kernel/clock.ts';
import type { BlobBackend } from '../blobs/backend.ts';
import { filesystemBackend } from '../blobs/filesystem/backend.ts';
import { s3Backend } from '../blobs/s3/backend.ts';
import { gateClient } from '../gate/client.ts';
import type { GateBeginning } from '../gate/protocol.ts';
import { HashThreads } from '../hashing/hash-threads.ts';
import { openMetadata } from '../metadata/postgres/open.ts';
import type { MetadataStore } from '../metadata/store.ts';
import { SigningKeys } from '../s3/signature/signing-keys.ts';
import { AccessExport } from './access-export/export.ts';
import { RealmAnswers } from './answers.ts';
import { Listener } from './listener.ts';
import { errorLog } from './log.ts';
import { Recorder } from './recorder.ts';
import { Rest } from './rest.ts';
import { RunningReads } from './running-reads.ts';
import { serve } from './serve.ts';
import { Damage } from './upkeep/damage.ts';
import { counted, UsageNotes } from './upkeep/usage.ts';
import { Upkeep } from './upkeep.ts';

/** Of a bucket that is gone, let go of in one transaction. */
const ERASED_AT_ONCE = 1_000;
/** Beside the one that does the rest. More than four are more than that one can keep busy. */
const HASH_THREADS = Math.min(4, Math.max(1, availableParallelism() - 1));

const clock = systemClock;
const logger = errorLog(clock);
/** The process ends with its input, wherever it is: what goes on beside requests may be broken off anywhere. */
const { signal } = new AbortController();
const opened = Promise.withResolvers<MetadataStore>();
// Whoever asks before it is there waits; that nobody asks is no fault.
opened.promise.catch(() => {});

const gate = gateClient({
  input: process.stdin,
  output: process.stdout,
  clock,
  onNews: (news) => {
    if (news.news === 'changed') answers.forget(news.realm);
    else listener?.renew(news);
  },
  asks: {
    async close({ uid, final }) {
      const metadata = await opened.promise;
      const [{ versions }, { entries }] = await Promise.all([
        metadata.usage(uid),
        metadata.uploads({ bucket: uid, prefix: '', limit: 1 }),
      ]);
      const objects = versions + entries.length;
      if (!final || objects > 0 || (await metadata.closeIfEmpty(uid))) return { objects };
      return { objects: (await metadata.usage(uid)).versions };
    },
    async erase({ uid }) {
      const metadata = await opened.promise;
      while (await metadata.eraseSome(uid, ERASED_AT_ONCE));
      rest.look();
      return { ok: true };
    },
  },
});
const rest = new Rest({
  gate: () => gate,
  metadata: () => opened.promise,
  clock,
  onFault: (error) => logger.warn({ err: error }, 'it could not be asked whether there is a bucket'),
});
const answers = new RealmAnswers(() => gate, clock);
let listener: Listener | undefined;

gate.ended.then(
  () => process.exit(0),
  () => process.exit(1),
);

try {
  const beginning = await gate.ask('begin', {});
  const parts = await begin(beginning);
  const keys = new SigningKeys();
  const access = new AccessExport({
    parts,
    record: (record) => recorder.record(record),
    clock,
    logger,
    signal,
  });
  const recorder = new Recorder(
    () => gate,
    (record) => access.take(record),
  );
  const upkeep = new Upkeep({ ...parts, parts, recorder, clock, logger, signal });
  listener = new Listener({
    ...beginning,
    certificate: beginning,
    certificateOf: (organization) => gate.ask('certificate', { organization }),
    onRequest: (incoming, response) => {
      rest.request();
      return serve(incoming, response, { parts, keys, recorder, logger });
    },
    logger,
  });
  await listener.open();
  upkeep.start();
  rest.look();
  await gate.ask('serves', {});
} catch (error) {
  logger.error({ err: error }, 'objects cannot be served');
  const problem = (error instanceof Error ? error.message : String(error)).slice(0, 1_024);
  await gate.ask('serves', { problem }).catch(() => {});
  process.exit(1);
}

async function begin({ database, blobs, domain }: GateBeginning) {
  const connection = database as unknown as PostgresConnection;
  const onFault = (error: unknown) => logger.warn({ err: error }, 'a connection to the database broke');
  const store = await openMetadata({ connection, clock, onFault });
  opened.resolve(store);
  const stored = await backend(blobs);
  const usage = new UsageNotes({
    gate: () => gate,
    metadata: store,
    clock,
    realmOf: (uid) => answers.realmOf(uid),
    onFault: (error) => logger.warn({ err: error }, 'the region could not be told what buckets hold'),
  });
  const metadata = counted(store, (uid) => usage.changed(uid));
  const damage = new Damage({ gate: () => gate, metadata, blobs: stored, clock, logger, signal });
  const hashing = new HashThreads(HASH_THREADS);
  return {
    gate,
    answers,
    metadata,
    blobs: stored,
    reads: new RunningReads(),
    hashing,
    usage,
    damage,
    clock,
    domain,
  };
}

async function backend(blobs: GateBeginning['blobs']): Promise<BlobBackend> {
  if (blobs.type === 'filesystem') return filesystemBackend({ folder: blobs.folder, clock });
  return s3Backend({ ...blobs, clock });
}
