import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { describe, it } from 'node:test';
import { systemClock } from '#kernel/clock.ts';
import { isStatusError } from '#kernel/errors.ts';
import { createClientAuthority } from '../certificates/authority.ts';
import { encodeClient } from './authority-blob.ts';
import { softwareKeyring } from './keyring.ts';
import { memoryKeyStorage } from './memory-key-storage.ts';
import { encodePrivateKey, newSigningKey } from './realm-keys.ts';
import { SealError, seal, symmetricKey } from './wrapping.ts';

const ORG = '/orgs/ministry' as const;
const OTHER = '/orgs/hospital' as const;

function setUp(storage = memoryKeyStorage(), fill = 7) {
  const masterKey = symmetricKey(new Uint8Array(32).fill(fill));
  return { storage, keyring: softwareKeyring({ region: 'lux', storage, masterKey, clock: systemClock }) };
}

const text = (value: string) => Buffer.from(value, 'utf8');

/** Whether a 32-byte Ed25519 key verifies a signature. */
function verifies(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = createPublicKey({
    format: 'jwk',
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') },
  });
  return verify(null, message, key, signature);
}

describe('the software keyring', () => {
  it('signs each log with its own key under the origin of that log', async () => {
    const { keyring } = setUp();
    const keys = await keyring.create(ORG);
    assert.equal(keys.logs.changes.origin, 'lux.casemate.internal/orgs/ministry/changes');
    assert.equal(keys.logs.access.origin, 'lux.casemate.internal/orgs/ministry/access');
    assert.equal((await keyring.create('/')).logs.changes.origin, 'lux.casemate.internal/changes');
    const message = text('checkpoint');
    const signature = keys.logs.changes.sign(message);
    assert.equal(signature.length, 64);
    assert.equal(verifies(keys.logs.changes.publicKey, message, signature), true);
    assert.equal(verifies(keys.logs.access.publicKey, message, signature), false);
  });

  it('gives the same keys to a second keyring over the same storage, and when created again', async () => {
    const { keyring, storage } = setUp();
    const sealed = (await keyring.create(ORG)).sealer.seal(text('secret'), 'a');
    const again = await setUp(storage).keyring.create(ORG);
    assert.deepEqual(again.logs.changes.publicKey, (await keyring.open(ORG)).logs.changes.publicKey);
    assert.equal(Buffer.from(again.sealer.open(sealed, 'a')).toString(), 'secret');
  });

  it('makes one set of keys when two replicas create a realm at the same time', async () => {
    const storage = memoryKeyStorage();
    const [a, b] = await Promise.all([
      setUp(storage).keyring.create(ORG),
      setUp(storage).keyring.create(ORG),
    ]);
    assert.deepEqual(a.logs.changes.publicKey, b.logs.changes.publicKey);
    assert.equal(Buffer.from(b.sealer.open(a.sealer.seal(text('x'), 'c'), 'c')).toString(), 'x');
  });

  it('opens what it sealed only in the same context and in the same realm', async () => {
    const { keyring } = setUp();
    const { sealer } = await keyring.create(ORG);
    const other = await keyring.create(OTHER);
    const sealed = sealer.seal(text('secret'), 'secrets/a');
    assert.equal(Buffer.from(sealer.open(sealed, 'secrets/a')).toString(), 'secret');
    assert.throws(() => sealer.open(sealed, 'secrets/b'), SealError);
    assert.throws(() => other.sealer.open(sealed, 'secrets/a'), SealError);
  });

  it('refuses a sealed value in which any single byte was changed', async () => {
    const { keyring } = setUp();
    const { sealer } = await keyring.create(ORG);
    const sealed = sealer.seal(text('secret'), 'c');
    for (let at = 0; at < sealed.length; at++) {
      const changed = Uint8Array.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.throws(() => sealer.open(changed, 'c'), SealError, `byte ${at}`);
    }
    assert.throws(() => sealer.open(sealed.subarray(0, 20), 'c'), SealError);
  });

  it('never seals the same value to the same bytes', async () => {
    const { sealer } = await setUp().keyring.create(ORG);
    assert.notDeepEqual(sealer.seal(text('x'), 'c'), sealer.seal(text('x'), 'c'));
  });

  it('opens values from before a rotation and seals under the new key after it', async () => {
    const { keyring } = setUp();
    const before = (await keyring.create(ORG)).sealer.seal(text('old'), 'c');
    await keyring.rotateSealer(ORG);
    const { sealer } = await keyring.open(ORG);
    assert.equal(Buffer.from(sealer.open(before, 'c')).toString(), 'old');
    assert.notDeepEqual(sealer.seal(text('new'), 'c').subarray(4, 12), before.subarray(4, 12));
  });

  it('erases: after destroy nothing opens, not even through keys that were open, and a realm of that name begins anew', async () => {
    const { keyring, storage } = setUp();
    const keys = await keyring.create(ORG);
    const sealed = keys.sealer.seal(text('secret'), 'c');
    await keyring.destroy(ORG);
    assert.deepEqual(await storage.list(ORG), []);
    assert.throws(() => keys.sealer.open(sealed, 'c'), SealError);
    assert.throws(() => keys.logs.changes.sign(text('x')), SealError);
    assert.equal(await keyring.clientAuthority(ORG), undefined);
    await assert.rejects(keyring.open(ORG), (error) => isStatusError(error, 'NotFound'));
    const anew = await keyring.create(ORG);
    assert.throws(() => anew.sealer.open(sealed, 'c'), SealError);
    assert.throws(() => keys.sealer.seal(text('x'), 'c'), SealError);
  });

  it('adds nothing to a realm that was destroyed, so that the next one of that name finds nothing of it', async () => {
    const { keyring, storage } = setUp();
    await keyring.create(ORG);
    await keyring.destroy(ORG);
    const late = Buffer.from('made by a request that came before');
    await assert.rejects(keyring.material.add(ORG, 'issuer', late), (error) =>
      isStatusError(error, 'NotFound'),
    );
    assert.ok(late.every((byte) => byte === 0));
    assert.deepEqual(await storage.list(ORG), []);
  });

  it('notices that another replica destroyed and remade a realm', async () => {
    const { keyring, storage } = setUp();
    await keyring.create(ORG);
    const old = await keyring.clientAuthority(ORG);
    const replica = setUp(storage).keyring;
    await replica.destroy(ORG);
    await replica.create(ORG);
    assert.equal(await keyring.clientAuthority(ORG), old);
    const fresh = await keyring.clientAuthority(ORG, { fresh: true });
    const theirs = await replica.clientAuthority(ORG);
    assert.ok(fresh && theirs && old);
    assert.ok(fresh.publicKey.equals(theirs.publicKey));
    assert.ok(!fresh.publicKey.equals(old.publicKey));
  });

  it('keeps no key in the clear, and opens nothing under another master key', async () => {
    const { keyring, storage } = setUp();
    await keyring.create(ORG);
    const stranger = setUp(storage, 8).keyring;
    await assert.rejects(stranger.open(ORG), {
      name: 'SealError',
      message: /restore the file that belongs to this database/,
    });
    for (const name of await storage.list(ORG)) {
      const blob = Buffer.from((await storage.get(ORG, name)) ?? []);
      assert.equal(blob.toString('latin1', 0, 4), name === 'realm-key' ? 'CMR1' : 'CMW1', name);
    }
  });

  it('refuses a wrapped key that was moved to another realm or another name', async () => {
    const { keyring, storage } = setUp();
    await keyring.create(ORG);
    await keyring.create(OTHER);
    const stolen = await storage.get(ORG, 'client-authority');
    assert.ok(stolen);
    await storage.put(OTHER, 'client-authority', stolen);
    await assert.rejects(keyring.clientAuthority(OTHER, { fresh: true }), SealError);
  });

  it('opens what an earlier release wrapped directly under the master key, and goes on doing so', async () => {
    const { keyring, storage } = setUp();
    const masterKey = symmetricKey(new Uint8Array(32).fill(7));
    const material = new Map([
      ['log.changes', encodePrivateKey(newSigningKey())],
      ['log.access', encodePrivateKey(newSigningKey())],
      ['sealer.000001', new Uint8Array(32).fill(5)],
      ['client-authority', encodeClient(createClientAuthority(systemClock.now()))],
    ]);
    for (const [name, bytes] of material) {
      await storage.put(ORG, name, seal('CMW1', masterKey, bytes, `wrapped key\0${ORG}\0${name}`));
    }
    const sealed = (await keyring.open(ORG)).sealer.seal(text('old'), 'c');
    const authority = await keyring.clientAuthority(ORG);
    assert.ok(authority);
    await setUp(storage).keyring.create(ORG);
    const later = setUp(storage).keyring;
    assert.equal(Buffer.from((await later.open(ORG)).sealer.open(sealed, 'c')).toString(), 'old');
    assert.ok((await later.clientAuthority(ORG))?.publicKey.equals(authority.publicKey));
  });

  it('works no more once closed', async () => {
    const { keyring } = setUp();
    const keys = await keyring.create(ORG);
    keyring.close();
    assert.throws(() => keys.logs.access.sign(text('x')), SealError);
    await assert.rejects(keyring.open(ORG), /closed/);
  });
});
