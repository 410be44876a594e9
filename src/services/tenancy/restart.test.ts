import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openPostgres, type Postgres } from '#engines/postgres/open-postgres.ts';
import { startTestPostgres, type TestPostgres } from '#engines/postgres/test-cluster.ts';
import { organizationRealm, REGION } from '#kernel/realm-id.ts';
import { isConditionTrue } from '#kernel/reconcile/conditions.ts';
import { Namespace } from './namespace.ts';
import { CONFIRM_DELETION, Organization } from './organization.ts';
import { openTestRegion, signingRequest, type TestRegion, Widget, WidgetEngine } from './testing/region.ts';

const NAMES = Array.from({ length: 12 }, (_, i) => `org-${i}`);

describe('a region on PostgreSQL that is stopped and started again in the middle of its work', () => {
  let server: TestPostgres;
  let postgres: Postgres;
  const engine = new WidgetEngine();
  before(async () => {
    server = await startTestPostgres();
    postgres = await openPostgres({ connection: server.connection });
  });
  after(async () => {
    await postgres.close();
    await server.stop();
  });

  const open = (): Promise<TestRegion> =>
    openTestRegion({ storage: postgres.log, keyStorage: postgres.keys, engine });
  const organizations = (region: TestRegion) => region.inRealm(REGION, ({ view }) => view.list(Organization));

  it('makes all the organizations that were asked for', async () => {
    const first = await open();
    const request = await signingRequest();
    await first.inRealm(REGION, ({ resources }) =>
      Promise.all(
        NAMES.map((name) =>
          resources.create(
            Organization,
            undefined,
            { metadata: { name }, spec: { firstAdministrator: { user: 'alice', request } } },
            first.as(REGION, 'operator'),
          ),
        ),
      ),
    );
    await first.close();

    const second = await open();
    await second.until(async () =>
      (await organizations(second)).every(({ status }) => isConditionTrue(status?.conditions, 'Ready')),
    );
    assert.deepEqual(
      (await organizations(second)).map(({ metadata }) => metadata.name),
      NAMES.toSorted(),
    );
    for (const name of NAMES) {
      await second.inRealm(organizationRealm(name), async ({ resources }) => {
        const alice = second.as(organizationRealm(name), 'alice');
        await resources.create(Namespace, undefined, { metadata: { name: 'web' } }, alice);
        for (const widget of ['a', 'b'])
          await resources.create(Widget, 'web', { metadata: { name: widget }, spec: {} }, alice);
      });
    }
    await second.close();
  });

  it('makes what was asked for just before, and unmakes everything without remains', async () => {
    const first = await open();
    assert.equal(engine.held.size, 2 * NAMES.length);
    await first.inRealm(REGION, async ({ resources }) => {
      const operator = first.as(REGION, 'operator');
      for (const name of NAMES) {
        await resources.modify(Organization, { name }, operator, (current) => ({
          ...current,
          metadata: { ...current.metadata, annotations: { [CONFIRM_DELETION]: name } },
        }));
        await resources.delete(Organization, { name }, operator);
      }
    });
    await first.close();

    const second = await open();
    await second.until(async () => (await organizations(second)).length === 0);
    assert.deepEqual(await second.test.realms.list(), [REGION]);
    assert.equal(engine.held.size, 0);
    await second.close();
  });
});
