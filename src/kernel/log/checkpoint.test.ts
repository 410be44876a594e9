import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LogSigner } from '../keys.ts';
import {
  formatCheckpointList,
  openCheckpoint,
  parseCheckpointList,
  parseCheckpointText,
  readUnverifiedCheckpoint,
  signCheckpoint,
} from './checkpoint.ts';
import { cosignerVkey } from './cosignature.ts';
import { EMPTY_ROOT, leafHash } from './merkle.ts';
import { encodeVkey, openNote, parseNote, parseVkey, signNote } from './note.ts';

// The same examples at every run.
fc.configureGlobal({ seed: 20_261_121 });

const ORIGIN = 'lux-1.casemate.internal/orgs/ministry/changes';

function makeSigner(origin = ORIGIN): LogSigner {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    origin,
    publicKey: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32),
    sign: (message) => sign(null, message, privateKey),
  };
}

const signer = makeSigner();
const verifier = parseVkey(encodeVkey(signer.origin, signer.publicKey));
const ROOT = leafHash(Buffer.from('leaf'));
const signed = signCheckpoint(signer, 7, ROOT);

test("somebody else's signed note verifies: the example of Go's sumdb", () => {
  // From the documentation of golang.org/x/mod/sumdb/note.
  const vkey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
  const note = [
    'If you think cryptography is the answer to your problem,',
    "then you don't know what your problem is.",
    '',
    '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=',
    '',
  ].join('\n');
  const opened = openNote(note, parseVkey(vkey));
  assert.equal(opened.signatures.length, 1);
  assert.throws(() => openNote(note.replace('answer', 'Answer'), parseVkey(vkey)), { code: 'BAD_SIGNATURE' });
});

test('a checkpoint reads as the standard writes it and verifies with nothing but the vkey', () => {
  assert.match(
    signed,
    /^lux-1\.casemate\.internal\/orgs\/ministry\/changes\n7\n[A-Za-z0-9+/]{43}=\n\n— lux-1\S+ \S+\n$/,
  );
  assert.deepEqual(openCheckpoint(signed, verifier), { origin: ORIGIN, size: 7, root: ROOT });
  assert.deepEqual(readUnverifiedCheckpoint(signed), { origin: ORIGIN, size: 7, root: ROOT });
});

test('a checkpoint with any byte changed is refused', () => {
  const bytes = Buffer.from(signed);
  fc.assert(
    fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ change, at);
      assert.throws(() => openCheckpoint(changed.toString(), verifier), { name: 'LogError' });
    }),
    { numRuns: 500 },
  );
});

test('signatures of others are ignored, one more of our own that is wrong is not', () => {
  const other = makeSigner('witness.example/w1');
  const otherLine = signNote(parseNote(signed).text, other).split('\n').at(-2);
  assert.equal(openCheckpoint(`${signed}${otherLine}\n`, verifier).size, 7);
  const wrongLine = signCheckpoint(signer, 8, ROOT).split('\n').at(-2);
  assert.throws(() => openCheckpoint(`${signed}${wrongLine}\n`, verifier), { code: 'BAD_SIGNATURE' });
});

test('a checkpoint of another key or another log is refused by name', () => {
  const impostor = makeSigner();
  assert.throws(() => openCheckpoint(signCheckpoint(impostor, 7, ROOT), verifier), { code: 'UNKNOWN_KEY' });
  const note = signNote(`other.casemate.internal/changes\n7\n${ROOT.toString('base64')}\n`, signer);
  assert.throws(() => openCheckpoint(note, verifier), {
    code: 'WRONG_LOG',
    message: `the checkpoint is of "other.casemate.internal/changes", the key of "${ORIGIN}"`,
  });
});

test('sizes and roots are read strictly', () => {
  const text = (size: string, root = ROOT.toString('base64')) => `${ORIGIN}\n${size}\n${root}\n`;
  assert.equal(parseCheckpointText(text('0', EMPTY_ROOT.toString('base64'))).size, 0);
  assert.equal(parseCheckpointText(`${text('7')}extension\n`).size, 7);
  for (const size of ['', '07', '-1', '1e3', ' 7', '9007199254740993']) {
    assert.throws(() => parseCheckpointText(text(size)), { code: 'MALFORMED_CHECKPOINT' }, size);
  }
  assert.throws(() => parseCheckpointText(text('0')), { message: /empty tree/ });
  assert.throws(() => parseCheckpointText(text('7', 'AAAA')), { message: /^root: "AAAA"/ });
  assert.throws(() => parseCheckpointText(`${text('7')}\n`), { code: 'MALFORMED_CHECKPOINT' });
  assert.throws(() => parseCheckpointText(ORIGIN), { code: 'MALFORMED_CHECKPOINT' });
});

test('a vkey that was changed or is of another type is refused', () => {
  const vkey = encodeVkey(signer.origin, signer.publicKey);
  assert.equal(parseVkey(`${vkey}\n`).name, ORIGIN);
  assert.throws(() => parseVkey(vkey.replace('lux-1', 'lux-2')), { message: /does not fit/ });
  assert.throws(() => parseVkey('nonsense'), { code: 'MALFORMED_KEY' });
  const cosigner = cosignerVkey({ name: 'w', type: 4, publicKey: signer.publicKey });
  assert.throws(() => parseVkey(cosigner), { message: /type 4/ });
  assert.throws(() => encodeVkey('two words', signer.publicKey), { code: 'MALFORMED_KEY' });
});

test('a note that is no note is refused before anything is used of it', () => {
  for (const note of [
    '',
    'text\n',
    'text\n\n',
    'text\n\nno signature\n',
    'a\tb\n\n— n AAAAAAA=\n',
    'text\n\n— n AAAAAAA=',
  ]) {
    assert.throws(() => parseNote(note), { code: 'MALFORMED_NOTE' }, JSON.stringify(note));
  }
  assert.throws(() => parseNote(`${'x'.repeat(200_000)}\n\n— n AAAAAAA=\n`), { message: /longer than/ });
  assert.throws(() => parseNote(`x\n\n${'— n AAAAAAA=\n'.repeat(65)}`), { message: /65 signatures/ });
});

test('a list of checkpoints comes apart into the checkpoints it was made of', () => {
  const notes = [2, 3, 4].map((size) => signCheckpoint(signer, size, ROOT));
  const cosigned = `${signed}${signNote('x\n', makeSigner('witness.example/w1')).split('\n').at(-2)}\n`;
  const list = [...notes, cosigned, signed];
  assert.deepEqual(parseCheckpointList(formatCheckpointList(list)), list);
  assert.deepEqual(parseCheckpointList(list.join('')), list);
  assert.deepEqual(parseCheckpointList(''), []);
  assert.throws(() => parseCheckpointList(`${signed}\norigin\n5\n`), { code: 'MALFORMED_CHECKPOINT' });
});
