/** The life of a bucket as its controller sees it: its key, who may use it, and how it ends. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { isStatusError } from '#kernel/errors.ts';
import { reconcileKey } from '#trust/keys/key/controller.ts';
import { Key } from '#trust/keys/key/key.ts';
import { ACME } from '#trust/testing/fixture.ts';
import type { EngineState, ObjectsEngine } from '../engine.ts';
import { type ObjectsWorld, objectsWorld, PROJECT } from '../testing/world.ts';
import { Bucket, type BucketObject } from './bucket.ts';
import { bucketController } from './controller.ts';
import { ERASE_ANNOTATION } from './erasing.ts';

class Shelves implements ObjectsEngine {
  state: EngineState = { serves: true };
  objects = 0;
  isLeaving = false;
  readonly erased: string[] = [];
  async want() {
    return this.state;
  }
  async close() {
    return this.objects;
  }
  async erase(_realm: string, uid: string) {
    this.erased.push(uid);
  }
  end() {}
}

describe('the life of a bucket', () => {
  let world: ObjectsWorld;
  let shelves: Shelves;
  let made = 0;
  before(async () => {
    world = await objectsWorld();
  });
  after(() => world.close());
  beforeEach(() => {
    shelves = new Shelves();
  });

  async function settle(name: string) {
    const { context, release } = await world.context('buckets');
    const controller = bucketController({
      engine: () => shelves,
      keys: world.keys,
      endpoint: 'https://localhost:7480',
      isOrganizationLeaving: async () => shelves.isLeaving,
    });
    const again = await controller.reconcile({ namespace: PROJECT, name }, context);
    release();
    return again?.retryAfter_ms;
  }
  const ready = async (name: string) => {
    const { conditions } = (await world.read(name))?.status ?? {};
    const found = conditions?.find(({ type }) => type === 'Ready');
    return found && `${found.reason}: ${found.message}`;
  };
  async function bucket(spec: object = {}): Promise<BucketObject> {
    const name = `bucket-${++made}`;
    await world.bucket(name, spec);
    await settle(name);
    return (await world.read(name)) as BucketObject;
  }
  async function key(name: string, spec: object = {}): Promise<void> {
    const whole = { purpose: 'encrypt', algorithm: 'AES-256-GCM', ...spec };
    await world.region.make(ACME, Key, { metadata: { name }, spec: whole }, PROJECT);
    const { context, release } = await world.context('keys');
    await reconcileKey({ namespace: PROJECT, name }, world.backends, context);
    release();
  }
  const open = (one: BucketObject, version: number) =>
    world.region.realms.use(ACME, ({ view }) => world.keys.open(view, one, version));
  const setState = (name: string, state: 'Enabled' | 'Disabled') =>
    world.region.realms.use(ACME, ({ resources }) =>
      resources.modify(
        Key,
        { namespace: PROJECT, name },
        world.region.context(ACME),
        (now) => ({
          ...now,
          status: { ...now.status, versions: (now.status?.versions ?? []).map((one) => ({ ...one, state })) },
        }),
        { subresource: 'status' },
      ),
    );

  it('says why it is not served while the process does not run', async () => {
    shelves.state = { serves: false, why: 'port 7480 is taken' };
    const { metadata } = await bucket();
    assert.equal(await ready(metadata.name), 'NotServed: port 7480 is taken');
    shelves.state = { serves: true };
    assert.equal(await settle(metadata.name), undefined);
    assert.equal(await ready(metadata.name), 'Ready: it is at https://localhost:7480');
  });

  it('waits for the Key that it names, and takes none that cannot hold a key', async () => {
    const { metadata } = await bucket({ key: 'later' });
    assert.match((await ready(metadata.name)) ?? '', /^KeyUnavailable: .*no such Key in project "lab"/);
    await key('signer', { purpose: 'sign', algorithm: 'Ed25519' });
    assert.match((await ready((await bucket({ key: 'signer' })).metadata.name)) ?? '', /its purpose is sign/);
    await key('asks', { justifications: ['audit'] });
    assert.match((await ready((await bucket({ key: 'asks' })).metadata.name)) ?? '', /takes a reason/);
    await key('later');
    await settle(metadata.name);
    assert.match((await ready(metadata.name)) ?? '', /^Ready/);
  });

  it('under a tenant’s Key opens only while that may be used, and every use is on record', async () => {
    await key('own');
    const before = world.uses.length;
    const one = await bucket({ key: 'own' });
    assert.deepEqual(
      world.uses.slice(before).map(({ use, bucket: of }) => [use, of]),
      [
        ['wrap', one.metadata.name],
        ['unwrap', one.metadata.name],
      ],
    );
    const bytes = await open(one, 1);
    assert.equal(bytes?.length, 32);
    await setState('own', 'Disabled');
    await assert.rejects(
      open(one, 1),
      (error) => isStatusError(error, 'Conflict') && /disabled/.test(error.message),
    );
    await settle(one.metadata.name);
    assert.match((await ready(one.metadata.name)) ?? '', /^KeyUnavailable: .*disabled/);
    await setState('own', 'Enabled');
    assert.deepEqual(await open(one, 1), bytes);
  });

  it('has another key for what comes after another Key was named, and still opens what was before', async () => {
    const one = await bucket();
    const first = await open(one, 1);
    await key('next');
    await world.patch(Bucket, one.metadata.name, (now) => ({
      ...now,
      spec: { ...(now.spec as object), key: 'next' },
    }));
    await settle(one.metadata.name);
    const now = (await world.read(one.metadata.name)) as BucketObject;
    assert.deepEqual([now.status?.keyVersion, now.status?.key], [2, 'next']);
    assert.notDeepEqual(await open(now, 2), first);
    assert.deepEqual(await open(now, 1), first);
  });

  it('that is deleted waits until it is empty, whatever was known before', async () => {
    const { metadata } = await bucket();
    shelves.objects = 3;
    await world.remove(Bucket, metadata.name);
    assert.ok(await settle(metadata.name));
    assert.match((await ready(metadata.name)) ?? '', /^NotEmpty: it still holds 3 versions/);
    assert.equal(await world.keys.has(ACME, metadata.uid), true);
    const late = world.patch(Bucket, metadata.name, (now) => ({
      ...now,
      metadata: { ...now.metadata, annotations: { [ERASE_ANNOTATION]: metadata.name } },
    }));
    await assert.rejects(late, /being deleted already/);
    shelves.objects = 0;
    assert.equal(await settle(metadata.name), undefined);
    assert.equal(await world.read(metadata.name), undefined);
    assert.deepEqual(shelves.erased, [metadata.uid]);
    assert.equal(await world.keys.has(ACME, metadata.uid), false);
  });

  it('waits just so when its project is deleted, whoever deletes that', async () => {
    const { metadata } = await bucket();
    shelves.objects = 3;
    const context = world.region.context(ACME);
    await world.region.realms.use(ACME, ({ resources }) =>
      resources.delete(Bucket, { namespace: PROJECT, name: metadata.name }, context),
    );
    assert.ok(await settle(metadata.name));
    assert.match((await ready(metadata.name)) ?? '', /^NotEmpty/);
    assert.equal(await world.keys.has(ACME, metadata.uid), true);
  });

  it('goes with all that is in it when its organization does', async () => {
    const { metadata } = await bucket();
    shelves.objects = 3;
    shelves.isLeaving = true;
    await world.remove(Bucket, metadata.name);
    await settle(metadata.name);
    assert.equal(await world.read(metadata.name), undefined);
  });

  it('is not gone before the process said that nothing of it is left', async () => {
    const { metadata } = await bucket();
    await world.remove(Bucket, metadata.name);
    shelves.state = { serves: false, why: 'it is being started' };
    assert.ok(await settle(metadata.name));
    assert.match((await ready(metadata.name)) ?? '', /^NotServed/);
    assert.ok(await world.read(metadata.name));
  });

  it('leaves nothing behind that the sweep would not find', async () => {
    const uid = '00000000-0000-4000-8000-000000000001';
    await world.region.keyring.material.add(ACME, `bucket.${uid}.000001`, Buffer.alloc(32, 1));
    const { context, release } = await world.context('buckets');
    const controller = bucketController({
      engine: () => shelves,
      keys: world.keys,
      endpoint: '',
      isOrganizationLeaving: async () => false,
    });
    await controller.sweep?.(context);
    release();
    assert.deepEqual(shelves.erased, [uid]);
    assert.equal(await world.keys.has(ACME, uid), false);
    assert.ok((await world.keys.uids(ACME)).length > 0);
  });
});
