/** Organizations: how fast they are made, what an idle one costs in memory, and whether 10,000 of them all answer. */
import { join } from 'node:path';
import { DEFAULT_LIMITS } from '#kernel/store/limits.ts';
import { newPersonalKey, signingRequest } from '#trust/certificates/personal-key.ts';
import { call } from '../lib/api.ts';
import { Connection, requestText } from '../lib/connection.ts';
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
/** Long enough for idle realms to leave memory, and for a sweep of all of them. */
const IDLE_MS = 400_000;
const VISITS_MS = 120_000;
const LOOK_MS = 1_000;
const READY_LIMIT_MS = 900_000;
/** Only what is signed has it: a signing request begins otherwise. */
const CERTIFICATE = 'BEGIN CERTIFICATE-----';

interface Organization {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly firstAdministrator?: { readonly certificate?: string } };
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
      const emptyLed = long ? await idleWithControllers(region) : NOTHING;

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
      const readiness = await watchReadiness(operator, count);
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
      const all = await readiness.ready;
      const ready_s = (performance.now() - started) / 1000;
      const cpu_s = cpuSeconds(region.pid) - before_s;
      say(
        `${count} organizations ready in ${ready_s.toFixed(1)} s; region process ${cpu_s.toFixed(1)} CPU s`,
      );
      await region.stop();

      const led = long ? await idleWithControllers(region) : NOTHING;
      await region.start({ controllers: false });
      // Read into memory what the region itself holds of each.
      await call(operator, 'GET', PATH);
      const idle_bytes = await settled(region);
      const everybody: Target[] = Array.from(all, ([name, cert]) => ({
        ...operator,
        prefix: `/orgs/${name}`,
        tls: { ca: operator.tls?.ca ?? '', cert, key },
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
      const inMemory = Math.min(count, DEFAULT_LIMITS.idleRealms_max);
      const perLoaded = (loaded_bytes - empty_bytes) / inMemory / 1024;
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
                value: (led.bytes - emptyLed.bytes) / count / 1024,
                unit: 'KiB',
                target: { atMost: IDLE_KIB_MAX },
              },
              {
                what: `CPU of a start with ${count} idle organizations, all visited`,
                value: led.start_s - emptyLed.start_s,
                unit: 's',
                note: `at most ${Math.round(led.peak_bytes / 2 ** 20)} MiB resident`,
              },
              {
                what: `CPU of the sweep that follows, and of keeping house, over ${(IDLE_MS - VISITS_MS) / 1000} s`,
                value: led.rest_s - emptyLed.rest_s,
                unit: 's',
              },
            ]
          : []),
        {
          what: 'memory of one just used',
          value: perLoaded,
          unit: 'KiB',
          note: `its realm is in memory, and leaves it after 5 idle minutes, or earlier when ${DEFAULT_LIMITS.idleRealms_max} others were used since`,
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

interface Readiness {
  /** Certificates of the first administrators, by organization, once there are as many as expected. */
  readonly ready: Promise<ReadonlyMap<string, string>>;
}

/** Sees organizations become ready by a watch, which burdens the region less than asking again and again. */
async function watchReadiness(operator: Target, count: number): Promise<Readiness> {
  const certificates = new Map<string, string>();
  const { promise, resolve, reject } = Promise.withResolvers<ReadonlyMap<string, string>>();
  const connection = await Connection.open(operator);
  const limit = setTimeout(() => reject(new Error(`${certificates.size} are ready`)), READY_LIMIT_MS);
  connection.stream(requestText(operator, 'GET', `${PATH}?watch=true&resourceVersion=0`), (line) => {
    if (!line.includes(CERTIFICATE)) return;
    const { metadata, status } = (JSON.parse(line.toString()) as { object: Organization }).object;
    certificates.set(metadata.name, status?.firstAdministrator?.certificate ?? '');
    if (certificates.size === count) resolve(certificates);
  });
  const ready = promise.finally(() => {
    clearTimeout(limit);
    connection.close();
  });
  return { ready };
}

interface Idle {
  readonly bytes: number;
  /** CPU of the first two minutes, in which every realm is visited, and of the rest, with a sweep. */
  readonly start_s: number;
  readonly rest_s: number;
  readonly peak_bytes: number;
}

const NOTHING: Idle = { bytes: 0, start_s: 0, rest_s: 0, peak_bytes: 0 };

/** With controllers, past the time after which realms leave memory and the first sweep comes. */
async function idleWithControllers(region: BenchRegion): Promise<Idle> {
  await region.start();
  const started_s = cpuSeconds(region.pid);
  let peak_bytes = 0;
  const watchFor = async (duration_ms: number) => {
    for (const end_ms = performance.now() + duration_ms; performance.now() < end_ms; ) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      peak_bytes = Math.max(peak_bytes, residentBytes(region.pid));
    }
    return cpuSeconds(region.pid);
  };
  const visited_s = await watchFor(VISITS_MS);
  const ended_s = await watchFor(IDLE_MS - VISITS_MS);
  const bytes = residentBytes(region.pid);
  await region.stop();
  return { bytes, start_s: visited_s - started_s, rest_s: ended_s - visited_s, peak_bytes };
}

async function settled(region: BenchRegion): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  return residentBytes(region.pid);
}
