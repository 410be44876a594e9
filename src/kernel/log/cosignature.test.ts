import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { test } from 'node:test';
import {
  type Cosigner,
  cosign,
  cosignatureTime,
  cosignatureVerifier,
  cosignerVkey,
  parseCosignerVkey,
  rawPublicKey,
} from './cosignature.ts';
import { SOMEBODY_ELSES } from './cosignature-vectors.ts';
import { encodeVkey, openNote, parseNote, parseVkey } from './note.ts';

const TEXT = SOMEBODY_ELSES.text;
const TIME_S = 1_795_000_000;
const NAME = 'witness.example/w1';

const cosignerOf = (key: KeyObject, type: Cosigner['type'], name = NAME): Cosigner => ({
  name,
  type,
  publicKey: rawPublicKey(key),
  sign: async (message) => sign(null, message, key),
});
const ed25519 = () => cosignerOf(generateKeyPairSync('ed25519').privateKey, 4);
const mlDsa44 = (name?: string) => cosignerOf(generateKeyPairSync('ml-dsa-44').privateKey, 6, name);
const verifierOf = ({ name, type, publicKey }: Cosigner) => cosignatureVerifier(name, type, publicKey);
const noteWith = (line: string, text = TEXT) => `${text}\n${line}`;

for (const { type, vkey, line } of SOMEBODY_ELSES.cosignatures) {
  test(`a type ${type} cosignature that another implementation made verifies`, () => {
    const verifier = parseCosignerVkey(vkey);
    assert.equal(verifier.type, type);
    const { signatures } = openNote(noteWith(line), verifier);
    assert.deepEqual(signatures.map(cosignatureTime), [TIME_S]);
  });
}

test('from the same seed, our keys and Ed25519 cosignatures are those of the other implementation, byte for byte', async () => {
  const seed = Buffer.from(Array.from({ length: 32 }, (_, n) => n));
  const [ours, theirs] = SOMEBODY_ELSES.cosignatures;
  const key = createPrivateKey({ key: seed, format: 'raw-private', asymmetricKeyType: 'ed25519' });
  assert.equal(await cosign(TEXT, cosignerOf(key, 4), TIME_S), ours.line);
  assert.equal(cosignerVkey(cosignerOf(key, 4)), ours.vkey);
  const postQuantum = createPrivateKey({ key: seed, format: 'raw-seed', asymmetricKeyType: 'ml-dsa-44' });
  assert.equal(cosignerVkey(cosignerOf(postQuantum, 6)), theirs.vkey);
});

for (const [what, make] of [
  ['Ed25519', ed25519],
  ['ML-DSA-44', mlDsa44],
] as const) {
  test(`an ${what} cosignature fits one text, one time and one key, and no byte of it may change`, async () => {
    const cosigner = make();
    const verifier = verifierOf(cosigner);
    const line = await cosign(TEXT, cosigner, TIME_S);
    openNote(noteWith(line), verifier);
    const [signature] = parseNote(noteWith(line)).signatures;
    const blob = signature?.signature ?? assert.fail('no signature');
    const text = Buffer.from(TEXT);
    for (const at of [0, 7, 8, 40, blob.length - 1]) {
      const changed = Buffer.from(blob);
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.equal(verifier.verify(text, changed), false, `byte ${at}`);
    }
    assert.equal(verifier.verify(text, blob.subarray(1)), false);
    assert.equal(verifier.verify(text, Buffer.concat([blob, Buffer.of(0)])), false);
    assert.equal(verifier.verify(text, Buffer.alloc(0)), false);
    assert.equal(verifier.verify(Buffer.from(TEXT.replace('\n300\n', '\n301\n')), blob), false);
    assert.equal(verifier.verify(Buffer.from('no checkpoint\n'), blob), false);
    assert.equal(verifierOf(make()).verify(text, blob), false);
  });
}

test('an ML-DSA-44 cosignature is bound to the name of its cosigner', async () => {
  const cosigner = mlDsa44();
  const line = await cosign(TEXT, cosigner, TIME_S);
  const renamed = cosignatureVerifier('witness.example/w2', 6, cosigner.publicKey);
  const blob = parseNote(noteWith(line)).signatures[0]?.signature ?? assert.fail('no signature');
  assert.equal(renamed.verify(Buffer.from(TEXT), blob), false);
});

test('a key is taken only for what it is: the id covers the type', () => {
  const { publicKey } = ed25519();
  assert.throws(() => parseCosignerVkey(encodeVkey(NAME, publicKey)), {
    code: 'MALFORMED_KEY',
    message: `the key "${NAME}" is of type 1 (Ed25519); a cosigner's is of type 4 (Ed25519) or 6 (ML-DSA-44)`,
  });
  const vkey = cosignerVkey({ name: NAME, type: 4, publicKey });
  assert.throws(() => parseVkey(vkey), { code: 'MALFORMED_KEY', message: /of type 4/ });
  const [name, id] = vkey.split('+');
  const retyped = `${name}+${id}+${Buffer.concat([Buffer.of(6), publicKey]).toString('base64')}`;
  assert.throws(() => parseCosignerVkey(retyped), { message: /does not fit the key/ });
  assert.throws(() => cosignatureVerifier(NAME, 6, publicKey), { message: /has 1312 bytes, not 32/ });
  assert.throws(() => cosignatureVerifier('two words', 4, publicKey), { code: 'MALFORMED_KEY' });
});

test('only checkpoints are cosigned', async () => {
  await assert.rejects(cosign('anything\n', ed25519(), TIME_S), { code: 'MALFORMED_CHECKPOINT' });
  await assert.rejects(cosign(TEXT, mlDsa44('n'.repeat(256)), TIME_S), { code: 'MALFORMED_KEY' });
});
