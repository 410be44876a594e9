/** Durable creates a second through the whole API, beside etcd's durable puts a second on the same disk. */
import { join } from 'node:path';
import { makeOrganization } from '../lib/api.ts';
import { startEtcd } from '../lib/etcd.ts';
import { BenchRegion } from '../lib/region.ts';
import type { Row } from '../lib/result.ts';
import { cpuSeconds, latencyOf } from '../lib/statistics.ts';
import type { Target } from '../lib/target.ts';
import { expectOnly, type JobResult, runJob } from '../load/job.ts';
import type { Measure, MeasureOptions } from './context.ts';

const CLIENTS = 200;
const WARMUP_MS = 2_000;
/** Of eight digits, for names of one length. */
const FIRST = 10_000_000;

/** As large as the ConfigMap: what is stored is of the same size on both sides. */
const DATA = 'x'.repeat(256);
const CONFIG_MAP = JSON.stringify({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'bench-%' },
  data: { text: DATA },
});
export const INSTANCE = JSON.stringify({
  apiVersion: 'compute.casemate.internal/v1',
  kind: 'Instance',
  metadata: { name: 'bench-%', labels: { app: 'bench' } },
  spec: { image: 'debian-12', cpu: '2', memory: '2Gi' },
});

const KINDS = [
  { name: 'ConfigMap', path: '/api/v1/namespaces/default/configmaps', body: CONFIG_MAP },
  {
    name: 'Instance',
    path: '/apis/compute.casemate.internal/v1/namespaces/default/instances',
    body: INSTANCE,
  },
];

export const creates: Measure = {
  summary: 'durable creates/s through the full API, beside etcd’s durable puts/s',
  async run(options) {
    const { quick, say, profile } = options;
    const duration_ms = quick ? 3_000 : 15_000;
    const puts = await measureEtcd(options, duration_ms);
    const region = await BenchRegion.make();
    try {
      await region.start();
      const organization = await makeOrganization(region.operator, 'bench');
      await region.stop();
      const rows: Row[] = [];
      for (const { name, path, body } of KINDS) {
        const file = profile === undefined ? undefined : join(profile, `create-${name}.cpuprofile`);
        await region.start({ controllers: false, ...(file === undefined ? {} : { profile: file }) });
        let cpu = { region: 0, at: 0 };
        const result = await load(organization, path, body, duration_ms, {
          onStart: () => (cpu = { region: cpuSeconds(region.pid), at: performance.now() }),
          onEnd: () => {
            cpu = {
              region: cpuSeconds(region.pid) - cpu.region,
              at: (performance.now() - cpu.at) / 1000,
            };
          },
        });
        await region.stop();
        expectOnly(result, 201);
        const rate = rateOf(result);
        const { p50_ms, p99_ms } = latencyOf(result.latencies_ms);
        const cores = cpu.region / cpu.at;
        say(`${name}: ${Math.round(rate)} creates/s, region process on ${cores.toFixed(2)} cores`);
        rows.push({
          what: `${name} creates, ${CLIENTS} clients`,
          value: rate,
          unit: '/s',
          target: { atLeast: 0.5 * puts.named },
          peer: { what: puts.what, value: puts.named },
          note: `${(rate / puts.best).toFixed(2)} × etcd’s quicker count; p50 ${p50_ms.toFixed(0)} ms, p99 ${p99_ms.toFixed(0)} ms; region process ${cores.toFixed(2)} cores, so ${Math.round(rate / cores)}/s a core`,
        });
      }
      return { name: 'creates', rows: [...rows, ...puts.rows] };
    } finally {
      await region.destroy();
    }
  },
};

const rateOf = (result: JobResult): number => result.latencies_ms.length / (result.elapsed_ms / 1000);

function load(
  target: Target,
  path: string,
  body: string,
  duration_ms: number,
  hooks = {},
): Promise<JobResult> {
  const requests = Number.MAX_SAFE_INTEGER;
  const job = {
    targets: [target],
    clients: CLIENTS,
    requests,
    duration_ms,
    warmup_ms: WARMUP_MS,
    method: 'POST',
    first: FIRST,
  };
  return runJob({ ...job, path, body }, hooks);
}

/** `named`: etcd’s own measure, which the target is of. `best`: the better of it and of the same generator that we are measured with. */
async function measureEtcd({ quick, say }: MeasureOptions, duration_ms: number) {
  const etcd = await startEtcd();
  try {
    const value = Buffer.from(DATA.repeat(2)).toString('base64');
    // Eight digits are base64 as they stand, of six bytes that differ from request to request.
    const body = JSON.stringify({ key: 'YmVuY2gv%', value });
    const result = await load(etcd.target, '/v3/kv/put', body, duration_ms);
    const gateway = result.codes['200'] === result.latencies_ms.length ? rateOf(result) : Number.NaN;
    say(`etcd ${etcd.version}: ${Math.round(gateway)} puts/s through its JSON gateway`);
    const rows: Row[] = [
      { what: `etcd puts through its JSON gateway, ${CLIENTS} clients`, value: gateway, unit: '/s' },
    ];
    if (quick) return { best: gateway, named: gateway, what: 'etcd (JSON gateway)', rows };
    const { puts_per_s: named, text } = await etcd.checkPerf('l');
    say(text.trim());
    rows.push({
      what: 'etcdctl check perf --load=l',
      value: named,
      unit: 'puts/s',
      note: 'it asks for 8,000/s of 500 clients',
    });
    return { best: Math.max(gateway, named), named, what: 'etcd (check perf --load=l)', rows };
  } finally {
    await etcd.stop();
  }
}
