/**
 * What a flood in one organization does to another: p99 of a quiet organization's reads and writes by itself, and while 200 clients of ten users of another
 * send as fast as they can; beside the same with nothing that holds the flood back. Calm and flood take turns, since others use the machine too.
 */
import { makeMember, makeOrganization } from '../lib/api.ts';
import { BenchRegion } from '../lib/region.ts';
import type { Row } from '../lib/result.ts';
import { latencyOf } from '../lib/statistics.ts';
import type { Target } from '../lib/target.ts';
import { type Job, type JobResult, runJob } from '../load/job.ts';
import type { Measure } from './context.ts';

const FLOOD_CLIENTS = 200;
const FLOOD_USERS = 10;
const QUIET_CLIENTS = 4;
/** Between two requests of a quiet client. */
const QUIET_PAUSE_MS = 20;
const P99_RATIO_MAX = 1.2;
/** Until a flood has its connections, and its share. */
const SETTLE_MS = 4_000;
const ROUND_MS = 6_000;
const PATH = '/api/v1/namespaces/default/configmaps';
/** Says that the process is never busy, so that no share is ever looked at. */
const NO_SHARES = '--import=data:text/javascript,performance.eventLoopUtilization=()=>({utilization:0})';

type Kind = 'reads' | 'writes';

interface Result {
  readonly calm_ms: number[];
  readonly flooded_ms: number[];
  flood: number;
  flood_s: number;
}

export const fairness: Measure = {
  summary: 'a flood in one organization, and the p99 of another',
  async run({ quick, say }) {
    const rounds = quick ? 1 : 4;
    // As a region is set up by itself.
    const region = await BenchRegion.make({ requestsPerSecond: 1_000 });
    try {
      await region.start();
      const quiet = await makeOrganization(region.operator, 'quiet');
      const flood = [await makeOrganization(region.operator, 'flood')];
      // Of many users, so that it is not the rate of one that holds it back.
      for (let i = 1; i < FLOOD_USERS; i++) flood.push(await makeMember(flood[0] as Target, `member-${i}`));
      const rows: Row[] = [];
      let first = 10_000_000;
      const measure = async (kind: Kind) => {
        const result: Result = { calm_ms: [], flooded_ms: [], flood: 0, flood_s: 0 };
        for (let round = 0; round < rounds; round++) {
          const job = (targets: readonly Target[], more: Partial<Job>): Job => {
            first += 1_000_000;
            return { ...jobOf(kind, targets), first, ...more };
          };
          const calm = { clients: QUIET_CLIENTS, pause_ms: QUIET_PAUSE_MS };
          result.calm_ms.push(...good(await runJob(job([quiet], calm))));
          const flooding = runJob(
            job(flood, { clients: FLOOD_CLIENTS, duration_ms: ROUND_MS + SETTLE_MS, warmup_ms: 0 }),
          );
          result.flooded_ms.push(...good(await runJob(job([quiet], calm))));
          const flooded = await flooding;
          result.flood += flooded.latencies_ms.length;
          result.flood_s += flooded.elapsed_ms / 1_000;
        }
        return summaryOf(result);
      };
      const held = { reads: await measure('reads'), writes: await measure('writes') };
      await region.stop();
      await region.start({ nodeOptions: [NO_SHARES] });
      const free = { reads: await measure('reads'), writes: await measure('writes') };
      for (const kind of ['reads', 'writes'] as const) {
        const [ours, theirs] = [held[kind], free[kind]];
        say(`${kind}: ${ours.text}; without shares ${theirs.text}`);
        rows.push({
          what: `${kind}: p99 in the flood beside p99 without it`,
          value: ours.ratio,
          unit: '×',
          target: { atMost: P99_RATIO_MAX },
          peer: { what: 'with nothing that holds the flood back', value: theirs.ratio },
          note: `${ours.text}; with nothing that holds it back ${theirs.text}`,
        });
      }
      return { name: 'fairness', rows };
    } finally {
      await region.destroy();
    }
  },
};

function jobOf(kind: Kind, targets: readonly Target[]): Job {
  const common = {
    targets,
    clients: QUIET_CLIENTS,
    requests: Number.MAX_SAFE_INTEGER,
    duration_ms: ROUND_MS,
    warmup_ms: SETTLE_MS,
  };
  return kind === 'reads'
    ? { ...common, method: 'GET', path: `${PATH}?limit=20` }
    : { ...common, method: 'POST', path: PATH, body: '{"metadata":{"name":"c-%"},"data":{"key":"value"}}' };
}

/** Everything a quiet organization asks is answered. */
function good({ codes, latencies_ms }: JobResult): readonly number[] {
  const bad = Object.keys(codes).filter((code) => !code.startsWith('2'));
  if (bad.length > 0) throw new Error(`the quiet organization was refused: ${JSON.stringify(codes)}`);
  return latencies_ms;
}

function summaryOf({ calm_ms, flooded_ms, flood, flood_s }: Result): {
  readonly ratio: number;
  readonly text: string;
} {
  const [calm, flooded] = [latencyOf(calm_ms), latencyOf(flooded_ms)];
  return {
    ratio: flooded.p99_ms / calm.p99_ms,
    text:
      `p50 ${calm.p50_ms.toFixed(1)} → ${flooded.p50_ms.toFixed(1)} ms, p99 ${calm.p99_ms.toFixed(1)} → ${flooded.p99_ms.toFixed(1)} ms, ` +
      `the flood got ${Math.round(flood / flood_s)}/s`,
  };
}
