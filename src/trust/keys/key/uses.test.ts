import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { readWhole } from '#kernel/log/personal.ts';
import { ACME } from '../../testing/fixture.ts';
import { base64, type KeyWorld, keyWorld } from '../testing/key-world.ts';
import { ALGORITHMS, FACTS } from './algorithms.ts';

describe('using a Key', () => {
  let world: KeyWorld;
  before(async () => {
    world = await keyWorld();
    await world.key('data', { purpose: 'encrypt', algorithm: 'AES-256-GCM' });
    await world.key('other', { purpose: 'encrypt', algorithm: 'AES-256-GCM' });
  });
  after(() => world.close());

  it('every algorithm does what its purpose says, and opens or verifies its own work only', async () => {
    for (const algorithm of ALGORITHMS) {
      for (const purpose of FACTS[algorithm].purposes) {
        const name = `${purpose}-${algorithm.toLowerCase()}`;
        assert.equal((await world.key(name, { purpose, algorithm })).code, 201, name);
        if (purpose === 'encrypt' || purpose === 'wrap') {
          const [plain, sealed, open] =
            purpose === 'wrap' ? ['material', 'wrapped', 'unwrap'] : ['plaintext', 'ciphertext', 'decrypt'];
          const made = await world.act(name, purpose, { [plain]: base64('hello') });
          assert.equal(made.code, 200, `${name}: ${made.message}`);
          const opened = await world.act(name, open, { [sealed]: made[sealed] });
          assert.deepEqual([opened[plain], opened.keyVersion], [base64('hello'), 1], name);
        }
        if (purpose === 'sign') {
          const message = base64('a contract');
          const { signature } = await world.act(name, 'sign', { message });
          const verdict = (text: string) => world.act(name, 'verify', { message: base64(text), signature });
          assert.deepEqual((await verdict('a contract')).valid, true, name);
          assert.deepEqual((await verdict('another')).valid, false, name);
        }
        if (purpose === 'mac') {
          const message = base64('a cookie');
          const { mac } = await world.act(name, 'mac', { message });
          assert.equal((await world.act(name, 'verify-mac', { message, mac })).valid, true);
          const changed = await world.act(name, 'verify-mac', { message: base64('another'), mac });
          assert.equal(changed.valid, false);
        }
      }
    }
  });

  it('signs so that anybody can verify it with the public key', async () => {
    await world.key('seal', { purpose: 'sign', algorithm: 'P-384' });
    const { signature } = await world.act('seal', 'sign', { message: base64('deed') });
    const { publicKey } = await world.act('seal', 'public-key');
    const key = createPublicKey(String(publicKey));
    const bytes = Buffer.from(String(signature), 'base64');
    assert.ok(verify('sha384', Buffer.from('deed'), { key, dsaEncoding: 'ieee-p1363' }, bytes));
  });

  it('refuses another key, a flipped bit anywhere, other additional data and another use with the same words', async () => {
    await world.key('wrapper', { purpose: 'wrap', algorithm: 'AES-256-GCM' });
    const additionalData = base64('record 7');
    const { ciphertext } = await world.act('data', 'encrypt', { plaintext: base64('x'), additionalData });
    const bytes = Buffer.from(String(ciphertext), 'base64');
    const said = new Set<string>();
    const refused = async (name: string, body: Record<string, unknown>, action = 'decrypt') => {
      const answer = await world.act(name, action, body);
      assert.equal(answer.code, 400, JSON.stringify(answer));
      said.add(answer.message);
    };
    for (let at = 0; at < bytes.length; at++) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      await refused('data', { ciphertext: flipped.toString('base64'), additionalData });
    }
    await refused('other', { ciphertext, additionalData });
    await refused('data', { ciphertext, additionalData: base64('record 8') });
    await refused('data', { ciphertext });
    await refused('data', { ciphertext: '' });
    await refused('data', { ciphertext: bytes.subarray(0, -1).toString('base64'), additionalData });
    await refused('wrapper', { wrapped: ciphertext, additionalData }, 'unwrap');
    assert.deepEqual([...said].length, 1, [...said].join('\n'));
    assert.match(
      [...said][0] ?? '',
      /does not open: it is of another key, was changed, or the additional data/,
    );
  });

  it('a wrapped key for ML-KEM with a flipped bit is refused with the same words too', async () => {
    await world.key('kem', { purpose: 'wrap', algorithm: 'ML-KEM-768' });
    const { wrapped } = await world.act('kem', 'wrap', { material: base64('0123456789abcdef') });
    const bytes = Buffer.from(String(wrapped), 'base64');
    for (const at of [0, 5, 22, 30, 600, bytes.length - 30, bytes.length - 1]) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 0x80;
      const answer = await world.act('kem', 'unwrap', { wrapped: flipped.toString('base64') });
      assert.deepEqual([answer.code, /does not open/.test(answer.message)], [400, true], `byte ${at}`);
    }
  });

  it('is on record with who, which key, and the reason, before it happens; and a refused reason too', async () => {
    const allowed = { purpose: 'encrypt', algorithm: 'AES-256-GCM', justifications: ['CUSTOMER', 'BACKUP'] };
    await world.key('guarded', allowed);
    const plaintext = base64('x');
    const good = await world.act('guarded', 'encrypt', { plaintext, reason: 'BACKUP' });
    assert.equal(good.code, 200);
    const bad = await world.act('guarded', 'encrypt', { plaintext, reason: 'CURIOSITY' });
    assert.equal(bad.code, 403);
    assert.match(bad.message, /does not allow that reason: spec.justifications lists CUSTOMER, BACKUP/);
    assert.match((await world.act('guarded', 'encrypt', { plaintext })).message, /needs a reason/);
    const { ciphertext } = good;
    assert.equal((await world.act('guarded', 'decrypt', { ciphertext, reason: 'CURIOSITY' })).code, 403);

    const records = await accessRecords(world);
    const of = records.filter(({ name, resource }) => name === 'guarded' && resource.endsWith('/encrypt'));
    assert.deepEqual(
      of.map(({ actor, decision, details }) => [actor, decision, details?.reason]),
      [
        ['alice', 'allowed', 'BACKUP'],
        ['alice', 'allowed', 'CURIOSITY'],
        ['alice', 'denied', 'CURIOSITY'],
        ['alice', 'allowed', undefined],
        ['alice', 'denied', undefined],
      ],
    );
    assert.ok(!JSON.stringify(records).includes(plaintext), 'a plaintext is on record');
  });

  it('refuses what it is not for, and says what it is for', async () => {
    const answer = await world.act('data', 'sign', { message: base64('x') });
    assert.deepEqual(
      [answer.code, answer.message],
      [400, 'spec.purpose: this key is made to encrypt, not to sign'],
    );
    const made = await world.key('wrong', { purpose: 'mac', algorithm: 'Ed25519' });
    assert.match(made.message, /spec.purpose: a key of Ed25519 can sign, not mac/);
    const hsm = await world.key('wrong', { purpose: 'sign', algorithm: 'ML-DSA-65', protection: 'hsm' });
    assert.match(hsm.message, /spec.protection: an HSM holds .*, not ML-DSA-65/);
  });

  it('gives random bytes', async () => {
    const { random } = await world.act('data', 'random', { bytes: 48 });
    assert.equal(Buffer.from(String(random), 'base64').length, 48);
  });

  it('goes from one key to another only wrapped, and opens there what it encrypted', async () => {
    const spec = { purpose: 'encrypt', algorithm: 'AES-256-GCM' };
    await world.key('from', { ...spec, exportable: true });
    await world.key('to', spec);
    await world.key('carrier', { purpose: 'wrap', algorithm: 'ML-KEM-1024' });
    const recipient = await world.act('carrier', 'public-key');
    const { keyUid, version, publicKey } = recipient;
    for (const how of [{ under: 'carrier' }, { recipient: { keyUid, version, publicKey } }]) {
      const { wrapped, code } = await world.act('from', 'export', how);
      assert.equal(code, 200);
      assert.equal((await world.act('to', 'import', { wrapped, under: 'carrier' })).code, 200);
      const other = await world.act('to', 'import', { wrapped: base64('no such thing'), under: 'carrier' });
      assert.match(other.message, /does not open/);
    }
    assert.match((await world.act('data', 'export', { under: 'carrier' })).message, /exportable is false/);
    const wrong = await world.act('from', 'export', { under: 'carrier' });
    await world.key('signer', { purpose: 'sign', algorithm: 'Ed25519' });
    const unfit = await world.act('signer', 'import', { wrapped: wrong.wrapped, under: 'carrier' });
    assert.equal(unfit.message, 'wrapped: holds no material of Ed25519');
    // The envelope names the key, so only the material moves; what is encrypted is encrypted anew.
    const imported = (await world.read('to'))?.status?.versions.at(-1);
    assert.deepEqual([imported?.origin, imported?.version], ['imported', 3]);
    const uses = (await accessRecords(world)).filter(({ name }) => name === 'carrier');
    assert.ok(uses.some(({ resource }) => resource.endsWith('/unwrap')));
  });
});

interface AccessLeaf {
  readonly actor: string;
  readonly resource: string;
  readonly name?: string;
  readonly decision: string;
  readonly details?: { readonly reason?: string };
}

/** The realm's access log, as its ledger holds it. */
async function accessRecords(world: KeyWorld): Promise<AccessLeaf[]> {
  // Refusals are written without waiting; what is allowed waits, and comes after them.
  await world.act('data', 'random');
  const { storage } = world.region;
  const record = await storage.readRealm(ACME);
  assert.ok(record);
  const leaves = await storage.readLeaves(record.uid, 'access', 0, 10_000);
  return leaves.map((stored) => readWhole(stored) as unknown as AccessLeaf);
}
