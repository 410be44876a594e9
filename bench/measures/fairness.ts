/**
 * What a flood in one organization does to another: p99 of a quiet organization's reads and writes by itself, and while 200 clients of ten
 * users of another send as fast as they can.
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
const SETTLE_MS = 5_000;
const PATH = '/api/v1/namespaces/default/configmaps';

export const fairness: Measure = {
  summary: 'a flood in one organization, and the p99 of another',
  async run({ quick, say }) {
    const duration_ms = quick ? 8_000 : 30_000;
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
      for (const what of ['reads', 'writes'] as const) {
        first += 10_000_000;
        const start = first;
        const job = (target: Target): Job => ({
          targets: [target],
          clients: QUIET_CLIENTS,
          requests: Number.MAX_SAFE_INTEGER,
          duration_ms,
          warmup_ms: SETTLE_MS,
          method: what === 'reads' ? 'GET' : 'POST',
          path: what === 'reads' ? `${PATH}?limit=20` : PATH,
          ...(what === 'reads' ? {} : { body: '{"metadata":{"name":"c-%"},"data":{"key":"value"}}' }),
          first: start,
        });
        let round = 0;
        // Names of their own each time.
        const calm = (): Job => ({
          ...job(quiet),
          pause_ms: QUIET_PAUSE_MS,
          first: start + 1_000_000 * round++,
        });
        const alone = await runJob(calm());
        const flooding = runJob({
          ...job(quiet),
          targets: flood,
          clients: FLOOD_CLIENTS,
          duration_ms: duration_ms + SETTLE_MS,
          warmup_ms: 0,
        });
        const beside = await runJob(calm());
        const flooded = await flooding;
        const again = await runJob(calm());
        for (const result of [alone, beside, again]) expectGood(result);
        const [before, during, after] = [alone, beside, again].map(({ latencies_ms }) =>
          latencyOf(latencies_ms),
        );
        if (!before || !during || !after) throw new Error('nothing was measured');
        const base = (before.p99_ms + after.p99_ms) / 2;
        const rate = flooded.latencies_ms.length / (flooded.elapsed_ms / 1_000);
        say(
          `${what}: p99 ${before.p99_ms.toFixed(1)}, ${during.p99_ms.toFixed(1)} in the flood of ${Math.round(rate)}/s, ${after.p99_ms.toFixed(1)} ms after`,
        );
        rows.push({
          what: `${what}: p99 in the flood beside p99 without`,
          value: during.p99_ms / base,
          unit: '×',
          target: { atMost: P99_RATIO_MAX },
          note:
            `p50 ${before.p50_ms.toFixed(1)} → ${during.p50_ms.toFixed(1)} ms, p99 ${base.toFixed(1)} → ${during.p99_ms.toFixed(1)} ms ` +
            `(${before.p99_ms.toFixed(1)} before, ${after.p99_ms.toFixed(1)} after); the flood got ${Math.round(rate)}/s (${JSON.stringify(flooded.codes)})`,
        });
      }
      return { name: 'fairness', rows };
    } finally {
      await region.destroy();
    }
  },
};

/** Everything a quiet organization asks is answered. */
function expectGood({ codes }: JobResult): void {
  const bad = Object.keys(codes).filter((code) => !code.startsWith('2'));
  if (bad.length > 0) throw new Error(`the quiet organization was refused: ${JSON.stringify(codes)}`);
}
