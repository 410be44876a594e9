// The mirror's process: it serves where it is told to, comes back when it is killed, goes when it is not needed, and can read nothing but what is served.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { systemClock } from '#kernel/clock.ts';
import { silentLogger } from '#kernel/logger.ts';
import { buildTree } from './build.ts';
import { MirrorChild, permissions } from './child.ts';
import { startPublishedWorld, TOOLS } from './testing/published-world.ts';

const PORT = 20_000 + (process.pid % 10_000);
const ADDRESSES = ['127.86.0.1', '127.86.0.2'] as const;

async function startChild(t: TestContext) {
  const { publish, content, folders, folder, key } = await startPublishedWorld(t);
  await publish(1, TOOLS);
  await buildTree({ content, folders, key, url: 'http://mirror' });
  const child = new MirrorChild({ content: folder, port: PORT, clock: systemClock, logger: silentLogger });
  t.after(() => child.close());
  return { child, folder };
}

const status = async (address: string, path = '/apt/key.asc') =>
  (await fetch(`http://${address}:${PORT}${path}`)).status;

test('it serves every network while there is something to serve, and starts again when it is killed', async (t) => {
  const { child } = await startChild(t);
  child.want('one', ADDRESSES[0]);
  child.want('two', ADDRESSES[1]);
  assert.equal(child.pid, undefined);
  child.renewed(true);
  await child.until((serving) => serving.length === 2);
  for (const address of ADDRESSES) assert.equal(await status(address), 200);
  const before = child.pid;
  assert.ok(before);
  process.kill(before, 'SIGKILL');
  await child.until((serving) => serving.length === 0);
  await child.until((serving) => serving.length === 2);
  assert.notEqual(child.pid, before);
  assert.equal(await status(ADDRESSES[1]), 200);
  child.want('two', undefined);
  await child.until((serving) => serving.length === 1);
  await assert.rejects(status(ADDRESSES[1]));
  assert.equal(await status(ADDRESSES[0]), 200);
});

test('whatever it is made to do, it reads no other file, writes none and starts nothing', async (t) => {
  const { folder } = await startPublishedWorld(t);
  await mkdir(folder);
  await writeFile(`${folder}-beside`, 'a key of the region');
  const attempt = (code: string) => {
    const { stdout } = spawnSync(process.execPath, [...permissions(folder), '-e', code], {
      encoding: 'utf8',
    });
    return stdout.trim();
  };
  const tried = (what: string) =>
    attempt(`try { ${what}; console.log('done') } catch (error) { console.log(error.code) }`);
  assert.equal(
    tried(`require('fs').readFileSync(${JSON.stringify(`${folder}-beside`)})`),
    'ERR_ACCESS_DENIED',
  );
  assert.equal(tried(`require('fs').readFileSync('/etc/passwd')`), 'ERR_ACCESS_DENIED');
  assert.equal(
    tried(`require('fs').writeFileSync(${JSON.stringify(`${folder}/new`)}, '')`),
    'ERR_ACCESS_DENIED',
  );
  assert.equal(tried(`require('child_process').spawnSync('true')`), 'ERR_ACCESS_DENIED');
  assert.equal(tried(`new (require('worker_threads').Worker)('1', {eval: true})`), 'ERR_ACCESS_DENIED');
  assert.equal(tried(`require('fs').readdirSync(${JSON.stringify(folder)})`), 'done');
});
