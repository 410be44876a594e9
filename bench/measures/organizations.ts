/** Organizations: how fast they are made, what an idle one costs in memory, and whether 10,000 of them all answer. */
import { join } from 'node:path';
import { newPersonalKey, signingRequest } from '#trust/certificates/personal-key.ts';
import { call, until } from '../lib/api.ts';
import { BenchRegion } from '../lib/region.ts';
import type { Row } from '../lib/result.ts';
import { cpuSeconds, latencyOf, residentBytes } from '../lib/statistics.ts';
import type { Target } from '../lib/target.ts';
import { expectOnly, runJob } from '../load/job.ts';
import type { Measure } from './context.ts';

const PATH = '/apis/tenancy.casemate.internal/v1/organizations';
const CLIENTS = 64;
const RATE_MIN = 200;
const IDLE_KIB_MAX = 50;
/** Published by kcp of a workspace, and how many it makes a second. */
const KCP = { memory_kib: 9.8 * 1024, perSecond: 8 };
const SETTLE_MS = 5_000;
const IDLE_MS = 360_000;

interface Issued {
  readonly firstAdministrator?: { readonly certificate?: string };
}

interface Organization {
  readonly metadata: { readonly name: string };
  readonly status?: Issued;
}

export const organizations: Measure = {
  summary: 'organizations: creations/s, memory of an idle one, all of them answer (10,000 with --long)',
  async run({ quick, long, profile, say }) {
    const count = long ? 10_000 : quick ? 200 : 1_000;
    const region = await BenchRegion.make();
    try {
      const file = profile === undefined ? {} : { profile: join(profile, 'organizations.cpuprofile') };
      await region.start(file);
      await region.stop();
      await region.start({ controllers: false });
      const empty_bytes = await settled(region);
      await region.stop();
      const emptyLed_bytes = long ? await idleWithControllers(region) : 0;

      await region.start(file);
      const { operator } = region;
      const key = newPersonalKey();
      const request = await signingRequest(key);
      const before_s = cpuSeconds(region.pid);
      const started = performance.now();
      const body = JSON.stringify({
        metadata: { name: 'org-%' },
        spec: { displayName: 'Bench', firstAdministrator: { user: 'admin', request } },
      });
      const made = runJob({
        targets: [operator],
        clients: CLIENTS,
        requests: count,
        duration_ms: 3_600_000,
        method: 'POST',
        path: PATH,
        body,
      });
      expectOnly(await made, 201);
      const accepted_s = (performance.now() - started) / 1000;
      const all = await until(
        'all organizations are ready',
        () => call<{ items: Organization[] }>(operator, 'GET', PATH),
        ({ items }) => items.filter(isReady).length === count,
      );
      const ready_s = (performance.now() - started) / 1000;
      const cpu_s = cpuSeconds(region.pid) - before_s;
      say(
        `${count} organizations ready in ${ready_s.toFixed(1)} s; region process ${cpu_s.toFixed(1)} CPU s`,
      );
      await region.stop();

      const led_bytes = long ? await idleWithControllers(region) : 0;
      await region.start({ controllers: false });
      // Read into memory what the region itself holds of each.
      await call(operator, 'GET', PATH);
      const idle_bytes = await settled(region);
      const everybody: Target[] = all.items.map(({ metadata, status }) => ({
        ...operator,
        prefix: `/orgs/${metadata.name}`,
        tls: { ca: operator.tls?.ca ?? '', cert: status?.firstAdministrator?.certificate ?? '', key },
      }));
      const answers = await runJob({
        targets: everybody,
        clients: count,
        requests: count,
        duration_ms: 3_600_000,
        method: 'GET',
        path: '/api/v1/namespaces/default',
        inTurn: true,
      });
      expectOnly(answers, 200);
      const loaded_bytes = await settled(region);
      await region.stop();
      const perIdle = (idle_bytes - empty_bytes) / count / 1024;
      const perLoaded = (loaded_bytes - empty_bytes) / count / 1024;
      const first = latencyOf(answers.latencies_ms);
      const rows: Row[] = [
        {
          what: `organizations made and ready, ${count} of them by ${CLIENTS} clients`,
          value: count / ready_s,
          unit: '/s',
          target: { atLeast: RATE_MIN },
          peer: { what: 'kcp, published, at best', value: KCP.perSecond },
          note: `accepted at ${Math.round(count / accepted_s)}/s; ${((cpu_s / count) * 1000).toFixed(1)} ms of CPU of the region process each`,
        },
        {
          what: 'memory of an idle one',
          value: perIdle,
          unit: 'KiB',
          target: { atMost: IDLE_KIB_MAX },
          peer: { what: 'kcp, published', value: KCP.memory_kib },
          note: `resident memory with ${count} organizations less that with none, both after a restart, in a process that does not lead`,
        },
        ...(long
          ? [
              {
                what: 'memory of an idle one in the process that runs the controllers, after six idle minutes',
                value: (led_bytes - emptyLed_bytes) / count / 1024,
                unit: 'KiB',
                target: { atMost: IDLE_KIB_MAX },
              },
            ]
          : []),
        {
          what: 'memory of one just used',
          value: perLoaded,
          unit: 'KiB',
          note: 'its realm is in memory, and leaves it after 5 idle minutes',
        },
        {
          what: `organizations of ${count} that answer`,
          value: answers.latencies_ms.length,
          unit: '',
          target: { atLeast: count },
          note: `first request to each after a restart: p50 ${first.p50_ms.toFixed(1)} ms, p99 ${first.p99_ms.toFixed(1)} ms`,
        },
      ];
      return { name: 'organizations', rows };
    } finally {
      await region.destroy();
    }
  },
};

const isReady = ({ status }: Organization) => status?.firstAdministrator?.certificate !== undefined;

/** Past the time after which realms leave memory. */
async function idleWithControllers(region: BenchRegion): Promise<number> {
  await region.start();
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const bytes = await settled(region);
  await region.stop();
  return bytes;
}

async function settled(region: BenchRegion): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  return residentBytes(region.pid);
}
