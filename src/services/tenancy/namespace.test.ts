import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { isStatusError } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import { organizationRealm } from '#kernel/realm-id.ts';
import { getCondition } from '#kernel/reconcile/conditions.ts';
import { ConfigMap } from './config-map.ts';
import { Namespace } from './namespace.ts';
import { openTestRegion, type TestRegion, Widget } from './testing/region.ts';

const REALM = organizationRealm('acme');

describe('a project', () => {
  let region: TestRegion;
  before(async () => {
    region = await openTestRegion();
    await region.createOrganization('acme');
  });
  after(() => region.close());
  beforeEach(() => {
    region.engine.away = false;
  });

  const alice = () => region.as(REALM, 'alice');
  const create = (
    kind: Kind,
    namespace: string | undefined,
    name: string,
    fields: Record<string, unknown> = {},
  ) =>
    region.inRealm(REALM, ({ resources }) =>
      resources.create(kind, namespace, { metadata: { name }, ...fields }, alice()),
    );
  const remove = (name: string) =>
    region.inRealm(REALM, ({ resources }) => resources.delete(Namespace, { name }, alice()));
  const get = (name: string) => region.inRealm(REALM, ({ view }) => view.get(Namespace, { name }));

  it('takes no content before it exists', async () => {
    await assert.rejects(
      create(Widget, 'nowhere', 'w', { spec: {} }),
      (error) => isStatusError(error, 'NotFound') && error.message === 'namespaces "nowhere" not found',
    );
  });

  it('has a name that is a DNS label', async () => {
    for (const name of ['a.b', '-a', 'x'.repeat(64)]) {
      await assert.rejects(
        create(Namespace, undefined, name),
        (error) => isStatusError(error, 'Invalid') && error.details?.causes?.[0]?.field === 'metadata.name',
        name,
      );
    }
  });

  it('is Active at once, and goes at once when nothing is in it', async () => {
    await create(Namespace, undefined, 'empty');
    await region.controllers.idle();
    assert.equal((await get('empty'))?.status?.phase, 'Active');
    await remove('empty');
    await region.controllers.idle();
    assert.equal(await get('empty'), undefined);
  });

  it('deletes everything in it, waits for the services, takes nothing new meanwhile, and only then goes', async () => {
    await create(Namespace, undefined, 'web');
    for (let i = 0; i < 5; i++) await create(Widget, 'web', `w${i}`, { spec: {} });
    await create(ConfigMap, 'web', 'settings', { data: { key: 'value' } });
    await region.controllers.idle();
    assert.equal(region.engine.held.size, 5);

    region.engine.away = true;
    const { removed } = await remove('web');
    assert.equal(removed, false);
    await region.controllers.idle();
    const project = await get('web');
    assert.equal(project?.status?.phase, 'Terminating');
    assert.equal(
      getCondition(project?.status?.conditions, 'Ready')?.message,
      'waiting for 5 widgets to be gone; each says in its own conditions what holds it up',
    );
    await assert.rejects(
      create(ConfigMap, 'web', 'late'),
      (error) =>
        isStatusError(error, 'Forbidden') &&
        /namespace web because it is being terminated/.test(error.message),
    );

    region.engine.away = false;
    await region.until(async () => (await get('web')) === undefined);
    assert.equal(region.engine.held.size, 0);
    await region.inRealm(REALM, ({ view }) => assert.equal(view.count(ConfigMap, 'web'), 0));
  });

  it('deletes thousands of objects in bounded passes', async () => {
    await create(Namespace, undefined, 'big');
    await Promise.all(Array.from({ length: 1_200 }, (_, i) => create(ConfigMap, 'big', `c${i}`)));
    await remove('big');
    await region.until(async () => (await get('big')) === undefined);
    await region.inRealm(REALM, ({ view }) => assert.equal(view.count(ConfigMap), 0));
  });

  it('holds nothing of an earlier project of its name', async () => {
    await create(Namespace, undefined, 'again');
    await create(ConfigMap, 'again', 'old');
    await remove('again');
    await region.until(async () => (await get('again')) === undefined);
    await create(Namespace, undefined, 'again');
    await region.inRealm(REALM, ({ view }) => assert.equal(view.count(ConfigMap, 'again'), 0));
  });
});
