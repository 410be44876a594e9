/**
 * A bundle coming in: read by the receiver's process, both digests of each blob made, written, synced; beside one core's SHA-256 over the same bytes, and beside copying them
 * with fsync, which is what the disk gives. Then how much room it took at its most, and what going on after a kill in the middle costs.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { NOW_ms, patternOf, startBundleWorld } from '../../src/gap/bundle/testing/bundle-world.ts';
import { startedHere } from '../../src/gap/confined/start.ts';
import { gapFolders } from '../../src/gap/import/folders.ts';
import { processReceiver } from '../../src/gap/import/receiver/client.ts';
import { receiverCommand } from '../../src/gap/import/receiver/command.ts';
import { ownReceiver } from '../../src/gap/import/receiver/jobs.ts';
import { ImportStore } from '../../src/gap/import/store.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import type { Measure } from './context.ts';

const MIB = 1024 * 1024;
const BYTES = 1_024 * MIB;
const RUNS = 3;
const SHARE_MIN = 0.8;
const ROOM_MAX = 1.05;
const LOOK_MS = 50;

/** One core: reads while it hashes, as anything that checks a file would. */
const HASH = `
const { createHash } = require('node:crypto');
const { createReadStream } = require('node:fs');
(async () => {
  const started = performance.now();
  const before = process.threadCpuUsage();
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(process.argv[1], { highWaterMark: 4194304 })) hash.update(chunk);
  hash.digest();
  const ms = performance.now() - started;
  const { user, system } = process.threadCpuUsage(before);
  console.log(JSON.stringify({ ms, cpu_ms: (user + system) / 1000 }));
})();
`;

export const imports: Measure = {
  summary: 'a bundle of 1 GiB received, beside SHA-256 of its bytes',
  async run({ quick, say }) {
    const closers: (() => unknown)[] = [];
    const t = { after: (close: () => unknown) => closers.push(close) } as unknown as TestContext;
    try {
      const world = await startBundleWorld(t);
      const size = quick ? BYTES / 8 : BYTES;
      await writeFile(world.path('model.bin'), patternOf(size));
      const bundle = await world.signed('large', 'tar');
      const { size: carried } = await stat(bundle);
      say(`a bundle of ${Math.round(carried / MIB)} MiB`);
      const [taken, hashed, copied, rooms, resumed, shares]: number[][] = [[], [], [], [], [], []];
      for (let run = 0; run < RUNS; run++) {
        const alone = JSON.parse(
          execFileSync(process.execPath, ['-e', HASH, bundle], { encoding: 'utf8' }),
        ) as { readonly ms: number; readonly cpu_ms: number };
        hashed?.push(alone.ms);
        const before = process.threadCpuUsage();
        await receive(world, bundle, 'here', { here: true });
        const { user, system } = process.threadCpuUsage(before);
        shares?.push(alone.cpu_ms / ((user + system) / 1_000));
        copied?.push(await copy(bundle, world.path('copy')));
        const whole = await receive(world, bundle, 'whole');
        taken?.push(whole.ms);
        rooms?.push(whole.room / carried);
        const half = await receive(world, bundle, 'half', { killAt: carried / 2 });
        resumed?.push((half.ms - whole.ms) / whole.ms);
        say(`received in ${Math.round(whole.ms)} ms, hashed in ${Math.round(hashed?.at(-1) ?? 0)} ms`);
      }
      const rate = (times: readonly number[] = []) => carried / MIB / (median(times) / 1_000);
      return {
        name: 'imports',
        rows: [
          {
            what: 'received: verified, both digests, copied, on the disk',
            value: rate(taken),
            unit: 'MiB/s',
            peer: { what: 'SHA-256 of the same bytes, one core', value: rate(hashed) },
            note: `copied with fsync alone: ${Math.round(rate(copied))} MiB/s; median of ${RUNS}`,
          },
          {
            what: 'share of one core’s SHA-256',
            value: median(hashed) / median(taken),
            unit: '',
            target: { atLeast: SHARE_MIN },
          },
          {
            what: 'the same by CPU time: SHA-256’s, of that of the thread that does most',
            value: median(shares),
            unit: '',
            target: { atLeast: SHARE_MIN },
            note: 'what it is on a machine that has a core for each of its two threads',
          },
          {
            what: 'room on the disk at its most, of the new bytes',
            value: Math.max(...(rooms ?? [])),
            unit: '×',
            target: { atMost: ROOM_MAX },
          },
          {
            what: 'more time when it is killed in the middle and goes on',
            value: 100 * median(resumed),
            unit: '%',
            note: 'what is there is read and hashed again; of the medium one block at most',
          },
        ],
      };
    } finally {
      for (const close of closers.toReversed()) await close();
    }
  },
};

type World = Awaited<ReturnType<typeof startBundleWorld>>;

interface How {
  /** Bytes after which it is killed once, and begun again. */
  readonly killAt?: number;
  /** In this very process, to see what its threads take. */
  readonly here?: boolean;
}

/** Receives it into folders of their own. */
async function receive(world: World, bundle: string, name: string, { killAt, here = false }: How = {}) {
  const folders = { ...gapFolders(world.path(name)), inbox: world.folder };
  for (const folder of Object.values(folders)) await mkdir(folder, { recursive: true });
  const advisories = world.path('advisories');
  await mkdir(advisories, { recursive: true });
  const store = new ImportStore({
    folders,
    advisories,
    receiver: here
      ? ownReceiver()
      : processReceiver(startedHere(receiverCommand({ folders, advisories })), systemClock),
  });
  let room = 0;
  const looking = setInterval(async () => {
    room = Math.max(room, await roomOf(folders.quarantine).catch(() => 0));
  }, LOOK_MS);
  const attempt = async (until: number) => {
    const stop = new AbortController();
    const against = { trust: world.trust, clock_ms: NOW_ms, age: {}, policy: {}, signal: stop.signal };
    await store.receive('one', bundle.slice(world.folder.length + 1), against, async (done) => {
      if (done >= until) stop.abort();
    });
  };
  const started = performance.now();
  if (killAt !== undefined) await attempt(killAt).catch(() => {});
  await attempt(Number.POSITIVE_INFINITY);
  const ms = performance.now() - started;
  clearInterval(looking);
  room = Math.max(room, await roomOf(folders.quarantine));
  await rm(world.path(name), { recursive: true });
  return { ms, room };
}

async function roomOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += 512 * (await stat(join(entry.parentPath, entry.name))).blocks;
  }
  return bytes;
}

async function copy(from: string, to: string): Promise<number> {
  const started = performance.now();
  execFileSync('dd', [`if=${from}`, `of=${to}`, 'bs=4M', 'conv=fsync', 'status=none']);
  const ms = performance.now() - started;
  await rm(to);
  return ms;
}

function median(all: readonly number[] = []): number {
  return all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;
}
