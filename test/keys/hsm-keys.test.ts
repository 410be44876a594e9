import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { type SoftHsm, startSoftHsm } from '#engines/pkcs11/testing/softhsm.ts';
import { systemClock } from '#kernel/clock.ts';
import { isStatusError } from '#kernel/errors.ts';
import { hsmRoots } from '#trust/keys/hsm-roots.ts';
import { hsmBackend } from '#trust/keys/key/hsm.ts';
import { softwareKeyring } from '#trust/keys/keyring.ts';
import { memoryKeyStorage } from '#trust/keys/memory-key-storage.ts';
import { onlyRoots } from '#trust/keys/roots.ts';
import { base64, type KeyWorld, keyWorld } from '#trust/keys/testing/key-world.ts';
import { SealError, symmetricKey } from '#trust/keys/wrapping.ts';

const DAY_MS = 24 * 60 * 60_000;
const ACME = '/orgs/acme';

describe('Keys whose protection is an HSM', () => {
  let hsm: SoftHsm;
  let world: KeyWorld;
  before(async () => {
    hsm = await startSoftHsm();
    world = await keyWorld(hsmBackend(hsm.client));
  });
  after(async () => {
    await world.close();
    await hsm.close();
  });

  it('encrypt, sign and authenticate in the HSM, and none of their material is in the database', async () => {
    await world.key('data', { purpose: 'encrypt', algorithm: 'AES-256-GCM', protection: 'hsm' });
    const { ciphertext } = await world.act('data', 'encrypt', { plaintext: base64('kept') });
    assert.equal((await world.act('data', 'decrypt', { ciphertext })).plaintext, base64('kept'));
    const bytes = Buffer.from(String(ciphertext), 'base64');
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    const changed = await world.act('data', 'decrypt', { ciphertext: bytes.toString('base64') });
    assert.match(changed.message, /does not open: it is of another key/);

    await world.key('deed', { purpose: 'sign', algorithm: 'P-256', protection: 'hsm' });
    const { signature } = await world.act('deed', 'sign', { message: base64('deed') });
    const key = createPublicKey(String((await world.act('deed', 'public-key')).publicKey));
    const raw = Buffer.from(String(signature), 'base64');
    assert.ok(verify('sha256', Buffer.from('deed'), { key, dsaEncoding: 'ieee-p1363' }, raw));

    await world.key('cookie', { purpose: 'mac', algorithm: 'HMAC-SHA-256', protection: 'hsm' });
    const { mac } = await world.act('cookie', 'mac', { message: base64('x') });
    assert.equal((await world.act('cookie', 'verify-mac', { message: base64('x'), mac })).valid, true);
    assert.deepEqual(await world.region.keyring.material.names(ACME, 'key.'), []);
    const exported = { purpose: 'encrypt', algorithm: 'AES-256-GCM', protection: 'hsm', exportable: true };
    assert.match((await world.key('out', exported)).message, /what an HSM made never leaves it/);
  });

  it('rotate in the HSM, and what is destroyed is gone from it', async () => {
    const { ciphertext } = await world.act('data', 'encrypt', { plaintext: base64('old') });
    await world.act('data', 'rotate');
    assert.equal((await world.act('data', 'decrypt', { ciphertext })).plaintext, base64('old'));
    await world.agree('data', 'destroy');
    await world.act('data', 'schedule-destroy', { version: 1 });
    await world.region.clock.leap(21 * DAY_MS);
    await world.reconcile('data');
    const uid = (await world.read('data'))?.metadata.uid;
    const seal = (version: number) =>
      hsm.client.seal(`casemate key ${uid} ${version}`, Buffer.from('x'), Buffer.from(''));
    assert.equal(await seal(1), undefined);
    assert.ok(await seal(2));
  });

  it('say while the HSM is away that it is, and work again when it is back', async () => {
    const { ciphertext } = await world.act('data', 'encrypt', { plaintext: base64('kept') });
    await hsm.unplug();
    const refused = await world.act('data', 'decrypt', { ciphertext });
    assert.deepEqual([refused.code, /the HSM "softhsm" does not answer/.test(refused.message)], [503, true]);
    await world.key('late', { purpose: 'encrypt', algorithm: 'AES-256-GCM', protection: 'hsm' });
    const ready = (await world.read('late'))?.status?.conditions?.find(({ type }) => type === 'Ready');
    assert.equal(ready?.reason, 'ProviderUnavailable');
    await hsm.plug();
    let opened: Record<string, unknown> = {};
    while (opened.plaintext === undefined) opened = await world.act('data', 'decrypt', { ciphertext });
    assert.equal(opened.plaintext, base64('kept'));
    await world.reconcile('late');
    assert.equal((await world.read('late'))?.status?.primary, 1);
  });
});

describe('organizations whose root is in an HSM', () => {
  let hsm: SoftHsm;
  before(async () => {
    hsm = await startSoftHsm();
  });
  after(() => hsm.close());

  const open = (storage = memoryKeyStorage()) => {
    const roots = hsmRoots({ hsm: hsm.client, regionId: 'r00000001', description: 'a test’s HSM' });
    const masterKey = symmetricKey(new Uint8Array(32).fill(7));
    return {
      storage,
      keyring: softwareKeyring({
        region: 'lux',
        storage,
        masterKey,
        roots: onlyRoots(roots),
        clock: systemClock,
      }),
    };
  };

  it('open with the HSM at hand only; the master key alone opens nothing of them', async () => {
    const { keyring, storage } = open();
    const sealed = (await keyring.create(ACME)).sealer.seal(Buffer.from('secret'), 'c');
    const again = await open(storage).keyring.open(ACME);
    assert.equal(Buffer.from(again.sealer.open(sealed, 'c')).toString(), 'secret');
    const software = softwareKeyring({
      region: 'lux',
      storage,
      masterKey: symmetricKey(new Uint8Array(32).fill(7)),
      clock: systemClock,
    });
    await assert.rejects(
      software.open(ACME),
      (error) =>
        isStatusError(error, 'ServiceUnavailable') && /hang from provider "softhsm"/.test(error.message),
    );
  });

  it('do not open while it is away, lose nothing, and open when it is back', async () => {
    const { keyring, storage } = open();
    await keyring.create('/orgs/away');
    await hsm.unplug();
    const elsewhere = open(storage).keyring;
    await assert.rejects(elsewhere.open('/orgs/away'), (error) => isStatusError(error, 'ServiceUnavailable'));
    await hsm.plug();
    let opened: unknown;
    while (!opened) opened = await elsewhere.open('/orgs/away').catch(() => undefined);
  });

  it('are unreadable for good once the root is destroyed there, whatever is kept of the database', async () => {
    const { keyring, storage } = open();
    const { sealer } = await keyring.create('/orgs/gone');
    const sealed = sealer.seal(Buffer.from('secret'), 'c');
    const backup = new Map(await storage.all('/orgs/gone'));
    await keyring.destroy('/orgs/gone');
    await storage.addAll('/orgs/gone', backup);
    await assert.rejects(
      open(storage).keyring.open('/orgs/gone'),
      (error) =>
        error instanceof SealError &&
        /root key of \/orgs\/gone in the HSM "softhsm" is gone/.test(error.message),
    );
    assert.throws(() => sealer.open(sealed, 'c'), SealError);
  });
});
