import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { newIdentity, parseIdentity, parseRecipient } from '#gap/export/age/keys.ts';
import { digestOf, readSealed, sealInto } from './sealed-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'sealed-'));
after(() => rmSync(folder, { recursive: true }));

const BYTES_MAX = 1_000_000;
const { identity: secret, recipient: shown } = newIdentity();
const identity = parseIdentity(secret);
const recipient = parseRecipient(shown);
const source = async function* (...parts: readonly string[]) {
  for (const part of parts) yield Buffer.from(part);
};

test('what is sealed opens with the identity alone, and is its owner’s alone', async () => {
  const path = join(folder, 'one');
  const sealed = await sealInto(path, source('the ', 'ministry'), recipient);
  assert.deepEqual(sealed, { bytes: statSync(path).size, digest: await digestOf(path) });
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(readFileSync(path).includes('ministry'), false);
  assert.equal((await readSealed(path, identity, BYTES_MAX)).toString(), 'the ministry');
  const other = parseIdentity(newIdentity().identity);
  await assert.rejects(readSealed(path, other, BYTES_MAX), /not encrypted for this key/);
});

test('what was cut or changed is not given out as if it were whole', async () => {
  const path = join(folder, 'two');
  await sealInto(path, source('x'.repeat(100_000)), recipient);
  const bytes = readFileSync(path);
  truncateSync(path, bytes.length - 10);
  await assert.rejects(readSealed(path, identity, BYTES_MAX), /changed or cut|breaks off/);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  writeFileSync(path, bytes);
  await assert.rejects(readSealed(path, identity, BYTES_MAX), /changed or cut/);
});

test('what opens to more than it may is refused', async () => {
  const path = join(folder, 'three');
  await sealInto(path, source('x'.repeat(10_000)), recipient);
  await assert.rejects(readSealed(path, identity, 9_999), /more than 9999 bytes/);
});

test('a source that breaks leaves nothing, and what was there before stays', async () => {
  const path = join(folder, 'four');
  await sealInto(path, source('before'), recipient);
  const breaks = async function* () {
    yield Buffer.from('half');
    throw new Error('the disk is gone');
  };
  await assert.rejects(sealInto(path, breaks(), recipient), /the disk is gone/);
  assert.equal((await readSealed(path, identity, BYTES_MAX)).toString(), 'before');
});
