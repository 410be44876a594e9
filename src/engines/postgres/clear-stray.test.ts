/** A cluster whose last postmaster is still named in its lock file starts again, whoever has that number now. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Clock } from '#kernel/clock.ts';
import { clearStray } from './clear-stray.ts';

/** Keeps the test alive while it waits, as the program itself is. */
const wakefulClock: Clock = {
  now: () => Date.now(),
  after(delay_ms, task) {
    const timer = setTimeout(task, delay_ms);
    return () => clearTimeout(timer);
  },
};

function folder(t: { after(work: () => void): void }): string {
  const made = mkdtempSync(join(tmpdir(), 'stray-'));
  t.after(() => rmSync(made, { recursive: true }));
  return made;
}

test('where there is no lock file, nothing is done', async (t) => {
  assert.equal(await clearStray(folder(t), wakefulClock), undefined);
});

test('a lock file that names a stranger goes, and the stranger stays', async (t) => {
  const cluster = folder(t);
  writeFileSync(join(cluster, 'postmaster.pid'), `${process.pid}\n${cluster}\n`);
  assert.match((await clearStray(cluster, wakefulClock)) ?? '', /removed the lock file/);
  assert.equal(existsSync(join(cluster, 'postmaster.pid')), false);
});

for (const [how, script] of [
  ['ends when it is asked to', 'echo ready; exec sleep 1000'],
  ['has to be killed', 'trap "" INT; echo ready; while :; do sleep 0.1; done'],
] as const) {
  test(`a postmaster that nobody owns and that ${how} is ended`, async (t) => {
    const cluster = folder(t);
    const stray = spawn('sh', ['-c', script], { cwd: cluster, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(stray, 'exit');
    await once(stray.stdout, 'data');
    writeFileSync(join(cluster, 'postmaster.pid'), `${stray.pid}\n${cluster}\n`);
    assert.match((await clearStray(cluster, wakefulClock, 100)) ?? '', /^ended a PostgreSQL/);
    await ended;
    assert.equal(existsSync(join(cluster, 'postmaster.pid')), false);
  });
}
