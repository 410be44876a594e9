import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { newIdentity, parseIdentity, parseRecipient } from '#gap/export/age/keys.ts';
import { missingBlobs, openBlobs, pruneBlobs, readList, sealBlobs, writeList } from './blobs.ts';

const folder = mkdtempSync(join(tmpdir(), 'blobs-'));
after(() => rmSync(folder, { recursive: true }));

const from = join(folder, 'from');
const backups = join(folder, 'backups');
const FILE = 'ab'.repeat(16);
const PACK = 'cd'.repeat(8);
const packPath = join(from, 'packs', `${PACK}.pack`);
mkdirSync(join(from, 'files', 'ab'), { recursive: true });
mkdirSync(join(from, 'packs'));
mkdirSync(join(from, 'incoming'));
const bytes = randomBytes(50_000);
writeFileSync(join(from, 'files', 'ab', FILE), bytes);
writeFileSync(join(from, 'incoming', 'half'), 'of an upload');
writeFileSync(packPath, bytes.subarray(0, 100));

const { identity, recipient } = newIdentity();
const options = { from, backups, recipient, key: parseRecipient(recipient) };
const account = { name: 'self', uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const opened = { recipient, identity: parseIdentity(identity), account };
const sealedFiles = () =>
  readdirSync(join(backups, 'objects'), { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map(({ name }) => name)
    .toSorted();
const backup = async (name: string) => {
  mkdirSync(join(backups, name), { recursive: true });
  await writeList(join(backups, name), await sealBlobs(options));
  return join(backups, name);
};
const restored = async (path: string) => {
  const into = mkdtempSync(join(folder, 'into-'));
  const count = await openBlobs({ ...opened, backup: path, into });
  const read = (...place: string[]) => readFileSync(join(into, ...place));
  return { count, into, file: read('files', 'ab', FILE), pack: read('packs', `${PACK}.pack`) };
};

test('files and packs come back as they were at each backup; what did not change is copied once, and only for its recipient', async () => {
  const first = await backup('first');
  assert.deepEqual(sealedFiles(), [`${FILE}.zst.age`, `${PACK}.pack.100.zst.age`]);
  writeFileSync(packPath, bytes.subarray(0, 300));
  const second = await backup('second');
  assert.deepEqual(await readList(second), [FILE, `${PACK}.pack.300`]);
  assert.equal(sealedFiles().length, 3);
  const [one, two] = [await restored(first), await restored(second)];
  assert.deepEqual([one.file, one.pack], [bytes, bytes.subarray(0, 100)]);
  assert.deepEqual([two.file, two.pack], [bytes, bytes.subarray(0, 300)]);
  assert.equal(statSync(join(two.into, 'files', 'ab', FILE)).mode & 0o777, 0o600);
  // Written anew without what was deleted at its end: the longer copy has all of it.
  writeFileSync(packPath, bytes.subarray(0, 200));
  const third = await backup('third');
  assert.deepEqual(await readList(third), [FILE, `${PACK}.pack.300`]);
  const other = newIdentity().recipient;
  await sealBlobs({ ...options, recipient: other, key: parseRecipient(other) });
  assert.equal(sealedFiles().length, 5);
});

test('what is missing beside a backup is told and the rest is brought back; what none needs goes', async () => {
  const path = join(backups, 'third');
  assert.deepEqual(await missingBlobs(path, recipient), []);
  // Those of the first backup, and of another key.
  const kept = ['second', 'third'].map((name) => ({ name, recipient }));
  assert.equal(await pruneBlobs(backups, kept), 3);
  const [own = ''] = readdirSync(join(backups, 'objects')).filter((name) =>
    readdirSync(join(backups, 'objects', name)).includes(`${PACK}.pack.300.zst.age`),
  );
  rmSync(join(backups, 'objects', own, `${FILE}.zst.age`));
  assert.deepEqual(await missingBlobs(path, recipient), [FILE]);
  const into = mkdtempSync(join(folder, 'into-'));
  assert.equal(await openBlobs({ ...opened, backup: path, into }), 1);
  assert.deepEqual(readdirSync(join(into, 'files')), []);
  writeFileSync(join(path, 'objects.list'), '../../etc/passwd\n');
  await assert.rejects(readList(path), /is no file of objects/);
  assert.equal(await readList(backups), undefined);
});
