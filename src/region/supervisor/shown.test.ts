/** What others may see of the supervisor's processes: whole at any time, for the folder's group alone, and nothing of their keys. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ProcessStatus } from './definition.ts';
import { shownProcesses, showProcesses } from './shown.ts';

const STATUS: ProcessStatus = {
  name: 'region',
  state: 'ready',
  pid: 4_711,
  optional: false,
  restarts: 1,
  since: '2026-11-22T10:00:00.000Z',
  wrongSince: '2026-11-22T10:00:00.000Z',
  keys: { provider: 'hsm' },
  lastFailure: 'ended: signal SIGKILL',
  notes: ['something does not work'],
};

test('its processes are shown without their keys and pids, for the group of the folder', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'shown-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'processes.json');
  assert.deepEqual(await shownProcesses(path), []);
  showProcesses(path, [STATUS]);
  const { pid: _pid, keys: _keys, ...rest } = STATUS;
  assert.deepEqual(await shownProcesses(path), [rest]);
  assert.doesNotMatch(readFileSync(path, 'utf8'), /4711|hsm/);
  assert.equal(statSync(path).mode & 0o777, 0o640);
  assert.equal(statSync(path).gid, statSync(folder).gid);
  showProcesses(path, []);
  assert.deepEqual(await shownProcesses(path), []);
  assert.deepEqual(readdirSync(folder), ['processes.json']);
  // A folder that is gone, or a full disk, harms no process.
  showProcesses(join(folder, 'gone/processes.json'), [STATUS]);
});
