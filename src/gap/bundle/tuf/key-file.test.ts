// Signing keys on disk: they open with their passphrase, and with nothing else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePrivateSigner, parsePublicSigner, privateSignerText, publicSignerText } from './key-file.ts';
import { newSigner } from './signer.ts';

const QUICK = { memory_KiB: 8 * 1024, passes: 1, parallelism: 1 };
const PASSPHRASE = Buffer.from('correct horse battery staple');

test('a pair of keys opens with its passphrase, and its public half is what was handed out', async () => {
  const signer = newSigner('alice', 'cnsa');
  const text = await privateSignerText(signer, PASSPHRASE, QUICK);
  const opened = await parsePrivateSigner(Buffer.from(text), PASSPHRASE, 'alice.key');
  assert.deepEqual(opened.public, signer.public);
  assert.ok(opened.classical.equals(signer.classical));
  assert.ok(opened.postQuantum.equals(signer.postQuantum));
  assert.deepEqual(
    parsePublicSigner(Buffer.from(publicSignerText(signer.public)), 'alice.pub.json'),
    signer.public,
  );
});

test('another passphrase, swapped halves or another name open nothing, and say nothing of what was tried', async () => {
  const signer = newSigner('alice', 'hybrid');
  const text = await privateSignerText(signer, PASSPHRASE, QUICK);
  const refused = { message: 'alice.key: does not open with this passphrase, or is damaged' };
  await assert.rejects(
    parsePrivateSigner(Buffer.from(text), Buffer.from('wrong horse battery staple'), 'alice.key'),
    refused,
  );
  const file = JSON.parse(text);
  for (const changed of [
    { ...file, classical: file.postQuantum, postQuantum: file.classical },
    { ...file, public: { ...file.public, name: 'mallory' } },
    { ...file, public: { ...file.public, classical: newSigner('mallory', 'hybrid').public.classical } },
  ]) {
    await assert.rejects(
      parsePrivateSigner(Buffer.from(JSON.stringify(changed)), PASSPHRASE, 'alice.key'),
      refused,
    );
  }
});

test('a file that somebody made cannot take the machine’s memory, and a short passphrase makes no keys', async () => {
  const signer = newSigner('alice', 'hybrid');
  const file = JSON.parse(await privateSignerText(signer, PASSPHRASE, QUICK));
  const greedy = JSON.stringify({ ...file, kdf: { ...file.kdf, memory_KiB: 2 ** 31 } });
  await assert.rejects(parsePrivateSigner(Buffer.from(greedy), PASSPHRASE, 'alice.key'), {
    reason: 'Malformed',
    message: /kdf\.memory_KiB/,
  });
  await assert.rejects(privateSignerText(signer, Buffer.from('short'), QUICK), {
    message: /must have 16 to 1024 bytes/,
  });
});
