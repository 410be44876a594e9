import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import canonicalize from 'canonicalize';
import type { Actor } from '#kernel/access.ts';
import type { ActionConnector } from '#kernel/connect.ts';
import { isStatusError } from '#kernel/errors.ts';
import { ACME, type TrustFixture, trustFixture } from '../../testing/fixture.ts';
import { Guardrail } from '../guardrail.ts';
import { RoleBinding } from '../role-binding.ts';
import { AccessReview, type AccessReviewObject, itemSubject } from './access-review.ts';
import { reviewActions } from './actions.ts';
import { accessReviewController } from './controller.ts';

const DAY_MS = 24 * 3_600_000;
const user = (name: string) => ({ kind: 'User' as const, name });

describe('an access review', () => {
  let region: TrustFixture;
  let actions: Readonly<Record<string, ActionConnector>>;
  let admin: Actor;
  let officer: Actor;
  beforeEach(async () => {
    region = await trustFixture();
    actions = reviewActions({ realms: () => region.realms, clock: region.clock });
    await region.bind(ACME, 'officer', 'security-officer', 'sofia');
    admin = await region.administrator(ACME);
    officer = await region.person(ACME, 'sofia');
    await region.credential(ACME, 'gus', ['auditors']);
    const subjects = [
      user('eva'),
      { kind: 'Group' as const, name: 'auditors' },
      { kind: 'ServiceAccount' as const, name: 'ci', project: 'alpha' },
    ];
    await region.make(ACME, RoleBinding, {
      metadata: { name: 'viewers' },
      spec: { role: 'project-viewer', subjects },
    });
  });
  afterEach(() => region.close());

  const get = async (name: string) => {
    const review = await region.realms.use(ACME, ({ view }) => view.get(AccessReview, { name }));
    assert.ok(review, name);
    return review;
  };
  const reconcile = (name: string) =>
    region.realms.use(ACME, (realm) =>
      accessReviewController.reconcile(
        { name },
        {
          realm,
          realms: region.realms,
          change: region.context(ACME),
          events: { record: () => {} },
          clock: region.clock,
          random: region.random,
          signal: new AbortController().signal,
        },
      ),
    );
  const make = async (spec: object = {}, name = 'yearly') => {
    await region.makeAs(officer, AccessReview, { metadata: { name }, spec });
    await reconcile(name);
    return get(name);
  };
  const act = async (action: 'decide' | 'complete', body: object = {}, actor = officer, name = 'yearly') => {
    const object = await get(name);
    const connector = actions[`${AccessReview.resource}/${action}`];
    assert.ok(connector);
    return connector.call({
      realm: ACME,
      actor,
      object,
      query: new URLSearchParams(),
      signal: new AbortController().signal,
      body: body as Record<string, unknown>,
      requestId: 'r1',
    });
  };
  const held = (review: AccessReviewObject) =>
    review.status?.items?.map((item) => `${itemSubject(item)} ${item.role} by ${item.binding}`);
  const condition = (review: AccessReviewObject, type: string) => {
    const found = review.status?.conditions?.find((one) => one.type === type);
    return found && `${found.status} ${found.reason}`;
  };
  const refused = (work: Promise<unknown>, reason: 'Forbidden' | 'Conflict' | 'Invalid', message: RegExp) =>
    assert.rejects(work, (error) => {
      assert.ok(isStatusError(error, reason), String(error));
      assert.match(error.message, message);
      return true;
    });
  const decideAll = (decision: 'keep' | 'revoke', ...bindings: string[]) =>
    act('decide', { decisions: bindings.map((binding) => ({ binding, decision })) });

  it('writes down who holds what when it opens, people and service accounts apart, groups with their members', async () => {
    const review = await make();
    assert.deepEqual(held(review), [
      'admin organization-admin by admin',
      'sofia security-officer by officer',
      'eva project-viewer by viewers',
      'group:auditors project-viewer by viewers',
    ]);
    assert.deepEqual(review.status?.items?.[3]?.members, ['gus']);
    assert.equal(condition(review, 'Open'), 'True Deciding');
    assert.deepEqual(held(await make({ of: 'service-accounts' }, 'quarterly')), [
      'serviceaccount:alpha/ci project-viewer by viewers',
    ]);
    // What is held later is for the next one.
    await region.bind(ACME, 'late', 'project-viewer', 'late');
    await reconcile('yearly');
    assert.equal((await get('yearly')).status?.items?.length, 4);
  });

  it('is decided right by right, completed by somebody, and what was revoked is gone', async () => {
    await make();
    await decideAll('keep', 'admin');
    assert.deepEqual(
      await act('decide', {
        decisions: [{ binding: 'viewers', subject: 'eva', decision: 'revoke', note: 'left the team' }],
      }),
      {
        kept: 1,
        revoked: 1,
        undecided: 2,
      },
    );
    await refused(
      act('complete'),
      'Conflict',
      /2 rights are undecided: sofia by officer, group:auditors by viewers/,
    );
    await act('decide', { decisions: [{ binding: 'officer', decision: 'keep' }] }, admin);
    await act('decide', { decisions: [{ binding: 'viewers', subject: 'group:auditors', decision: 'keep' }] });
    const { digest, ...counts } = await act('complete');
    assert.deepEqual(counts, { kept: 3, revoked: 1, undecided: 0 });
    await reconcile('yearly');
    const review = await get('yearly');
    assert.deepEqual(
      review.status?.items?.map(({ decision, decidedBy, revoked }) => [decision, decidedBy, revoked]),
      [
        ['keep', 'sofia', undefined],
        ['keep', 'admin', undefined],
        ['revoke', 'sofia', 'done'],
        ['keep', 'sofia', undefined],
      ],
    );
    const items = review.status?.items?.map(({ revoked: _, ...item }) => item);
    const text = canonicalize({ review: 'yearly', uid: review.metadata.uid, spec: review.spec, items }) ?? '';
    assert.equal(digest, createHash('sha256').update(text).digest('hex'));
    assert.equal(review.status?.outcome?.digest, digest);
    assert.equal(condition(review, 'Completed'), 'True CarriedOut');
    const binding = await region.realms.use(ACME, ({ view }) => view.get(RoleBinding, { name: 'viewers' }));
    assert.deepEqual(
      binding?.spec.subjects.map(({ name }) => name),
      ['auditors', 'ci'],
    );
    await refused(decideAll('keep', 'admin'), 'Conflict', /it is completed/);
  });

  it('lets nobody keep their own rights, be they held by name or by group', async () => {
    await make();
    await refused(
      decideAll('keep', 'officer'),
      'Forbidden',
      /is your own, so somebody else must say that it stays/,
    );
    const gus = await region.actor(ACME, await region.sign(ACME, 'gus'));
    await refused(
      act(
        'decide',
        { decisions: [{ binding: 'viewers', subject: 'group:auditors', decision: 'keep' }] },
        gus,
      ),
      'Forbidden',
      /your own/,
    );
    await refused(
      decideAll('keep', 'nonsense'),
      'Invalid',
      /no right by RoleBinding "nonsense" is in this review/,
    );
  });

  it('does not take away the last way in, says so, and does once there is another', async () => {
    await make({ repeat: false });
    await decideAll('revoke', 'admin');
    await decideAll('keep', 'viewers');
    await act('decide', { decisions: [{ binding: 'officer', decision: 'keep' }] }, admin);
    await act('complete');
    await reconcile('yearly');
    assert.equal(condition(await get('yearly'), 'Completed'), 'False LastWayIn');
    await region.bind(ACME, 'second', 'organization-admin', 'second');
    await region.credential(ACME, 'second');
    await reconcile('yearly');
    assert.equal(condition(await get('yearly'), 'Completed'), 'True CarriedOut');
    assert.equal(
      await region.realms.use(ACME, ({ view }) => view.get(RoleBinding, { name: 'admin' })),
      undefined,
    );
  });

  it('opens 30 days before it is due, is overdue after, and is followed by the next: yearly, of service accounts quarterly', async () => {
    const at = (days: number) =>
      new Date(region.clock.now() + days * DAY_MS).toISOString().replace(/\.\d+/, '');
    const waiting = await make({ due: at(40) }, 'later');
    assert.equal(condition(waiting, 'Open'), 'False NotYet');
    assert.equal(waiting.status?.items, undefined);
    await refused(
      act('decide', { decisions: [{ binding: 'admin', decision: 'keep' }] }, officer, 'later'),
      'Conflict',
      /not open yet/,
    );
    const late = await make({ due: at(-1) }, 'late');
    assert.equal(condition(late, 'Overdue'), 'True PastDue');
    const robots = await make({ of: 'service-accounts' }, 'robots');
    assert.equal(condition(robots, 'Overdue'), 'False InTime');
    await act('decide', { decisions: [{ binding: 'viewers', decision: 'keep' }] }, officer, 'robots');
    await act('complete', {}, officer, 'robots');
    await reconcile('robots');
    const { next } = (await get('robots')).status ?? {};
    assert.match(next ?? '', /^robots-\d{8}$/);
    const following = await get(next ?? '');
    const left_days = (Date.parse(following.spec.due ?? '') - region.clock.now()) / DAY_MS;
    assert.deepEqual([following.spec.of, Math.round(left_days)], ['service-accounts', 91]);
    await refused(
      region.makeAs(officer, AccessReview, { metadata: { name: 'odd' }, spec: { due: 'soon' } }),
      'Invalid',
      /spec.due: "soon" is no time/,
    );
  });

  it('is under guardrails like everything else', async () => {
    await make();
    const spec = { message: 'not now', resources: [AccessReview.resource], verbs: ['update' as const] };
    await region.make(ACME, Guardrail, { metadata: { name: 'frozen' }, spec });
    await refused(decideAll('keep', 'admin'), 'Forbidden', /Guardrail "frozen" forbids it/);
  });
});
