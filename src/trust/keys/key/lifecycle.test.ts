import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { base64, type KeyWorld, keyWorld } from '../testing/key-world.ts';

const DAY_MS = 24 * 60 * 60_000;
const ENCRYPT = { purpose: 'encrypt', algorithm: 'AES-256-GCM' };

describe('the life of a Key', () => {
  let world: KeyWorld;
  before(async () => {
    world = await keyWorld();
  });
  after(() => world.close());

  const states = async (name: string) =>
    (await world.read(name))?.status?.versions.map(({ state }) => state).join(' ');
  const condition = async (name: string, type: string) =>
    (await world.read(name))?.status?.conditions?.find((one) => one.type === type);
  const encrypt = async (name: string) =>
    String((await world.act(name, 'encrypt', { plaintext: base64('kept') })).ciphertext);

  it('rotates when asked and when its period is over; what older versions encrypted still opens', async () => {
    await world.key('turning', { ...ENCRYPT, rotationPeriod_days: 2 });
    const first = await encrypt('turning');
    assert.deepEqual((await world.act('turning', 'rotate')).versions, [1, 2]);
    const wait_ms = await world.reconcile('turning');
    assert.equal(wait_ms, DAY_MS, 'it is looked at daily until it is due');
    await world.region.clock.leap(2 * DAY_MS);
    await world.reconcile('turning');
    assert.equal((await world.read('turning'))?.status?.primary, 3);
    assert.match(
      (await condition('turning', 'RotationScheduled'))?.message ?? '',
      /next one is made at 2026-/,
    );
    const opened = await world.act('turning', 'decrypt', { ciphertext: first });
    assert.deepEqual([opened.plaintext, opened.keyVersion], [base64('kept'), 1]);
  });

  it('a disabled version works no more until it is enabled again', async () => {
    await world.key('paused', ENCRYPT);
    const ciphertext = await encrypt('paused');
    await world.act('paused', 'disable');
    const refused = await world.act('paused', 'decrypt', { ciphertext });
    assert.deepEqual(
      [refused.code, /version 1 is disabled; enable it first/.test(refused.message)],
      [409, true],
    );
    assert.equal((await condition('paused', 'Ready'))?.reason, 'Disabled');
    await world.act('paused', 'enable');
    assert.equal((await world.act('paused', 'decrypt', { ciphertext })).code, 200);
    assert.match((await world.act('paused', 'enable')).message, /version 1 is disabled/);
  });

  it('is destroyed 21 days after the notice, not before, and it can be undone until then', async () => {
    await world.key('doomed', ENCRYPT);
    const ciphertext = await encrypt('doomed');
    const alone = await world.act('doomed', 'schedule-destroy');
    assert.deepEqual([alone.code, await states('doomed')], [403, 'Enabled'], 'it takes two people');
    await world.agree('doomed', 'destroy');
    const said = await world.act('doomed', 'schedule-destroy', { reason: 'RETIRED' });
    const destroyAt = new Date(world.region.clock.now() + 21 * DAY_MS).toISOString().slice(0, 19);
    assert.equal(said.destroyAt, `${destroyAt}Z`);
    assert.match(
      (await condition('doomed', 'DestructionScheduled'))?.message ?? '',
      /version 1 at 2026-.*cancel/,
    );
    assert.match((await world.act('doomed', 'decrypt', { ciphertext })).message, /about to be destroyed/);
    await world.region.clock.leap(20 * DAY_MS);
    await world.reconcile('doomed');
    assert.equal(await states('doomed'), 'DestroyScheduled');
    await world.act('doomed', 'cancel-destroy');
    assert.equal(await states('doomed'), 'Disabled');
    await world.act('doomed', 'enable');
    assert.equal((await world.act('doomed', 'decrypt', { ciphertext })).code, 200);

    await world.agree('doomed', 'destroy');
    await world.act('doomed', 'schedule-destroy');
    await world.region.clock.leap(21 * DAY_MS);
    await world.reconcile('doomed');
    assert.equal(await states('doomed'), 'Destroyed');
    assert.equal((await condition('doomed', 'Ready'))?.reason, 'Destroyed');
    assert.equal((await world.act('doomed', 'cancel-destroy')).code, 409);
    assert.match((await world.act('doomed', 'decrypt', { ciphertext })).message, /version 1 was destroyed/);
    const names = await world.region.keyring.material.names('/orgs/acme', 'key.');
    const { metadata } = (await world.read('doomed')) ?? {};
    assert.ok(names.length > 0 && !names.some((name) => name.includes(metadata?.uid ?? '')), names.join());
  });

  it('is destroyed and deleted with the approval of a key custodian as well as of an administrator', async () => {
    await world.key('kept', ENCRYPT);
    await world.agree('kept', 'destroy', 'keeper');
    assert.equal((await world.act('kept', 'schedule-destroy')).code, 200);
    assert.equal(await states('kept'), 'DestroyScheduled');
    await world.key('given-up', ENCRYPT);
    assert.equal((await world.remove('given-up')).code, 403);
    await world.agree('given-up', 'delete', 'keeper');
    assert.equal((await world.remove('given-up')).code, 200);
  });

  it('a tenant may shorten the notice, but not below a day, and not of what is scheduled already', async () => {
    await world.key('brief', { ...ENCRYPT, destroyNotice_days: 1 });
    await world.agree('brief', 'destroy');
    await world.act('brief', 'schedule-destroy');
    await world.region.clock.leap(DAY_MS);
    await world.reconcile('brief');
    assert.equal(await states('brief'), 'Destroyed');
    assert.equal((await world.key('none', { ...ENCRYPT, destroyNotice_days: 0 })).code, 422);
  });

  it('deleting a Key begins the notice: it goes when that is over, and cancel-destroy brings it back', async () => {
    await world.key('gone', ENCRYPT);
    const ciphertext = await encrypt('gone');
    await world.agree('gone', 'delete');
    await world.remove('gone');
    await world.reconcile('gone');
    assert.equal(await states('gone'), 'DestroyScheduled');
    assert.equal((await condition('gone', 'DestructionScheduled'))?.reason, 'KeyDeleted');
    assert.match((await world.act('gone', 'rotate')).message, /being deleted; cancel-destroy undoes that/);
    assert.deepEqual((await world.act('gone', 'cancel-destroy')).versions, [1]);
    await world.reconcile('gone');
    assert.equal((await world.read('gone'))?.metadata.deletionTimestamp, undefined);
    await world.act('gone', 'enable');
    assert.equal((await world.act('gone', 'decrypt', { ciphertext })).code, 200);

    await world.agree('gone', 'delete');
    await world.remove('gone');
    await world.reconcile('gone');
    await world.region.clock.leap(21 * DAY_MS - 1_000);
    await world.reconcile('gone');
    assert.ok(await world.read('gone'));
    await world.region.clock.leap(1_000);
    await world.reconcile('gone');
    assert.equal(await world.read('gone'), undefined);
  });
});
