/** What we encrypt Debian's `age` opens, and what it encrypts we do; what was changed nobody does. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { chunksOf } from '../testing/planted.ts';
import { AgeError, decrypt, encrypt, encryptedBytes } from './age.ts';
import { bech32, bech32Bytes } from './bech32.ts';
import { newIdentity, parseIdentity, parseRecipient, recipientOf, recipientProblem } from './keys.ts';

const CHUNK = 64 * 1024;
const SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 300_000];

async function all(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}

function scratch(t: { after(end: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'age-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('Debian’s age opens what is encrypted here, with a key of either', async (t) => {
  const folder = scratch(t);
  execFileSync('age-keygen', ['-o', 'theirs'], { cwd: folder, stdio: 'ignore' });
  const theirs = readFileSync(join(folder, 'theirs'), 'utf8');
  const ours = newIdentity();
  writeFileSync(join(folder, 'ours'), `${ours.identity}\n`);
  const recipients = { theirs: recipientOf(parseIdentity(theirs)), ours: ours.recipient };
  assert.ok(theirs.includes(recipients.theirs));
  for (const [name, recipient] of Object.entries(recipients)) {
    for (const size of SIZES) {
      const plain = randomBytes(size);
      const sealed = await all(encrypt(chunksOf(plain, 10_000), parseRecipient(recipient)));
      assert.equal(sealed.length, encryptedBytes(size));
      writeFileSync(join(folder, 'sealed'), sealed);
      const opened = execFileSync('age', ['--decrypt', '-i', name, 'sealed'], {
        cwd: folder,
        maxBuffer: 2 ** 24,
      });
      assert.ok(opened.equals(plain), `${name} ${size}`);
    }
  }
});

test('what Debian’s age encrypts, for several too, is opened here', async (t) => {
  const folder = scratch(t);
  const [ann, ben] = [newIdentity(), newIdentity()];
  for (const size of SIZES) {
    const plain = randomBytes(size);
    const sealed = execFileSync('age', ['-r', ann.recipient, '-r', ben.recipient], {
      cwd: folder,
      input: plain,
      maxBuffer: 2 ** 24,
    });
    for (const { identity } of [ann, ben]) {
      assert.ok((await all(decrypt(chunksOf(sealed, 999), parseIdentity(identity)))).equals(plain));
    }
    await assert.rejects(
      all(decrypt(chunksOf(sealed), parseIdentity(newIdentity().identity))),
      /not encrypted for this key/,
    );
  }
});

test('what was changed, cut, put together anew or made longer is not opened', async () => {
  const { identity, recipient } = newIdentity();
  const key = parseIdentity(identity);
  const plain = randomBytes(3 * CHUNK + 5);
  const sealed = await all(encrypt(chunksOf(plain), parseRecipient(recipient)));
  const start = encryptedBytes(0) - 16;
  const chunk = (at: number) => sealed.subarray(start + at * (CHUNK + 16), start + (at + 1) * (CHUNK + 16));
  const wrong: Buffer[] = [
    sealed.subarray(0, -1),
    sealed.subarray(0, start + CHUNK + 16),
    sealed.subarray(0, start),
    Buffer.concat([sealed, Buffer.alloc(1)]),
    Buffer.concat([sealed.subarray(0, start), chunk(1), chunk(0), chunk(2), chunk(3)]),
    Buffer.concat([sealed.subarray(0, start), chunk(1), chunk(2), chunk(3)]),
  ];
  for (let at = 0; at < start + 40; at++) {
    const flipped = Buffer.from(sealed);
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    wrong.push(flipped);
  }
  for (const bytes of wrong) await assert.rejects(all(decrypt(chunksOf(bytes), key)), AgeError);
});

test('keys that were mistyped, and keys that anybody could open, are refused', () => {
  const { recipient, identity } = newIdentity();
  assert.equal(recipientProblem(recipient), undefined);
  const other = recipient.endsWith('q') ? 'p' : 'q';
  for (const wrong of [
    '',
    'age1',
    recipient.slice(0, -1),
    `${recipient.slice(0, -1)}${other}`,
    recipient.toUpperCase(),
    identity,
  ]) {
    assert.match(recipientProblem(wrong) ?? '', /is no key of age/);
  }
  assert.match(recipientProblem(bech32('age', Buffer.alloc(32))) ?? '', /anybody could open/);
  assert.throws(() => parseIdentity(`${recipient}\n`), /no line AGE-SECRET-KEY/);
});

test('bech32 is what BIP 173 says', () => {
  assert.deepEqual(bech32Bytes('bc', 'bc1'), undefined);
  const bytes = Buffer.from('00ff10', 'hex');
  assert.deepEqual(bech32Bytes('a', bech32('a', bytes)), bytes);
  // Of its valid ones.
  assert.deepEqual(bech32Bytes('a', 'A12UEL5L'), Buffer.alloc(0));
  assert.equal(bech32Bytes('a', 'A12uEL5L'), undefined);
  assert.equal(bech32Bytes('a', 'a12uel5m'), undefined);
});
