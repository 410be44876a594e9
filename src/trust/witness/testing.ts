/** For tests: real witnesses on sockets of this machine, and a region's database forked. Tests only. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Clock } from '#kernel/clock.ts';
import { cosignerVkey } from '#kernel/log/cosignature.ts';
import { append, EMPTY_FRONTIER } from '#kernel/log/merkle.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { MemoryStorage } from '#kernel/store/memory-storage.ts';
import type { LogStorage, StoredLeaf } from '#kernel/store/storage.ts';
import { createWitness, openWitness, type WitnessFolder } from './folder.ts';
import { serveWitness } from './server.ts';
import { Witness } from './witness.ts';

export interface RunningWitness {
  readonly folder: string;
  readonly made: WitnessFolder;
  readonly url: string;
  /** Vkeys. */
  readonly keys: readonly string[];
  /** Files of evidence that it wrote. */
  readonly caught: readonly string[];
  close(): Promise<void>;
}

/** Starts a witness that follows these logs; it is gone when the test ends. */
export async function startWitness(
  t: TestContext,
  name: string,
  follows: readonly string[],
  clock: Clock,
): Promise<RunningWitness> {
  const folder = await mkdtemp(join(tmpdir(), 'casemate-witness-'));
  const made = await createWitness(folder, name);
  for (const vkey of follows) await made.follow(vkey);
  const caught: string[] = [];
  const witness = new Witness(await openWitness(folder), clock, {
    splitView: (_origin, file) => caught.push(file ?? ''),
  });
  const server = await serveWitness(witness, {
    host: '127.0.0.1',
    port: 0,
    onFault: (error) => {
      throw error;
    },
  });
  t.after(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });
  const url = `http://127.0.0.1:${server.port}`;
  return { folder, made, url, keys: made.cosigners.map(cosignerVkey), caught, close: () => server.close() };
}

/** As much as there is in any realm of a test. */
const ALL = 100_000;

function whole<Leaf extends StoredLeaf>(leaves: readonly Leaf[]) {
  const { frontier, tileNodes } = append(
    EMPTY_FRONTIER,
    leaves.map(({ hash }) => hash),
  );
  return { leaves, frontier, tileNodes };
}

/** A second database that is what the first is now: what somebody who copies a region's disk has. */
export async function forkDatabase(storage: LogStorage, realms: readonly RealmId[]): Promise<MemoryStorage> {
  const fork = new MemoryStorage();
  for (const id of realms) {
    const record = await storage.readRealm(id);
    if (!record) throw new Error(`${id} is not there`);
    await fork.createRealm({
      id,
      uid: record.uid,
      changes: whole((await storage.readChanges(record.uid, 0, ALL)) ?? []),
      access: whole(await storage.readLeaves(record.uid, 'access', 0, ALL)),
    });
  }
  return fork;
}
