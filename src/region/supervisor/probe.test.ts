import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { tryProbe } from './probe.ts';

async function listening(t: TestContext, server: Server): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'probe-'));
  const path = join(folder, 'socket');
  server.listen(path);
  await once(server, 'listening');
  t.after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  return path;
}

test('a daemon is ready when it answers 200 at that path, and not with anything else', async (t) => {
  const codes: Readonly<Record<string, number>> = { '/ready': 200, '/starting': 503, '/moved': 301 };
  const socket = await listening(
    t,
    createHttpServer((request, response) => response.writeHead(codes[request.url ?? ''] ?? 404).end('text')),
  );
  const answers: boolean[] = [];
  for (const path of ['/ready', '/starting', '/moved', '/nothing']) {
    answers.push(await tryProbe({ type: 'http', socket, path }));
  }
  assert.deepEqual(answers, [true, false, false, false]);
});

test('an answer in pieces counts; one that breaks off, or is no HTTP, does not', async (t) => {
  const answersOf: Readonly<Record<string, readonly string[]>> = {
    '/pieces': ['HT', 'TP/1.1 2', '00 OK\r\n', '\r\n'],
    '/short': ['HTTP/1.1 2'],
    '/other': ['220 mail.example ready\r\n'],
  };
  const socket = await listening(
    t,
    createServer((connection) => {
      connection.once('data', (request: Buffer) => {
        const path = /^GET (\S+)/.exec(request.toString())?.[1] ?? '';
        for (const piece of answersOf[path] ?? []) connection.write(piece);
        connection.end();
      });
      connection.on('error', () => connection.destroy());
    }),
  );
  const answers: boolean[] = [];
  for (const path of Object.keys(answersOf)) answers.push(await tryProbe({ type: 'http', socket, path }));
  assert.deepEqual(answers, [true, false, false]);
});

test('where nobody listens, nothing is ready', async () => {
  const socket = join(tmpdir(), 'nobody-listens-here');
  assert.equal(await tryProbe({ type: 'http', socket, path: '/' }), false);
  assert.equal(await tryProbe({ type: 'socket', path: socket }), false);
});
