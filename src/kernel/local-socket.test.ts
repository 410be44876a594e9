/** Sockets between processes of one machine: who can open one, and what becomes of one that lies there. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { listenLocally } from './local-socket.ts';

// Listens at a path, and ends without a chance to remove it.
const DIES = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'local-socket-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

function serverFor(t: TestContext): Server {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end('served');
  });
  t.after(() => server.close());
  return server;
}

async function answer(path: string): Promise<string> {
  let text = '';
  for await (const chunk of connect(path)) text += String(chunk);
  return text;
}

for (const mode of [0o600, 0o660] as const) {
  test(`a socket of mode ${mode.toString(8)} serves, and the process makes other files as before`, async (t) => {
    const path = join(await folderFor(t), 's');
    const mask = process.umask();
    await listenLocally(serverFor(t), path, mode);
    assert.equal((await stat(path)).mode & 0o777, mode);
    assert.equal(process.umask(), mask);
    assert.equal(await answer(path), 'served');
  });
}

test('a socket that a killed process left is replaced', async (t) => {
  const path = join(await folderFor(t), 's');
  await assert.rejects(promisify(execFile)(process.execPath, ['-e', DIES, path]), { signal: 'SIGKILL' });
  assert.ok((await stat(path)).isSocket());
  await listenLocally(serverFor(t), path, 0o600);
  assert.equal(await answer(path), 'served');
});

test('a socket that somebody listens at is refused and left to them', async (t) => {
  const path = join(await folderFor(t), 's');
  const first = serverFor(t);
  await listenLocally(first, path, 0o600);
  await assert.rejects(
    listenLocally(createServer(), path, 0o600),
    /another process listens at .*\/s: stop it/,
  );
  assert.equal(await answer(path), 'served');
  first.close();
  await once(first, 'close');
  await listenLocally(serverFor(t), path, 0o600);
  assert.equal(await answer(path), 'served');
});

test('a file that is no socket is refused and left as it is', async (t) => {
  const path = join(await folderFor(t), 's');
  await writeFile(path, 'not ours');
  await assert.rejects(listenLocally(createServer(), path, 0o600), /\/s is in the way: it is no socket/);
  assert.equal(await readFile(path, 'utf8'), 'not ours');
});

test('a path that cannot be listened at is an error, and the mask is as it was', async (t) => {
  const mask = process.umask();
  const path = join(await folderFor(t), 'missing', 's');
  await assert.rejects(listenLocally(createServer(), path, 0o600), { code: 'EACCES' });
  assert.equal(process.umask(), mask);
});
