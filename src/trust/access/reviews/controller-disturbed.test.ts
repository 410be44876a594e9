import assert from 'node:assert/strict';
import { it } from 'node:test';
import { everyDisturbance } from '#kernel/reconcile/testing/harness.ts';
import { instrumentRealm } from '#kernel/reconcile/testing/instrument.ts';
import { ACME, trustFixture } from '../../testing/fixture.ts';
import { RoleBinding } from '../role-binding.ts';
import { AccessReview } from './access-review.ts';
import { accessReviewController } from './controller.ts';

it('a completed access review ends with what was revoked taken away, and one that follows, whatever is disturbed', async () => {
  let outcomes = 0;
  const scenario = {
    async setUp(disturber: Parameters<typeof instrumentRealm>[1]) {
      const region = await trustFixture();
      const subjects = ['eva', 'ben'].map((name) => ({ kind: 'User' as const, name }));
      for (const name of ['all', 'some']) {
        await region.make(ACME, RoleBinding, {
          metadata: { name },
          spec: { role: 'project-viewer', subjects },
        });
      }
      await region.make(ACME, AccessReview, {
        metadata: { name: 'yearly' },
        spec: { of: 'people', repeat: true },
      });
      let completed = false;
      const complete = () =>
        region.realms.use(ACME, ({ resources }) =>
          resources.modify(
            AccessReview,
            { name: 'yearly' },
            region.context(ACME),
            (current) => ({
              ...current,
              status: {
                ...current.status,
                items: (current.status?.items ?? []).map((item) => ({
                  ...item,
                  decision:
                    item.binding === 'all' || item.subject.name === 'eva'
                      ? ('revoke' as const)
                      : ('keep' as const),
                })),
                outcome: {
                  digest: '00',
                  completedBy: 'sofia',
                  completedAt: '2026-01-01T00:00:00Z',
                  kept: 1,
                  revoked: 3,
                },
              },
            }),
            { subresource: 'status' },
          ),
        );
      return {
        pass: () =>
          region.realms.use(ACME, async (realm) => {
            await accessReviewController.reconcile(
              { name: 'yearly' },
              {
                realm: instrumentRealm(realm, disturber),
                realms: region.realms,
                change: region.context(ACME),
                events: { record: () => {} },
                clock: region.clock,
                random: region.random,
                signal: new AbortController().signal,
              },
            );
            if (completed || realm.view.get(AccessReview, { name: 'yearly' })?.status?.items === undefined) {
              return completed ? ('settled' as const) : ('again' as const);
            }
            await complete();
            completed = true;
            return 'again' as const;
          }),
        state: () =>
          region.realms.use(ACME, ({ view }) => ({
            bindings: view
              .list(RoleBinding)
              .map(({ metadata, spec }) => `${metadata.name}: ${spec.subjects.map(({ name }) => name)}`),
            reviews: view.list(AccessReview).map(({ metadata }) => metadata.name),
            completed: view
              .get(AccessReview, { name: 'yearly' })
              ?.status?.conditions?.some(({ type, status }) => type === 'Completed' && status === 'True'),
          })),
        tearDown: () => region.close(),
      };
    },
  };
  for await (const { state, title } of everyDisturbance(scenario)) {
    const expected = { bindings: ['some: ben'], reviews: ['yearly', 'yearly-20270101'], completed: true };
    assert.deepEqual(state, expected, title);
    outcomes++;
  }
  assert.ok(outcomes > 10, `${outcomes} outcomes`);
});
