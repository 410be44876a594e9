import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { copyForOwner } from './owner-copy.ts';

function openFolder(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'owner-copy-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return { from: join(folder, 'made'), to: join(folder, 'copy'), folder };
}

test('the owner gets what the process made, for themselves alone, and nothing where there is nothing yet', (t) => {
  const { from, to, folder } = openFolder(t);
  copyForOwner({ from, to });
  assert.deepEqual(readdirSync(folder), []);
  writeFileSync(from, 'first', { mode: 0o644 });
  copyForOwner({ from, to });
  assert.equal(readFileSync(to, 'utf8'), 'first');
  assert.equal(statSync(to).mode & 0o777, 0o600);
  writeFileSync(from, 'second');
  copyForOwner({ from, to });
  assert.equal(readFileSync(to, 'utf8'), 'second');
});

test('a link, a pipe and a file too large are refused, and the copy stays as it was', (t) => {
  const { from, to, folder } = openFolder(t);
  writeFileSync(to, 'as it was');
  writeFileSync(join(folder, 'secret'), 'secret');
  symlinkSync(join(folder, 'secret'), from);
  assert.throws(() => copyForOwner({ from, to }), { code: 'ELOOP' });
  rmSync(from);
  execFileSync('mkfifo', [from]);
  assert.throws(() => copyForOwner({ from, to }), /is no plain file of at most 65536 bytes/);
  rmSync(from);
  writeFileSync(from, Buffer.alloc(65_537));
  assert.throws(() => copyForOwner({ from, to }), /is no plain file of at most 65536 bytes/);
  assert.equal(readFileSync(to, 'utf8'), 'as it was');
});
