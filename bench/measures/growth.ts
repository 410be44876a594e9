/** How latency grows with what a region holds: the same creates and gets with 1,000 objects and with 1,000,000. */
import { openPostgres } from '#engines/postgres/open-postgres.ts';
import { systemActor } from '#kernel/access.ts';
import { systemClock } from '#kernel/clock.ts';
import { organizationRealm } from '#kernel/realm-id.ts';
import { KindRegistry } from '#kernel/registry.ts';
import { openRealms } from '#kernel/store/realms.ts';
import { ConfigMap } from '#services/tenancy/config-map.ts';
import { softwareKeyring } from '#trust/keys/keyring.ts';
import { loadOrCreateMasterKey } from '#trust/keys/master-key.ts';
import { makeOrganization } from '../lib/api.ts';
import { BenchRegion } from '../lib/region.ts';
import type { Row } from '../lib/result.ts';
import { type Latency, latencyOf, residentBytes } from '../lib/statistics.ts';
import type { Target } from '../lib/target.ts';
import { expectOnly, runJob } from '../load/job.ts';
import type { Measure } from './context.ts';

const SMALL = 1_000;
const GROWTH_MAX = 1.5;
const CLIENTS = 8;
const SEED_AT_ONCE = 2_000;
const PATH = '/api/v1/namespaces/default/configmaps';
const DATA = { text: 'x'.repeat(256) };
/** Room for a million objects and their indexes; Node's own limit depends on the machine. */
const HEAP_MIB = 12_288;

interface Sample {
  readonly create: Latency;
  readonly get: Latency;
  readonly ready_ms: number;
  readonly resident_bytes: number;
}

export const growth: Measure = {
  summary: 'growth of create and get latency from 1,000 objects to 100,000 (1,000,000 with --long)',
  async run({ quick, long, say }) {
    const large = long ? 1_000_000 : quick ? 10_000 : 100_000;
    const duration_ms = quick ? 3_000 : 10_000;
    const region = await BenchRegion.make();
    try {
      await region.start();
      const organization = await makeOrganization(region.operator, 'bench');
      await region.stop();
      await seed(region, 0, SMALL);
      const before = await sample(region, organization, duration_ms, 'small');
      say(`${SMALL}: ${JSON.stringify(before)}`);
      const started = performance.now();
      await seed(region, SMALL, large);
      say(`seeded to ${large} in ${Math.round((performance.now() - started) / 1000)} s`);
      const after = await sample(region, organization, duration_ms, 'large');
      say(`${large}: ${JSON.stringify(after)}`);
      const rows = (['create', 'get'] as const).flatMap((operation): Row[] => [
        {
          what: `${operation}, growth of p50 from ${SMALL} objects to ${large}`,
          value: after[operation].p50_ms / before[operation].p50_ms,
          unit: '×',
          target: { atMost: GROWTH_MAX },
          note: `${before[operation].p50_ms.toFixed(2)} ms → ${after[operation].p50_ms.toFixed(2)} ms; p99 ${before[operation].p99_ms.toFixed(1)} ms → ${after[operation].p99_ms.toFixed(1)} ms; ${CLIENTS} clients`,
        },
      ]);
      return {
        name: 'growth',
        rows: [
          ...rows,
          {
            what: `start of the region and a first read with ${large} objects`,
            value: after.ready_ms,
            unit: 'ms',
          },
          {
            what: 'memory an object',
            value: (after.resident_bytes - before.resident_bytes) / (large - SMALL) / 1024,
            unit: 'KiB',
            note: `resident, of ConfigMaps of ${DATA.text.length} bytes of text; ${Math.round(after.resident_bytes / 2 ** 20)} MiB in all`,
          },
        ],
      };
    } finally {
      await region.destroy();
    }
  },
};

async function sample(
  region: BenchRegion,
  target: Target,
  duration_ms: number,
  prefix: string,
): Promise<Sample> {
  const started = performance.now();
  await region.start({ controllers: false, nodeOptions: [`--max-old-space-size=${HEAP_MIB}`] });
  const common = { targets: [target], clients: CLIENTS, requests: Number.MAX_SAFE_INTEGER, duration_ms };
  // The first request reads the realm into memory.
  const first = { ...common, clients: 1, requests: 1, method: 'GET', path: `${PATH}/seed-0` };
  expectOnly(await runJob(first), 200);
  const ready_ms = performance.now() - started;
  const body = JSON.stringify({ metadata: { name: `${prefix}-%` }, data: DATA });
  const warm = { ...common, warmup_ms: 2_000 };
  const create = await runJob({ ...warm, method: 'POST', path: PATH, body });
  expectOnly(create, 201);
  const get = await runJob({ ...warm, method: 'GET', path: `${PATH}/seed-1` });
  expectOnly(get, 200);
  const resident_bytes = residentBytes(region.pid);
  await region.stop();
  return {
    create: latencyOf(create.latencies_ms),
    get: latencyOf(get.latencies_ms),
    ready_ms,
    resident_bytes,
  };
}

/** Adds objects `from` to `to` through the store itself, with leaves and all, while the region process is stopped. */
async function seed(region: BenchRegion, from: number, to: number): Promise<void> {
  const postgres = await openPostgres({ connection: region.database() });
  const masterKey = await loadOrCreateMasterKey(region.masterKey());
  const storage = postgres.keys;
  const keyring = softwareKeyring({ region: region.config.name, storage, masterKey, clock: systemClock });
  const registry = new KindRegistry([ConfigMap]);
  const realms = await openRealms({ registry, storage: postgres.log, keyring, isAlone: () => true });
  const id = organizationRealm('bench');
  await realms.use(id, async ({ resources }) => {
    const context = { actor: systemActor(id, 'bench'), via: 'bench', requestId: 'seed' };
    let next = from;
    const one = async () => {
      while (next < to) {
        const metadata = { name: `seed-${next++}` };
        await resources.create(ConfigMap, 'default', { metadata, data: DATA }, context);
      }
    };
    await Promise.all(Array.from({ length: SEED_AT_ONCE }, one));
  });
  await realms.close();
  keyring.close();
  await postgres.close();
}
