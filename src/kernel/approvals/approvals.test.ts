/** What the store promises the two-person rule: a use and its mark are one commit, on however many replicas. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type } from 'typebox';
import type { Actor } from '../access.ts';
import { isStatusError } from '../errors.ts';
import { defineKind } from '../kind.ts';
import type { ChangeContext, Resources } from '../realm.ts';
import { MemoryStorage } from '../store/memory-storage.ts';
import { openTestRealms, ThrowawayKeyring } from '../store/test-realms.ts';
import { approvalAdmission } from './admission.ts';
import { bornApproval } from './request.ts';

const ACME = '/orgs/acme';
const asker: Actor = { realm: ACME, name: 'asker', groups: [], credential: 'certificate:01' };

const Request = defineKind({
  group: 'test.casemate.internal',
  version: 'v1',
  kind: 'Request',
  plural: 'requests',
  scope: 'Realm',
  realms: ['organization'],
  description: 'Asks.',
  spec: Type.Record(Type.String(), Type.Unknown()),
  status: Type.Record(Type.String(), Type.Unknown()),
  bornStatus: bornApproval,
});

const Switch = defineKind({
  group: 'test.casemate.internal',
  version: 'v1',
  kind: 'Switch',
  plural: 'switches',
  scope: 'Realm',
  realms: ['organization'],
  description: 'Every change of it takes somebody else.',
  spec: Type.Object({ turns: Type.Integer() }),
  guarded: [{ transition: 'turn', approvals: 1, matches: (operation) => operation === 'update' }],
});

const rules = { requests: Request, required: () => 1, counts: () => true, holder: () => undefined };
const context: ChangeContext = { actor: asker, via: 'api', requestId: 'x' };

/** Makes a switch, by `ours`, and the asker's approved request to turn it. Gives the switch's uid. */
async function approvedTurn(resources: Resources, ours: ChangeContext): Promise<string> {
  const { object } = await resources.create(
    Switch,
    undefined,
    { metadata: { name: 's' }, spec: { turns: 0 } },
    ours,
  );
  const target = { resource: Switch.resource, name: 's', uid: object.metadata.uid };
  const spec = { target, transition: 'turn', expiresAt: '2099-01-01T00:00:00Z' };
  await resources.create(Request, undefined, { metadata: { name: 'r' }, spec }, context);
  await resources.modify(
    Request,
    { name: 'r' },
    ours,
    (current) => ({
      ...current,
      status: { ...current.status, phase: 'Approved', approvals: [{ by: 'other' }] },
    }),
    { subresource: 'status' },
  );
  return object.metadata.uid;
}

test('an approved request is used once, however many replicas try at the same moment, and the log stays whole', async () => {
  const shared = { storage: new MemoryStorage(), keyring: new ThrowawayKeyring() };
  const open = () =>
    openTestRealms({
      ...shared,
      kinds: [Request, Switch],
      admissions: [approvalAdmission(rules)],
      create: [ACME],
    });
  const [one, two] = [await open(), await open()];
  const uid = await one.realms.use(ACME, ({ resources }) => approvedTurn(resources, one.context(ACME)));
  await two.realms.fresh(ACME);
  const turn = ({ realms }: typeof one) =>
    realms.use(ACME, ({ resources }) =>
      resources.modify(Switch, { name: 's' }, context, (current) => ({
        ...current,
        spec: { turns: current.spec.turns + 1 },
      })),
    );
  const outcomes = await Promise.allSettled([turn(one), turn(two), turn(one), turn(two)]);
  const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  assert.equal(refusals.length, 3);
  for (const refusal of refusals) assert.ok(isStatusError(refusal, 'Forbidden'), String(refusal));
  for (const replica of [one, two]) {
    await replica.realms.fresh(ACME);
    await replica.realms.use(ACME, ({ view }) => {
      const [turned, request] = [view.get(Switch, { name: 's' }), view.get(Request, { name: 'r' })];
      assert.deepEqual([turned?.spec.turns, turned?.metadata.uid], [1, uid]);
      assert.equal(request?.status?.phase, 'Used');
      // Side by side in the log: nothing came between.
      assert.equal(Number(request?.metadata.resourceVersion), Number(turned?.metadata.resourceVersion) + 1);
    });
  }
  await one.close();
  await two.close();
});

test('a dry run, and a change that comes to nothing, use nothing up', async () => {
  const region = await openTestRealms({ kinds: [Request, Switch], admissions: [approvalAdmission(rules)] });
  const phase = await region.realms.use(ACME, async ({ resources, view }) => {
    await approvedTurn(resources, region.context(ACME));
    const set = (turns: number, dryRun: boolean) =>
      resources.modify(Switch, { name: 's' }, { ...context, dryRun }, (current) => ({
        ...current,
        spec: { turns },
      }));
    await set(1, true);
    await set(0, false);
    return view.get(Request, { name: 'r' })?.status?.phase;
  });
  assert.equal(phase, 'Approved');
  await region.close();
});
