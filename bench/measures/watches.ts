/** How soon 1,000 watchers hear of a commit. Watchers and the writer share a process of their own, and so a clock. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeMember, makeOrganization } from '../lib/api.ts';
import { BenchRegion } from '../lib/region.ts';
import { latencyOf } from '../lib/statistics.ts';
import type { Target } from '../lib/target.ts';
import type { Measure } from './context.ts';

const WATCHERS = 1_000;
/** One person may have 500 watches open. */
const PEOPLE = 4;
const DELIVERY_MS_MAX = 20;
/** Writes a second: far enough apart that one's deliveries end before the next begins. */
const INTERVAL_MS = 100;

export interface WatchJob {
  readonly people: readonly Target[];
  readonly watchers: number;
  readonly writes: number;
  readonly interval_ms: number;
  /** The region process. */
  readonly serverPid: number;
}

export interface WatchResult {
  /** Of each write with nobody watching: from sending it to its answer. */
  readonly unwatched_ms: readonly number[];
  /** The same with all watching. */
  readonly watched_ms: readonly number[];
  /** Of each write and each watcher: from sending the write to hearing of it. */
  readonly sentToHeard_ms: Float64Array;
  /** The same from the write's answer; below zero where the watcher heard first. */
  readonly answeredToHeard_ms: Float64Array;
  /** Of each write: from the first watcher that heard to the last. */
  readonly spread_ms: readonly number[];
  /** CPU of the process of the watchers for each delivery. */
  readonly clientCpu_us: number;
  /** CPU of the region process for each delivery, the write and all else it did meanwhile included. */
  readonly serverCpu_us: number;
}

export const watches: Measure = {
  summary: 'watch delivery after commit with 1,000 watchers, p99',
  async run({ quick, profile }) {
    const region = await BenchRegion.make();
    try {
      await region.start();
      const admin = await makeOrganization(region.operator, 'bench');
      const people = [admin];
      for (let i = 1; i < PEOPLE; i++) people.push(await makeMember(admin, `user-${i}`));
      await region.stop();
      await region.start({
        controllers: false,
        ...(profile === undefined ? {} : { profile: join(profile, 'watch.cpuprofile') }),
      });
      const watchers = WATCHERS;
      const job: WatchJob = {
        people,
        watchers,
        writes: quick ? 30 : 200,
        interval_ms: INTERVAL_MS,
        serverPid: region.pid,
      };
      const result = await runWatchJob(job);
      const unwatched = latencyOf(result.unwatched_ms);
      const watched = latencyOf(result.watched_ms);
      const answered = latencyOf(result.answeredToHeard_ms);
      const sent = latencyOf(result.sentToHeard_ms);
      const spread = latencyOf(result.spread_ms);
      const target = { atMost: DELIVERY_MS_MAX };
      return {
        name: 'watches',
        rows: [
          {
            what: `commit to delivery, ${watchers} watchers, p99`,
            value: answered.p99_ms,
            unit: 'ms',
            target,
            note: `from the writer’s answer, which leaves at the commit and before any watcher is told; p50 ${answered.p50_ms.toFixed(1)} ms; first watcher to last: p50 ${spread.p50_ms.toFixed(1)} ms`,
          },
          {
            what: 'the slowest commits’ own time with it, p99',
            value: sent.p99_ms - unwatched.p50_ms,
            unit: 'ms',
            note: `from sending the write, less the ${unwatched.p50_ms.toFixed(1)} ms that such a write takes at the median; p50 ${(sent.p50_ms - unwatched.p50_ms).toFixed(1)} ms`,
          },
          {
            what: 'CPU of the region process for each delivery',
            value: result.serverCpu_us,
            unit: 'µs',
            note: `the watchers’ own: ${result.clientCpu_us.toFixed(1)} µs; a write with nobody watching p99 ${unwatched.p99_ms.toFixed(1)} ms, with all watching p50 ${watched.p50_ms.toFixed(1)}, p99 ${watched.p99_ms.toFixed(1)} ms`,
          },
        ],
      };
    } finally {
      await region.destroy();
    }
  },
};

function runWatchJob(job: WatchJob): Promise<WatchResult> {
  const child = fork(fileURLToPath(new URL('../load/watchers.ts', import.meta.url)), {
    serialization: 'advanced',
  });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the watchers ended with ${code}`)));
    child.once('message', (result: WatchResult) => resolve(result));
    child.send(job);
  });
}
