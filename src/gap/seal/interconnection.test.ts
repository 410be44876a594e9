/** What may be declared, how it comes to count, and what the kernel is then told. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Actor } from '#kernel/access.ts';
import { rfc3339 } from '#kernel/clock.ts';
import type { ActionConnector } from '#kernel/connect.ts';
import { isStatusError, type StatusError } from '#kernel/errors.ts';
import type { KubeObject } from '#kernel/object.ts';
import { REGION } from '#kernel/realm-id.ts';
import { type TrustFixture, trustFixture } from '#trust/testing/fixture.ts';
import { nextEnd_ms, sealModel } from './flows.ts';
import { ASK_LIFE_MS, Interconnection, VALID_MS_MAX } from './interconnection.ts';
import { interconnectionActions } from './interconnection-actions.ts';
import { SEAL_KINDS } from './service.ts';

const HOUR_MS = 60 * 60_000;

describe('an interconnection', () => {
  let region: TrustFixture;
  let people: Record<'ann' | 'ben' | 'cleo' | 'guard' | 'auditor', Actor>;
  let names = 0;
  before(async () => {
    region = await trustFixture(SEAL_KINDS);
    const person = async (name: string, role: 'region-operator' | 'region-auditor' | 'region-security') => {
      await region.bind(REGION, name, role, name);
      return region.person(REGION, name);
    };
    people = {
      ann: await person('ann', 'region-operator'),
      ben: await person('ben', 'region-operator'),
      cleo: await person('cleo', 'region-operator'),
      guard: await person('guard', 'region-security'),
      auditor: await person('auditor', 'region-auditor'),
    };
  });
  after(() => region.close());

  const spec = (more: object = {}) => ({
    direction: 'Out',
    protocol: 'tcp',
    ports: [443],
    peers: ['203.0.113.7/32'],
    purpose: 'a reason',
    owner: 'somebody',
    validUntil: rfc3339(region.clock.now() + HOUR_MS),
    ...more,
  });
  const declare = (more: object = {}, by = people.ann): Promise<KubeObject> =>
    region.makeAs(by, Interconnection, { metadata: { name: `flow-${++names}` }, spec: spec(more) });
  const act = (actor: Actor, word: 'approve' | 'reject', object: KubeObject, later_ms = 0) => {
    const actions = interconnectionActions({
      realms: () => region.realms,
      clock: { now: () => region.clock.now() + later_ms },
    });
    return (actions[`${Interconnection.resource}/${word}`] as ActionConnector).call({
      realm: REGION,
      actor,
      object,
      query: new URLSearchParams(),
      signal: new AbortController().signal,
      body: {},
      requestId: `act-${++names}`,
    });
  };
  const model = () =>
    region.realms.use(REGION, ({ view }) =>
      sealModel('r1', view.list(Interconnection), [], region.clock.now()),
    );
  const counts = async ({ metadata: { uid } }: KubeObject) =>
    (await model()).flows.some(({ id }) => id === uid);
  const refused = (reason: StatusError['reason'], message: RegExp) => (error: unknown) => {
    assert.ok(isStatusError(error, reason), String(error));
    assert.match(error.message, message);
    return true;
  };

  it('counts once two people other than who asks approved it, each once, and not before', async () => {
    const flow = await declare();
    await assert.rejects(
      act(people.ann, 'approve', flow),
      refused('Forbidden', /whoever asks cannot approve/),
    );
    assert.deepEqual(await act(people.ben, 'approve', flow), { phase: 'Pending', approvals: 1, required: 2 });
    await assert.rejects(act(people.ben, 'approve', flow), refused('Conflict', /approved it already/));
    assert.equal(await counts(flow), false);
    await assert.rejects(act(people.auditor, 'approve', flow), refused('Forbidden', /holds no role/));
    assert.deepEqual(await act(people.guard, 'approve', flow), {
      phase: 'Approved',
      approvals: 2,
      required: 2,
    });
    assert.equal(await counts(flow), true);
  });

  it('is ended by one no, by its time, and by being deleted', async () => {
    const refusedFlow = await declare();
    await act(people.ben, 'approve', refusedFlow);
    await act(people.cleo, 'reject', refusedFlow);
    await assert.rejects(act(people.guard, 'approve', refusedFlow), refused('Conflict', /Rejected already/));
    assert.equal(await counts(refusedFlow), false);

    const [brief, gone] = [
      await declare(),
      await declare({ validUntil: rfc3339(region.clock.now() + 9 * HOUR_MS) }),
    ];
    for (const flow of [brief, gone])
      for (const who of [people.ben, people.cleo]) await act(who, 'approve', flow);
    const declared = await region.realms.use(REGION, ({ view }) => view.list(Interconnection));
    assert.equal(
      nextEnd_ms(declared, region.clock.now()),
      Date.parse((brief.spec as { validUntil: string }).validUntil),
    );
    await region.clock.advance(HOUR_MS);
    assert.deepEqual([await counts(brief), await counts(gone)], [false, true]);
    await region.removeAs(people.ann, Interconnection, gone.metadata.name);
    assert.equal(await counts(gone), false);
  });

  it('is not agreed to by people who come a week late', async () => {
    const flow = await declare({ validUntil: rfc3339(region.clock.now() + VALID_MS_MAX) });
    await assert.rejects(act(people.ben, 'approve', flow, ASK_LIFE_MS), refused('Conflict', /it expired on/));
  });

  it('says what the kernel is told: ranges, ports and an end of its own; what comes in is only listed', async () => {
    const out = await declare({
      from: 'Instances',
      networks: ['10.64.3.0/24'],
      peers: ['2001:db8::/32', '203.0.113.0/24'],
      ports: [8443, 443],
    });
    const inward = await declare({ direction: 'In' });
    for (const flow of [out, inward])
      for (const who of [people.ben, people.cleo]) await act(who, 'approve', flow);
    const { flows } = await model();
    assert.deepEqual(
      flows.filter(({ id }) => id === out.metadata.uid),
      [
        {
          id: out.metadata.uid,
          from: 'instances',
          sources: ['10.64.3.0/24'],
          protocol: 'tcp',
          ports: [443, 8443],
          to: ['2001:db8::/32', '203.0.113.0/24'],
          until_s: Date.parse((out.spec as { validUntil: string }).validUntil) / 1_000,
        },
      ],
    );
    assert.equal(await counts(inward), false);
  });

  it('is refused with the field and what would be right', async () => {
    for (const [more, message] of [
      [{ peers: ['example.org'] }, /spec\.peers\[0\].*must be a range such as/],
      [{ peers: ['203.0.113.7/24'] }, /spec\.peers\[0\].*no bit set after the prefix/],
      [{ networks: ['10.64.3.0/24'] }, /spec\.networks.*only with from: Instances/],
      [{ from: 'Instances', networks: ['2001:db8::/32'] }, /spec\.networks\[0\].*an IPv4 range/],
      [{ protocol: 'icmp' }, /spec\.ports.*only with protocol tcp or udp/],
      [{ validUntil: rfc3339(region.clock.now()) }, /spec\.validUntil.*must be after now/],
      [{ validUntil: rfc3339(region.clock.now() + VALID_MS_MAX + 1_000) }, /spec\.validUntil.*no later than/],
    ] as const)
      await assert.rejects(declare(more), refused('Invalid', message));
    const flow = await declare();
    const wider = region.realms.use(REGION, ({ resources }) =>
      resources.modify(
        Interconnection,
        { name: flow.metadata.name },
        { actor: people.ann, via: 'api', requestId: 'x' },
        (current) => ({ ...current, spec: { ...current.spec, peers: ['0.0.0.0/0'] } }),
      ),
    );
    await assert.rejects(wider, refused('Invalid', /spec/));
  });
});
