/** Packages that were made to harm who opens them: nothing is written outside the folder, and nothing is left of what is not as its manifest says. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { encrypt } from './age/age.ts';
import { newIdentity, parseIdentity, parseRecipient } from './age/keys.ts';
import { openPackage } from './open.ts';
import { MANIFEST_NAME } from './request-kind.ts';
import { tarOf } from './tar-writer.ts';
import { chunksOf } from './testing/planted.ts';

const { identity, recipient } = newIdentity();

type Entry = readonly [path: string, text: string];

const entry = (path: string, text: string) => {
  const bytes = Buffer.from(text);
  return { path, size: bytes.length, content: chunksOf(bytes) };
};

/** `named`: what the manifest says; `held`: what there is. */
function packageOf(
  named: readonly Entry[],
  held: readonly Entry[] = named,
  first = MANIFEST_NAME,
): AsyncIterable<Buffer> {
  const files = named.map(([path, text]) => ({
    path,
    size: Buffer.byteLength(text),
    sha256: hash('sha256', text),
  }));
  const to = { name: 'lab', key: recipient };
  const request = { name: 'a', uid: 'b' };
  const manifest = JSON.stringify({
    format: 'casemate-export-v1',
    from: 'x',
    request,
    to,
    label: 'l',
    reason: 'r',
    files,
  });
  const all = [entry(first, manifest), ...held.map(([path, text]) => entry(path, text))];
  return encrypt(tarOf(all), parseRecipient(recipient));
}

test('a package is opened, whatever its files are called, and one that is not as it says is not', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'open-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const open = (source: AsyncIterable<Buffer>) =>
    openPackage(source, parseIdentity(identity), join(folder, 'out'));
  const bad: readonly (readonly [source: AsyncIterable<Buffer>, why: RegExp])[] = [
    [packageOf([['../evil', 'x']]), /files\[0\]\.path/],
    [packageOf([['/etc/evil', 'x']]), /files\[0\]\.path/],
    [packageOf([['a/../../evil', 'x']]), /files\[0\]\.path/],
    [packageOf([['a', 'x']], [['b', 'x']]), /holds "b", which its manifest does not name/],
    [packageOf([['a', 'x']], [['a', 'y']]), /a is not what its manifest says/],
    [packageOf([['a', 'x']], []), /a is missing/],
    [
      packageOf(
        [['a', 'x']],
        [
          ['a', 'x'],
          ['b', 'x'],
        ],
      ),
      /holds "b"/,
    ],
    [
      packageOf([
        ['a', 'x'],
        ['a', 'x'],
      ]),
      /EEXIST/,
    ],
    [
      packageOf([
        ['a', 'x'],
        ['a/b', 'x'],
      ]),
      /EEXIST|ENOTDIR/,
    ],
    [packageOf([['a', 'x']], [['a', 'x']], 'other.json'), /its first file is not casemate-export\.json/],
  ];
  for (const [source, why] of bad) {
    await assert.rejects(open(source), why);
    assert.deepEqual(readdirSync(folder), []);
  }
  const long = `${'ä'.repeat(70)}/${'b'.repeat(100)}.txt`;
  const { files } = await open(
    packageOf([
      [long, 'x'],
      ['empty', ''],
    ]),
  );
  assert.equal(files.length, 2);
  assert.equal(readFileSync(join(folder, 'out', long), 'utf8'), 'x');
});
