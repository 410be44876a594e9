import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { LogFile } from './log-file.ts';

test('a log never takes more than its bound, and keeps the newest lines', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'log-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'x.log');
  const log = new LogFile(path, 20);
  for (let number = 100; number < 110; number++) log.line(`line ${number}`);
  log.close();
  assert.equal(readFileSync(path, 'utf8'), 'line 108\nline 109\n');
  assert.equal(readFileSync(`${path}.1`, 'utf8'), 'line 106\nline 107\n');
  assert.equal(readFileSync(`${path}.2`, 'utf8'), 'line 104\nline 105\n');
  assert.ok(!existsSync(`${path}.3`));
});

test('a log that is opened again goes on where it was', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'log-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'x.log');
  for (const line of ['one', 'two']) {
    const log = new LogFile(path, 100);
    log.line(line);
    log.close();
  }
  assert.equal(readFileSync(path, 'utf8'), 'one\ntwo\n');
});
