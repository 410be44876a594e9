/** GET of one object by 64 clients, requests a second for each core of the region process, beside a bare Node server of the same bytes. */
import { join } from 'node:path';
import { call, makeOrganization } from '../lib/api.ts';
import { startBareServer } from '../lib/bare-server.ts';
import { BenchRegion } from '../lib/region.ts';
import type { Row } from '../lib/result.ts';
import { cpuSeconds, latencyOf } from '../lib/statistics.ts';
import type { Target } from '../lib/target.ts';
import { expectOnly, runJob } from '../load/job.ts';
import type { Measure } from './context.ts';

const CLIENTS = 64;
const WARMUP_MS = 2_000;
const GETS_PER_CORE_MIN = 5_000;

export const gets: Measure = {
  summary: 'GET of one object with 64 clients, requests/s a core',
  async run({ quick, profile, say }) {
    const duration_ms = quick ? 3_000 : 15_000;
    const region = await BenchRegion.make();
    try {
      await region.start();
      const organization = await makeOrganization(region.operator, 'bench');
      const path = '/apis/compute.casemate.internal/v1/namespaces/default/instances';
      await region.stop();
      await region.start({
        controllers: false,
        ...(profile === undefined ? {} : { profile: join(profile, 'get.cpuprofile') }),
      });
      const spec = { image: 'debian-12', cpu: '2', memory: '2Gi' };
      await call(organization, 'POST', path, { metadata: { name: 'one' }, spec });
      const one = await call<object>(organization, 'GET', `${path}/one`);
      const ours = await measure(organization, `${path}/one`, region.pid, duration_ms);
      await region.stop();
      say(`${Math.round(ours.perCore)} requests/s a core`);
      const bare = await startBareServer(organization, Buffer.from(JSON.stringify(one)));
      const theirs = await measure(bare.target, '/one', bare.pid, duration_ms);
      await bare.stop();
      say(`bare: ${Math.round(theirs.rate)}/s on ${theirs.cores.toFixed(2)} cores`);
      const row: Row = {
        what: `GET of one instance, ${CLIENTS} clients`,
        value: ours.perCore,
        unit: '/s a core',
        target: { atLeast: GETS_PER_CORE_MIN },
        peer: { what: 'bare Node https server of the same bytes', value: theirs.perCore },
        note: `${Math.round(ours.rate)}/s on ${ours.cores.toFixed(2)} cores, p50 ${ours.p50_ms.toFixed(1)} ms, p99 ${ours.p99_ms.toFixed(1)} ms`,
      };
      return { name: 'gets', rows: [row] };
    } finally {
      await region.destroy();
    }
  },
};

async function measure(target: Target, path: string, pid: number, duration_ms: number) {
  let cpu_s = 0;
  let wall_s = 0;
  const job = { targets: [target], clients: CLIENTS, requests: Number.MAX_SAFE_INTEGER, duration_ms };
  const result = await runJob(
    { ...job, warmup_ms: WARMUP_MS, method: 'GET', path },
    {
      onStart() {
        cpu_s = -cpuSeconds(pid);
        wall_s = -performance.now() / 1000;
      },
      onEnd() {
        cpu_s += cpuSeconds(pid);
        wall_s += performance.now() / 1000;
      },
    },
  );
  expectOnly(result, 200);
  const rate = result.latencies_ms.length / (result.elapsed_ms / 1000);
  const cores = cpu_s / wall_s;
  return { rate, cores, perCore: rate / cores, ...latencyOf(result.latencies_ms) };
}
