import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Guardrail } from '#trust/access/guardrail.ts';
import { RoleBinding } from '#trust/access/role-binding.ts';
import { User } from '#trust/identity/people/user.ts';
import { ServiceAccount } from '#trust/identity/service-accounts/service-account.ts';
import { ACME } from '#trust/testing/fixture.ts';
import { Project } from '#trust/testing/kinds.ts';
import { AccessKey } from '../access-key/access-key.ts';
import { Bucket } from '../bucket/bucket.ts';
import { bucketController } from '../bucket/controller.ts';
import { type GateWorld, gateWorld, PROJECT } from '../testing/world.ts';
import type { BucketChange } from './protocol.ts';

type Change = BucketChange extends infer C
  ? C extends unknown
    ? Omit<C, 'realm' | 'requestId'>
    : never
  : never;

describe('the gate', () => {
  let world: GateWorld;
  let held = 0;
  before(async () => {
    world = await gateWorld({ close: () => ({ objects: held }) });
  });
  after(() => world.close());

  async function settle(name: string, project = PROJECT) {
    const { context, release } = await world.context('buckets');
    const controller = bucketController({
      engine: () => world.engine,
      keys: world.keys,
      endpoint: 'https://s3.lux.casemate.internal:7480',
      isOrganizationLeaving: async () => false,
    });
    await controller.reconcile({ namespace: project, name }, context);
    release();
  }
  async function keyOf(name: string, spec: object = {}): Promise<string> {
    await world.accessKey(name, { user: 'alice', ...spec }, world.alice);
    return (await world.issue(name, world.alice)).accessKeyId;
  }
  const make = async (change: Change) =>
    world.gate.ask('change', { realm: ACME, requestId: 'a-request', ...change } as BucketChange);
  const asks = (accessKey: string, verb: 'get' | 'create' | 'list', bucket: string, address?: string) =>
    world.gate.ask('decide', {
      realm: ACME,
      accessKey,
      verb,
      subresource: 'objects',
      project: PROJECT,
      bucket,
      ...(address === undefined ? {} : { address }),
    });
  const untilNews = async (from: number) => {
    while (world.news.length === from) await new Promise((resolve) => setImmediate(resolve));
  };

  it('tells a process how to begin', async () => {
    assert.equal((await world.gate.ask('begin', {})).domain, 'lux');
    assert.deepEqual(await world.gate.ask('certificate', { organization: 'acme' }), {
      certificate: 'of acme',
      privateKey: 'key',
    });
    assert.ok(
      await world.gate.ask('certificate', { organization: 'nobody' }),
      'which organizations there are is not told',
    );
    const many = Array.from({ length: 30 }, (_, at) =>
      world.gate.ask('certificate', { organization: `o${at}` }),
    );
    assert.ok((await Promise.allSettled(many)).some(({ status }) => status === 'rejected'));
    await assert.rejects(world.gate.ask('certificate', { organization: '*' }), /certificate\.organization/);
  });

  it('knows who an access key belongs to, and nobody by an id that was never given', async () => {
    const expires = '2026-06-01T00:00:00Z';
    await world.accessKey('first', { user: 'alice', expires, scope: { readOnly: true } }, world.alice);
    assert.equal(await world.gate.ask('holder', { accessKey: 'CMAAAAAAAAAAAAAAAAAA' }), null);
    const { accessKeyId, secretAccessKey } = await world.issue('first', world.alice);
    assert.deepEqual(await world.gate.ask('holder', { accessKey: accessKeyId }), {
      realm: ACME,
      name: 'alice',
      groups: ['system:authenticated'],
      credential: 'lab/first',
      secret: secretAccessKey,
      expires_ms: Date.parse(expires),
      scope: { readOnly: true },
    });
    const other = `${accessKeyId.slice(0, -1)}${accessKeyId.endsWith('A') ? 'B' : 'A'}`;
    assert.equal(await world.gate.ask('holder', { accessKey: other }), null);
  });

  it('makes, changes and finds a bucket as whoever signs, in the project of their key', async () => {
    const accessKey = await keyOf('maker');
    const made = await make({ accessKey, name: 'data', op: 'create', spec: { versioning: 'enabled' } });
    assert.deepEqual(made, { ok: true });
    await assert.rejects(world.gate.ask('bucket', { realm: ACME, name: 'data' }), /has no key yet/);
    await settle('data');
    assert.deepEqual(await make({ accessKey, name: 'data', op: 'patch', spec: { tags: { a: 'b' } } }), {
      ok: true,
    });
    const found = await world.gate.ask('bucket', { realm: ACME, name: 'data' });
    assert.equal(found?.project, PROJECT);
    assert.deepEqual([found?.spec.versioning, found?.spec.tags], ['enabled', { a: 'b' }]);
    assert.equal(Buffer.from(found?.key ?? '', 'base64').length, 32);
    assert.deepEqual([found?.keyVersion, found?.isDeleting], [1, false]);
    const uid = found?.uid ?? '';
    assert.deepEqual(await world.gate.ask('bucketKey', { realm: ACME, uid, version: 1 }), {
      key: found?.key,
    });
    assert.equal(await world.gate.ask('bucketKey', { realm: ACME, uid, version: 2 }), null);
    const again = await make({ accessKey, name: 'data', op: 'create', spec: {} });
    assert.ok(!again.ok && again.code === 409 && again.reason === 'AlreadyExists');
    const wrong = await make({ accessKey, name: 'data', op: 'patch', spec: { versioning: 'off' } });
    assert.ok(!wrong.ok && wrong.code === 422, JSON.stringify(wrong));
    assert.equal(await world.gate.ask('bucket', { realm: ACME, name: 'nowhere' }), null);
  });

  it('decides by roles, guardrails and the scope of the key', async () => {
    const all = await keyOf('all');
    const reads = await keyOf('reads', { scope: { readOnly: true } });
    const one = await keyOf('one', { scope: { buckets: ['other'] } });
    assert.equal((await asks(all, 'create', 'data')).allowed, true);
    assert.equal((await asks(reads, 'get', 'data')).allowed, true);
    assert.deepEqual(await asks(reads, 'create', 'data'), {
      allowed: false,
      reason: 'the access key only reads',
    });
    assert.equal((await asks(one, 'get', 'data')).allowed, false);
    const refused = await make({ accessKey: reads, name: 'another', op: 'create', spec: {} });
    assert.ok(!refused.ok && refused.code === 403);
    await world.region.make(ACME, Guardrail, {
      metadata: { name: 'inside' },
      spec: {
        message: 'data stay inside',
        resources: ['buckets.objects.casemate.internal/objects'],
        when: { addressNotIn: ['10.0.0.0/8'] },
      },
    });
    assert.equal((await asks(all, 'get', 'data', '10.1.2.3')).allowed, true);
    const outside = await asks(all, 'get', 'data', '192.0.2.1');
    assert.deepEqual([outside.allowed, /Guardrail "inside"/.test(outside.reason)], [false, true]);
    await world.remove(Guardrail, 'inside');
  });

  it('lists the buckets that the holder may see, page by page', async () => {
    const { region } = world;
    await region.make(ACME, Project, { metadata: { name: 'closed' } });
    await region.make(ACME, Bucket, { metadata: { name: 'secret' }, spec: {} }, 'closed');
    await region.make(ACME, ServiceAccount, { metadata: { name: 'reader' } }, PROJECT);
    await region.make(ACME, RoleBinding, {
      metadata: { name: 'reader' },
      spec: {
        role: 'project-viewer',
        project: PROJECT,
        subjects: [{ kind: 'ServiceAccount', name: 'reader', project: PROJECT }],
      },
    });
    await world.accessKey('reader', { serviceAccount: 'reader' }, world.alice);
    const { accessKeyId } = await world.issue('reader', world.alice);
    const names = async (accessKey: string, more: object = {}) =>
      (await world.gate.ask('buckets', { realm: ACME, accessKey, ...more })).buckets.map(({ name }) => name);
    assert.deepEqual(await names(accessKeyId), ['data']);
    const all = await keyOf('lister');
    assert.deepEqual(await names(all), ['data', 'secret']);
    assert.deepEqual(await names(all, { after: 'data' }), ['secret']);
    assert.deepEqual(await names(all, { prefix: 'da' }), ['data']);
  });

  it('puts access on record before it answers', async () => {
    const before = await world.region.storage.readRealm(ACME);
    const record = {
      realm: ACME,
      actor: 'alice',
      credential: 'access-key:CM',
      verb: 'get',
      subresource: 'objects',
      project: PROJECT,
      bucket: 'data',
      details: { call: 'GetObject', key: 'a/b' },
      decision: 'allowed',
      code: 200,
      requestId: 'r-1',
    } as const;
    // Of an organization that is gone meanwhile there is nothing to keep.
    const gone = { ...record, realm: '/orgs/gone' } as const;
    await world.gate.ask('record', { records: [gone, record] });
    const after = await world.region.storage.readRealm(ACME);
    assert.equal((after?.access.size ?? 0) - (before?.access.size ?? 0), 1);
  });

  it('refuses what makes no sense, names the field, and goes on', async () => {
    const ask = world.gate.ask.bind(world.gate) as (call: string, asked: unknown) => Promise<unknown>;
    await assert.rejects(ask('bucket', { realm: '/', name: 'data' }), /bucket\.realm/);
    await assert.rejects(
      ask('used', { buckets: [{ uid: 'x', realm: ACME, bytes: -1, objects: 0 }] }),
      /bytes/,
    );
    await assert.rejects(ask('destroy', {}), /there is no "destroy"/);
    assert.equal((await world.gate.ask('begin', {})).domain, 'lux');
  });

  it('tells of changes that answers depend on, and the answer after them is another', async () => {
    const { region } = world;
    await region.make(ACME, User, { metadata: { name: 'dora' }, spec: { displayName: 'Dora' } });
    await region.bind(ACME, 'dora', 'project-editor', 'dora');
    const dora = await region.person(ACME, 'dora');
    await world.accessKey('doras', { user: 'dora' }, dora);
    const { accessKeyId } = await world.issue('doras', dora);
    const holder = () => world.gate.ask('holder', { accessKey: accessKeyId });
    assert.equal((await holder())?.name, 'dora');
    const steps: readonly [string, () => Promise<unknown>, () => Promise<boolean>][] = [
      [
        'a role taken away',
        () => world.remove(RoleBinding, 'dora'),
        async () => (await asks(accessKeyId, 'get', 'data')).allowed,
      ],
      [
        'a person disabled',
        () =>
          world.patch(User, 'dora', (user) => ({
            ...user,
            spec: { ...(user.spec as object), disabled: true },
          })),
        async () => (await holder()) !== null,
      ],
      ['a key deleted', () => world.remove(AccessKey, 'all'), async () => (await holder()) !== null],
    ];
    assert.equal((await asks(accessKeyId, 'get', 'data')).allowed, true);
    for (const [what, change, isOpen] of steps) {
      const from = world.news.length;
      await change();
      await untilNews(from);
      assert.deepEqual(world.news.at(-1), { news: 'changed', realm: ACME }, what);
      assert.equal(await isOpen(), false, what);
    }
  });

  it('ends a key at its time, whatever nobody does', async () => {
    const accessKey = await keyOf('short', { expires: '2026-01-01T01:00:00Z' });
    assert.ok(await world.gate.ask('holder', { accessKey }));
    await world.region.clock.leap(3_600_000);
    assert.equal(await world.gate.ask('holder', { accessKey }), null);
    assert.equal((await asks(accessKey, 'get', 'data')).allowed, false);
  });

  it('knows who comes through the API: by their roles now, from their own address, until it is over', async () => {
    const { region, secrets, alice } = world;
    await region.make(ACME, User, { metadata: { name: 'frida' }, spec: { displayName: 'Frida' } });
    await region.bind(ACME, 'frida-views', 'project-viewer', 'frida', PROJECT);
    const frida = { ...alice, name: 'frida', groups: [], address: '192.0.2.7' };
    const { accessKey, secret } = await secrets.relayed.make(frida, region.clock.now(), 60_000);
    const holder = await world.gate.ask('holder', { accessKey });
    assert.deepEqual([holder?.name, holder?.address, holder?.secret], ['frida', '192.0.2.7', secret]);
    assert.equal((await asks(accessKey, 'get', 'data')).allowed, true);
    assert.equal((await asks(accessKey, 'create', 'data')).allowed, false);
    await region.make(ACME, Guardrail, {
      metadata: { name: 'inside' },
      spec: {
        message: 'data stay inside',
        resources: ['buckets.objects.casemate.internal/objects'],
        when: { addressNotIn: ['127.0.0.0/8'] },
      },
    });
    // The region's own address, which it connects from, is not theirs.
    assert.equal((await asks(accessKey, 'get', 'data', '127.0.0.1')).allowed, false);
    await world.remove(Guardrail, 'inside');
    assert.equal((await asks(accessKey, 'get', 'data', '127.0.0.1')).allowed, true);
    const made = await make({ accessKey, name: 'by-relay', op: 'create', spec: {} });
    assert.ok(!made.ok && made.code === 401, 'what is set on buckets does not go this way');
    await world.patch(User, 'frida', (user) => ({
      ...user,
      spec: { ...(user.spec as object), disabled: true },
    }));
    assert.equal(await world.gate.ask('holder', { accessKey }), null);
    assert.equal((await asks(accessKey, 'get', 'data')).allowed, false);
    const { accessKey: other } = await secrets.relayed.make(alice, region.clock.now(), 60_000);
    assert.ok(await world.gate.ask('holder', { accessKey: other }));
    await region.clock.leap(180_000);
    assert.equal(await world.gate.ask('holder', { accessKey: other }), null);
  });

  it('deletes a bucket when it is empty at that moment, whatever was noted before', async () => {
    const accessKey = await keyOf('deleter');
    const uid = (await world.read('data'))?.metadata.uid ?? '';
    await world.region.clock.advance(0);
    const told = world.news.length;
    await world.gate.ask('used', { buckets: [{ uid, realm: ACME, bytes: 10, objects: 1 }] });
    await world.region.clock.advance(5_000);
    while ((await world.read('data'))?.status?.usage?.objects !== 1) await world.region.clock.advance(5_000);
    await world.region.clock.advance(0);
    assert.equal(world.news.length, told, 'what it holds changes no answer');
    held = 1;
    const refused = await make({ accessKey, name: 'data', op: 'delete' });
    assert.ok(
      !refused.ok && refused.code === 409 && /BucketNotEmpty/.test(refused.message),
      JSON.stringify(refused),
    );
    held = 0;
    assert.deepEqual(await make({ accessKey, name: 'data', op: 'delete' }), { ok: true });
    assert.equal((await world.gate.ask('bucket', { realm: ACME, name: 'data' }))?.isDeleting, true);
    await settle('data');
    assert.equal(await world.read('data'), undefined);
    assert.equal(await world.keys.has(ACME, uid), false);
  });

  it('is there again after the process ended, and ends with the region', async () => {
    const next = world.restart();
    await world.region.clock.advance(1_000);
    const gate = await next;
    assert.equal((await gate.ask('begin', {})).domain, 'lux');
    assert.equal(world.started(), 2);
    world.engine.end();
    assert.match(await gate.ended, /gone/);
    await world.region.clock.advance(60_000);
    assert.equal(world.started(), 2);
  });
});
