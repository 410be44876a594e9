import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { isStatusError } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import { organizationRealm } from '#kernel/realm-id.ts';
import { getCondition } from '#kernel/reconcile/conditions.ts';
import { ConfigMap } from './config-map.ts';
import { Namespace } from './namespace.ts';
import { Quota } from './quota.ts';
import { openTestRegion, type TestRegion, Widget } from './testing/region.ts';

const REALM = organizationRealm('acme');

describe('a quota', () => {
  let region: TestRegion;
  let project = '';
  let projects = 0;
  before(async () => {
    region = await openTestRegion();
    await region.createOrganization('acme');
  });
  after(() => region.close());
  beforeEach(async () => {
    project = `p${++projects}`;
    await create(Namespace, project, undefined);
  });

  const create = (
    kind: Kind,
    name: string,
    namespace: string | undefined = undefined,
    fields: Record<string, unknown> = {},
  ) =>
    region.inRealm(REALM, ({ resources }) =>
      resources.create(kind, namespace, { metadata: { name }, ...fields }, region.as(REALM, 'alice')),
    );
  const limit = (hard: Record<string, string | number>, name = 'limits') =>
    create(Quota, name, project, { spec: { hard } });
  const widget = (name: string, spec: Record<string, unknown> = {}) =>
    create(Widget, name, project, { spec });
  const isRefusal = (text: string | RegExp) => (error: unknown) => {
    assert.ok(isStatusError(error, 'Forbidden'), String(error));
    if (typeof text === 'string') assert.equal(error.message, text);
    else assert.match(error.message, text);
    return true;
  };

  it('of ten lets exactly ten of fifty concurrent creates through', async () => {
    await limit({ instances: 10 });
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, (_, i) => widget(`w${i}`)));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    assert.equal(outcomes.length - refused.length, 10);
    for (const { reason } of refused) assert.ok(isStatusError(reason, 'Forbidden'), String(reason));
    await region.inRealm(REALM, ({ view }) => assert.equal(view.count(Widget, project), 10));
  });

  it('says which quota, how much of what is used, what was asked for, and what to do', async () => {
    await limit({ cpu: 4, memory: '8Gi' });
    await widget('a', { cpu: '3500m', memory: '6Gi' });
    await assert.rejects(
      widget('b', { cpu: 1, memory: '4Gi' }),
      isRefusal(
        'widgets.test.casemate.internal "b" is forbidden: exceeded quota: quota "limits" allows 4 cpu, 3500m are used, and this asks for 1 more; ' +
          'quota "limits" allows 8Gi memory, 6Gi are used, and this asks for 4Gi more. ' +
          'Delete what is not needed, or ask an administrator of the organization for more',
      ),
    );
    await widget('c', { cpu: '500m', memory: '2Gi' });
  });

  it('counts what a change adds, and lets anything shrink', async () => {
    await limit({ cpu: 4 });
    await widget('a', { cpu: 3 });
    const resize = (cpu: number) =>
      region.inRealm(REALM, ({ resources }) =>
        resources.modify(Widget, { namespace: project, name: 'a' }, region.as(REALM, 'alice'), (current) => ({
          ...current,
          spec: { cpu },
        })),
      );
    await resize(4);
    await assert.rejects(resize(5), isRefusal(/allows 4 cpu, 4 are used, and this asks for 1 more/));
    await region.inRealm(REALM, ({ resources }) =>
      resources.modify(
        Quota,
        { namespace: project, name: 'limits' },
        region.as(REALM, 'alice'),
        (current) => ({
          ...current,
          spec: { hard: { cpu: 1 } },
        }),
      ),
    );
    await resize(2);
  });

  it('can limit the number of objects of any resource', async () => {
    await limit({ 'count/configmaps': 2 });
    await create(ConfigMap, 'a', project);
    await create(ConfigMap, 'b', project);
    await assert.rejects(
      create(ConfigMap, 'c', project),
      isRefusal(/allows 2 count\/configmaps, 2 are used/),
    );
  });

  it('counts an object until its service has cleaned up after it', async () => {
    await limit({ instances: 1 });
    await widget('a');
    await region.controllers.idle();
    region.engine.away = true;
    await region.inRealm(REALM, ({ resources }) =>
      resources.delete(Widget, { namespace: project, name: 'a' }, region.as(REALM, 'alice')),
    );
    await assert.rejects(widget('b'), isRefusal(/1 are used/));
    region.engine.away = false;
    await region.until(() => region.inRealm(REALM, ({ view }) => view.count(Widget, project) === 0));
    await widget('b');
  });

  it('holds together with every other quota of its project, and with none of another project', async () => {
    await limit({ instances: 5 });
    await limit({ instances: 1 }, 'tight');
    await widget('a');
    await assert.rejects(widget('b'), isRefusal(/quota "tight" allows 1 instances/));
    await create(Namespace, `${project}-other`);
    await create(Widget, 'b', `${project}-other`, { spec: {} });
  });

  it('refuses limits that could never count anything', async () => {
    for (const [name, message] of [
      ['instance', /use one of instances, cpu, memory/],
      ['count/widget', /there is no resource "widget"/],
      ['count/namespaces', /are not in projects/],
    ] as const) {
      await assert.rejects(limit({ [name]: 1 }), (error) => {
        assert.ok(isStatusError(error, 'Invalid'));
        assert.equal(error.details?.causes?.[0]?.field, `spec.hard[${name}]`);
        assert.match(error.message, message);
        return true;
      });
    }
    await assert.rejects(limit({ cpu: 'four' }), (error) => isStatusError(error, 'Invalid'));
    await assert.rejects(limit({ cpu: -1 }), (error) => isStatusError(error, 'Invalid'));
  });

  it('shows what is used, a second behind at most, and when it is exceeded', async () => {
    await limit({ instances: 10, cpu: '4', memory: '4096Mi', 'count/configmaps': 3 });
    for (let i = 0; i < 5; i++) await widget(`w${i}`, { cpu: '500m', memory: '512Mi' });
    await region.controllers.idle();
    await region.test.clock.advance(1_000);
    await region.controllers.idle();
    const read = () =>
      region.inRealm(REALM, ({ view }) => view.get(Quota, { namespace: project, name: 'limits' }));
    const status = (await read())?.status;
    assert.deepEqual(status?.hard, { 'count/configmaps': '3', cpu: '4', instances: '10', memory: '4Gi' });
    assert.deepEqual(status?.used, {
      'count/configmaps': '0',
      cpu: '2500m',
      instances: '5',
      memory: '2560Mi',
    });
    assert.equal(getCondition(status?.conditions, 'Ready')?.reason, 'Enforced');

    await region.inRealm(REALM, ({ resources }) =>
      resources.modify(
        Quota,
        { namespace: project, name: 'limits' },
        region.as(REALM, 'alice'),
        (current) => ({
          ...current,
          spec: { hard: { instances: 2 } },
        }),
      ),
    );
    await region.controllers.idle();
    await region.test.clock.advance(1_000);
    await region.controllers.idle();
    const exceeded = (await read())?.status;
    assert.deepEqual(exceeded?.used, { instances: '5' });
    assert.equal(getCondition(exceeded?.conditions, 'Ready')?.reason, 'EnforcedButExceeded');
  });
});
