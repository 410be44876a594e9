/** Segments that come to lie elsewhere while an archive is read: the region goes on while its backup is verified. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { newIdentity, parseIdentity, parseRecipient } from '#gap/export/age/keys.ts';
import { archivedSegments, OPEN_FOLDER, PARTIAL } from './archived.ts';
import { SEALED_SUFFIX, sealInto } from './sealed-file.ts';

const own = mkdtempSync(join(tmpdir(), 'archived-'));
after(() => rmSync(own, { recursive: true }));
const { identity: secret, recipient } = newIdentity();
const archive = join(own, 'archive');
const open = join(archive, OPEN_FOLDER);
const into = {
  folder: join(own, 'into'),
  identity: parseIdentity(secret),
  account: { name: 'own', ...userInfo() },
};
mkdirSync(open, { recursive: true });
mkdirSync(into.folder);
const broughtIn = (name: string) => readFileSync(join(into.folder, name), 'utf8');
const segment = (number: number) => `0000000100000000${number.toString(16).toUpperCase().padStart(8, '0')}`;

async function seal(name: string): Promise<void> {
  const text = readFileSync(join(open, name));
  await sealInto(join(archive, `${name}${SEALED_SUFFIX}`), [text] as never, parseRecipient(recipient));
  rmSync(join(open, name));
}

test('a segment that becomes whole, or is sealed, while the archive is read is found where it came to lie', async () => {
  const [first, second, third] = [segment(1), segment(2), segment(3)] as const;
  writeFileSync(join(open, first), 'one');
  writeFileSync(join(open, `${second}${PARTIAL}`), 'two');
  writeFileSync(join(open, `${third}${PARTIAL}`), 'three');
  writeFileSync(join(open, 'notes'), 'none of it');
  const archived = await archivedSegments(archive);
  assert.deepEqual(archived.segments.map(({ name }) => name).toSorted(), [first, second, third]);
  await seal(first);
  renameSync(join(open, `${second}${PARTIAL}`), join(open, second));
  for (const name of [first, second, third]) await archived.bringIn(name, into);
  assert.deepEqual([first, second, third].map(broughtIn), ['one', 'two', 'three']);
});

test('a segment that went for good is said to be gone, by its name', async () => {
  const name = segment(9);
  writeFileSync(join(open, name), 'nine');
  const archived = await archivedSegments(archive);
  rmSync(join(open, name));
  await assert.rejects(archived.bringIn(name, into), new RegExp(`${name} is no longer in `));
});
