/** Reads how full and how busy this machine is, now and every five minutes; keeps a day of it in memory. */
import { readFile, statfs } from 'node:fs/promises';
import { availableParallelism, freemem, loadavg, totalmem } from 'node:os';
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import { type MachineNow, SAMPLE_INTERVAL_MS, type Sample } from './about.ts';

/** A day of them. */
export const SAMPLES_MAX = 288;
const KIB = 1_024;

/** What can be had without swapping: caches are given back. Pure. */
export function availableBytes(meminfo: string): number | undefined {
  const [, kib] = /^MemAvailable: +(\d+) kB$/m.exec(meminfo) ?? [];
  return kib === undefined ? undefined : Number(kib) * KIB;
}

export async function machineNow(folder: string): Promise<MachineNow> {
  const [meminfo, { blocks, bavail, bsize }] = await Promise.all([
    readFile('/proc/meminfo', 'utf8').catch(() => ''),
    statfs(folder),
  ]);
  const total = totalmem();
  return {
    processors: availableParallelism(),
    load: loadavg()[0] ?? 0,
    memory: { total, used: total - (availableBytes(meminfo) ?? freemem()) },
    disk: { total: blocks * bsize, used: (blocks - bavail) * bsize },
  };
}

export interface Trend {
  samples(): readonly Sample[];
  stop(): void;
}

/** Takes a sample now and every five minutes until it is stopped. One that cannot be taken is left out. */
export function followMachine(clock: Clock, look: () => Promise<MachineNow>): Trend {
  const samples: Sample[] = [];
  let cancel = () => {};
  let isStopped = false;
  const take = () => {
    look()
      .then(({ load, memory, disk }) => {
        samples.push({ at: rfc3339(clock.now()), load, memory: memory.used, disk: disk.used });
        if (samples.length > SAMPLES_MAX) samples.shift();
      })
      .catch(() => {})
      .finally(() => {
        if (!isStopped) cancel = clock.after(SAMPLE_INTERVAL_MS, take);
      });
  };
  take();
  return {
    samples: () => samples,
    stop() {
      isStopped = true;
      cancel();
    },
  };
}
