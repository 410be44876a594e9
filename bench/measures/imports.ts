/**
 * A bundle coming in: read by the receiver's process, both digests of each blob made, written, each block on the disk before the next; beside one core's SHA-256 over the same
 * bytes, and beside copying them with fsync, which is what the disk gives. Then how much room it took at its most, what going on after a kill in the middle costs, how long
 * the region's own process is kept from answering meanwhile, and a bundle of many small files.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { TestContext } from 'node:test';
import { NOW_ms, patternOf, RECIPE, startBundleWorld } from '../../src/gap/bundle/testing/bundle-world.ts';
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
const CORES = 2;
const LOOK_MS = 50;
const LOOP_MS = 5;
/** As many as a repository of packages has, as large as most of them. */
const FILES = 1_000;
/** A bundle that is shorter by this: what both take is the start of the receiver’s process and what comes before and after the bytes. */
const SHORTER = 8;
const FILE_BYTES = MIB / 8;
/** CPU of threads is looked at from there on: they end before the work does. */
const LATE = 0.9;

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
      await writeFile(world.path('model.bin'), patternOf(size / SHORTER));
      const short = await world.signed('short', 'tar');
      const { size: shortCarried } = await stat(short);
      await writeFile(world.path('model.bin'), patternOf(size));
      const bundle = await world.signed('large', 'tar');
      const { size: carried } = await stat(bundle);
      say(`a bundle of ${Math.round(carried / MIB)} MiB`);
      const [taken, hashed, copied, rooms, resumed]: number[][] = [[], [], [], [], []];
      const [shares, bounds, loops, many, begun]: number[][] = [[], [], [], [], []];
      for (let run = 0; run < RUNS; run++) {
        const alone = JSON.parse(
          execFileSync(process.execPath, ['-e', HASH, bundle], { encoding: 'utf8' }),
        ) as { readonly ms: number; readonly cpu_ms: number };
        hashed?.push(alone.ms);
        const here = await receive(world, bundle, 'here', { here: true });
        shares?.push(alone.cpu_ms / here.busiest_ms);
        bounds?.push((CORES * alone.cpu_ms) / here.cpu_ms);
        copied?.push(await copy(bundle, world.path('copy')));
        const whole = await receive(world, bundle, 'whole');
        taken?.push(whole.ms);
        rooms?.push(whole.room / carried);
        begun?.push((await receive(world, short, 'begun')).ms);
        loops?.push(whole.loop_ms);
        const half = await receive(world, bundle, 'half', { here: true, killAt: carried / 2 });
        resumed?.push((half.cpu_ms - here.cpu_ms) / here.cpu_ms);
        say(`received in ${Math.round(whole.ms)} ms, hashed in ${Math.round(hashed?.at(-1) ?? 0)} ms`);
      }
      await rm(bundle);
      const small = await manyFiles(world);
      for (let run = 0; run < RUNS; run++) many?.push((await receive(world, small, 'many-in')).ms);
      const rate = (times: readonly number[] = []) => carried / MIB / (median(times) / 1_000);
      const further = (carried - shortCarried) / MIB / ((median(taken) - median(begun)) / 1_000);
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
            what: 'share of it once it is under way',
            value: further / rate(hashed),
            unit: '',
            target: { atLeast: SHARE_MIN },
            note: `${Math.round(further)} MiB/s: what is more in ${Math.round(carried / MIB)} MiB than in ${Math.round(shortCarried / MIB)}, which take ${Math.round(median(begun))} ms`,
          },
          {
            what: 'the same by CPU time: SHA-256’s, of that of the thread that does most',
            value: median(shares),
            unit: '',
            target: { atLeast: SHARE_MIN },
            note: 'what it is on a machine that has cores for all of its threads',
          },
          {
            what: `the same when all of its CPU time is spread over ${CORES} cores, and nothing waits`,
            value: median(bounds),
            unit: '',
            note: 'the most that can be had by the clock where there are two',
          },
          {
            what: 'room on the disk at its most, of the new bytes',
            value: Math.max(...(rooms ?? [])),
            unit: '×',
            target: { atMost: ROOM_MAX },
          },
          {
            what: 'more CPU time when it is killed in the middle and goes on',
            value: 100 * median(resumed),
            unit: '%',
            note: 'what is there is read and hashed again; of the medium one block at most',
          },
          {
            what: 'the longest that the region’s process could not answer meanwhile',
            value: median(loops),
            unit: 'ms',
            note: 'of its event loop, in steps of 5 ms; the receiver is another process',
          },
          {
            what: `${FILES} files of ${FILE_BYTES / 1_024} KiB received, each on the disk by its name`,
            value: FILES / (median(many) / 1_000),
            unit: 'files/s',
          },
        ],
      };
    } finally {
      for (const close of closers.toReversed()) await close();
    }
  },
};

/** The bundle of them, signed. */
async function manyFiles(world: World): Promise<string> {
  const folder = world.path('many-files');
  await mkdir(folder);
  const bytes = patternOf(FILES * FILE_BYTES);
  for (let file = 0; file < FILES; file++) {
    bytes.writeUInt32LE(file, file * FILE_BYTES);
    await writeFile(join(folder, `${file}`), bytes.subarray(file * FILE_BYTES, (file + 1) * FILE_BYTES));
  }
  const recipe = `${RECIPE.slice(0, RECIPE.indexOf('items:'))}${MANY}`;
  return world.signed('many', 'tar', { recipe });
}

const MANY = `items:
  - {type: files, name: many, version: "1", licence: CC0-1.0, files: [{path: many-files, as: many}]}
`;

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
  let busiest_ms = 0;
  const before = await cpuOfThreads();
  const attempt = async (until: number) => {
    const stop = new AbortController();
    const against = {
      trust: world.trust,
      clock_ms: NOW_ms,
      age: {},
      policy: {},
      archives: true,
      signal: stop.signal,
    };
    await store.receive('one', bundle.slice(world.folder.length + 1), against, async (done, total) => {
      if (done >= until) stop.abort();
      if (!here || done < LATE * total) return;
      for (const [thread, ms] of await cpuOfThreads())
        busiest_ms = Math.max(busiest_ms, ms - (before.get(thread) ?? 0));
    });
  };
  const loop = monitorEventLoopDelay({ resolution: LOOP_MS });
  loop.enable();
  const started = performance.now();
  const cpu = process.cpuUsage();
  if (killAt !== undefined) await attempt(killAt).catch(() => {});
  await attempt(Number.POSITIVE_INFINITY);
  const ms = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  loop.disable();
  clearInterval(looking);
  room = Math.max(room, await roomOf(folders.quarantine));
  await rm(world.path(name), { recursive: true });
  return { ms, room, busiest_ms, cpu_ms: (user + system) / 1_000, loop_ms: loop.max / 1e6 };
}

/** Of this process, since each began, in ms: proc(5), schedstat. */
async function cpuOfThreads(): Promise<ReadonlyMap<string, number>> {
  const all = new Map<string, number>();
  for (const thread of await readdir('/proc/self/task')) {
    const text = await readFile(`/proc/self/task/${thread}/schedstat`, 'utf8').catch(() => '0');
    all.set(thread, Number(text.split(' ')[0]) / 1e6);
  }
  return all;
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
