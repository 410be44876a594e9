/**
 * Decisions of access: remembered and asked of Cedar anew, in the process that decides them; beside a question to Cedar with everything of the
 * realm in it. And over the wire: from the answer that a right is gone to the first refusal.
 */

import type { AccessAttributes, Actor } from '#kernel/access.ts';
import { systemClock } from '#kernel/clock.ts';
import { Guardrail } from '#trust/access/guardrail.ts';
import { RoleBinding } from '#trust/access/role-binding.ts';
import { ACME, trustFixture } from '#trust/testing/fixture.ts';
import { Project } from '#trust/testing/kinds.ts';
import { call, makeMember, makeOrganization } from '../lib/api.ts';
import { Connection, requestText } from '../lib/connection.ts';
import { BenchRegion } from '../lib/region.ts';
import type { Row } from '../lib/result.ts';
import { latencyOf } from '../lib/statistics.ts';
import type { Measure, MeasureOptions } from './context.ts';

const CACHED_US_MAX = 10;
const REFUSED_MS_MAX = 1_000;
const BINDINGS = 1_000;
const REMOVALS = 20;

export const access: Measure = {
  summary: 'decisions of access, remembered and not, and how soon a right that is taken away is gone',
  async run(options) {
    return { name: 'access', rows: [...(await decisions(options)), await removal(options)] };
  },
};

async function decisions({ quick, say }: MeasureOptions): Promise<Row[]> {
  const region = await trustFixture();
  try {
    await region.make(ACME, Project, { metadata: { name: 'alpha' } });
    const bindings = quick ? BINDINGS / 10 : BINDINGS;
    for (let i = 0; i < bindings; i++)
      await region.bind(ACME, `user-${i}`, 'project-editor', `user-${i}`, 'alpha');
    const spec = {
      message: 'no',
      resources: ['secrets'],
      verbs: ['delete' as const],
      when: { labels: { env: 'prod' } },
    };
    const person = (i: number): Actor => ({
      realm: ACME,
      name: `user-${i % bindings}`,
      groups: ['g'],
      credential: 'certificate:1',
    });
    const ask = (actor: Actor): AccessAttributes => ({
      realm: ACME,
      actor,
      verb: 'create',
      group: 'compute.casemate.internal',
      version: 'v1',
      resource: 'instances',
      namespace: 'alpha',
    });
    const timed = async (count: number, actors: readonly Actor[]) => {
      const cpu = process.cpuUsage();
      for (let i = 0; i < count; i++) {
        const { allowed } = await region.authorizer.decide(ask(actors[i % actors.length] as Actor));
        if (!allowed) throw new Error('it should be allowed');
      }
      const { user, system } = process.cpuUsage(cpu);
      return (user + system) / count;
    };
    const people = Array.from({ length: bindings }, (_, i) => person(i));
    // Compiles the library's code, which happens once.
    await timed(bindings, people);
    await timed(quick ? 20_000 : 200_000, people.slice(0, 16));
    const cached = await timed(quick ? 50_000 : 500_000, people.slice(0, 16));
    // A change of a guardrail forgets every decision and every compiled policy.
    const fresh = async (name: string) => {
      await region.make(ACME, Guardrail, { metadata: { name }, spec });
      return timed(bindings, people);
    };
    const compiled = await fresh('first');
    await region.remove(ACME, Guardrail, 'first');
    const uncached = await timedAnew(region, people, timed);
    say(
      `cached ${cached.toFixed(2)} µs, Cedar ${uncached.toFixed(0)} µs, with policies to read ${compiled.toFixed(0)} µs`,
    );
    return [
      {
        what: 'a decision that is remembered',
        value: cached,
        unit: 'µs',
        target: { atMost: CACHED_US_MAX },
        note: `CPU time; ${Math.round(1e6 / cached).toLocaleString('en')}/s a core, ${bindings} bindings`,
      },
      {
        what: 'a decision asked of Cedar, whose policies are parsed',
        value: uncached,
        unit: 'µs',
        note: `CPU time; ${Math.round(1e6 / uncached).toLocaleString('en')}/s a core; one for each of ${people.length} people`,
      },
      {
        what: 'the first decision of somebody after a guardrail changed, policies read anew',
        value: compiled,
        unit: 'µs',
        note: 'CPU time',
      },
    ];
  } finally {
    await region.close();
  }
}

/** Each person’s first decision after a change that leaves their policies what they were. */
async function timedAnew(
  region: Awaited<ReturnType<typeof trustFixture>>,
  people: readonly Actor[],
  timed: (count: number, actors: readonly Actor[]) => Promise<number>,
): Promise<number> {
  const few = people.slice(0, 200);
  await timed(few.length, few);
  let sum = 0;
  const rounds = 10;
  for (let round = 0; round < rounds; round++) {
    await region.bind(ACME, `other-${round}`, 'project-viewer', `other-${round}`);
    sum += await timed(few.length, few);
    await region.remove(ACME, RoleBinding, `other-${round}`);
  }
  return sum / rounds;
}

async function removal({ quick, say }: MeasureOptions): Promise<Row> {
  const region = await BenchRegion.make();
  try {
    await region.start();
    const admin = await makeOrganization(region.operator, 'bench');
    const member = await makeMember(admin, 'member');
    const group = '/apis/access.casemate.internal/v1/rolebindings';
    const path = '/api/v1/namespaces/default/configmaps?limit=1';
    const connection = await Connection.open(member);
    const took_ms: number[] = [];
    let allowedAfter = 0;
    for (let i = 0; i < (quick ? REMOVALS / 4 : REMOVALS); i++) {
      const ask = async () => (await connection.send(requestText(member, 'GET', path))).code;
      while ((await ask()) !== 200)
        await new Promise((resolve) => systemClock.after(5, () => resolve(undefined)));
      await call(admin, 'DELETE', `${group}/member`);
      const gone = performance.now();
      while ((await ask()) !== 403) allowedAfter += 1;
      took_ms.push(performance.now() - gone);
      const spec = { role: 'organization-admin', subjects: [{ kind: 'User', name: 'member' }] };
      await call(admin, 'POST', group, { metadata: { name: 'member' }, spec });
    }
    connection.close();
    const { p50_ms, max_ms } = latencyOf(took_ms);
    say(`refused ${p50_ms.toFixed(1)} ms after the right was gone`);
    return {
      what: 'from the removal of a right, acknowledged, to the answer that refuses',
      value: max_ms,
      unit: 'ms',
      target: { atMost: REFUSED_MS_MAX },
      note: `the longest of ${took_ms.length}, p50 ${p50_ms.toFixed(1)} ms; ${allowedAfter} requests were still allowed in between`,
    };
  } finally {
    await region.destroy();
  }
}
