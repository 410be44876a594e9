/**
 * Clients that hold connections and do nothing good with them: everybody else is served, and their places are free again once they go.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import tls from 'node:tls';
import { TEST_KINDS } from './test-kinds.ts';
import { startTestServer, type TestServer, type TestServerOptions } from './test-server.ts';
import { openWatch } from './test-watch.ts';

const MACHINES = '/orgs/acme/apis/lab.casemate.internal/v1/namespaces/p/machines';
const machine = (name: string) => ({ metadata: { name }, spec: { image: 'debian' } });

async function withServer(options: Partial<TestServerOptions>, work: (server: TestServer) => Promise<void>) {
  const server = await startTestServer({ kinds: TEST_KINDS, ...options });
  try {
    await work(server);
  } finally {
    await server.close();
  }
}

async function connect(server: TestServer): Promise<tls.TLSSocket & { readonly under: net.Socket }> {
  const under = net.connect({ host: '127.0.0.1', port: Number(new URL(server.url).port) });
  under.on('error', () => {});
  const socket = tls.connect({
    socket: under,
    host: '127.0.0.1',
    ca: server.ca,
    ...server.clientCertificate,
  });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  return Object.assign(socket, { under });
}

const WATCH = `GET ${MACHINES}?watch=true HTTP/1.1\r\nHost: x\r\n\r\n`;

test('requests that stop half way hold nobody up, and the server closes all the same', async () => {
  await withServer({}, async (server) => {
    const sockets: tls.TLSSocket[] = [];
    for (const start of [
      '',
      'G',
      'GET /api HTTP/1.1\r\nHost: x\r\nX',
      `POST ${MACHINES} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"meta`,
      `POST ${MACHINES} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"m`,
      `POST ${MACHINES} HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 100\r\n\r\n\x1f`,
    ]) {
      for (let count = 0; count < 10; count++) {
        const socket = await connect(server);
        socket.write(start);
        sockets.push(socket);
      }
    }
    for (let count = 0; count < 20; count++) {
      assert.equal((await server.send('POST', MACHINES, machine(`m${count}`))).code, 201);
    }
    assert.equal((await server.send('GET', MACHINES)).json().items.length, 20);
    for (const socket of sockets) socket.destroy();
  });
});

test('a reader that takes one answer a byte at a time gets it whole, and holds nobody up', async () => {
  await withServer({}, async (server) => {
    const note = 'x'.repeat(200_000);
    for (let count = 0; count < 20; count++) {
      await server.send('POST', MACHINES, {
        ...machine(`m${count}`),
        metadata: { name: `m${count}`, annotations: { note } },
      });
    }
    const slow = await connect(server);
    slow.pause();
    slow.write(`GET ${MACHINES} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    for (let count = 0; count < 5; count++) {
      assert.equal((await server.send('GET', MACHINES)).json().items.length, 20);
    }
    let size = 0;
    for await (const chunk of slow) size += (chunk as Buffer).length;
    assert.ok(size > 20 * note.length, String(size));
  });
});

test('watches whose clients vanish give their places back', async () => {
  const places = 40;
  await withServer({ limits: { watches_max: places } }, async (server) => {
    for (let round = 0; round < 3; round++) {
      const sockets: Awaited<ReturnType<typeof connect>>[] = [];
      for (let count = 0; count < places; count++) {
        const socket = await connect(server);
        socket.write(WATCH);
        sockets.push(socket);
      }
      for (const socket of sockets) await once(socket, 'data');
      assert.equal((await server.send('GET', `${MACHINES}?watch=true`)).code, 429);
      // Some say goodbye, some just reset, and changes are on their way to all of them.
      await server.send('POST', MACHINES, machine(`m${round}`));
      for (const [at, socket] of sockets.entries()) {
        if (at % 2 === 0) socket.destroy();
        else socket.under.resetAndDestroy();
      }
      for (let free = 0; free < places; ) {
        const watch = await openWatch(server, `${MACHINES}?watch=true&timeoutSeconds=1`);
        watch.close();
        if (watch.response.statusCode === 200) free += 1;
      }
    }
    assert.equal((await server.send('GET', MACHINES)).json().items.length, 3);
  });
});

test('a watch whose client closes its half of the connection ends, and gives its place back', async () => {
  await withServer({ limits: { watches_max: 1 } }, async (server) => {
    const socket = await connect(server);
    socket.write(WATCH);
    await once(socket, 'data');
    socket.end();
    await once(socket, 'close');
    for (;;) {
      const watch = await openWatch(server, `${MACHINES}?watch=true`);
      watch.close();
      if (watch.response.statusCode === 200) break;
    }
  });
});

test('garbage behind a watch ends that connection, and puts nothing into the stream', async () => {
  await withServer({}, async (server) => {
    await server.send('POST', MACHINES, machine('seen'));
    const socket = await connect(server);
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.write(WATCH);
    while (!text.includes('"ADDED"')) await once(socket, 'data');
    socket.write('\0\0\0 nonsense\r\n\r\n');
    await once(socket, 'close');
    assert.doesNotMatch(text, /400|Status/);
    assert.equal((await server.send('GET', `${MACHINES}/seen`)).code, 200);
  });
});

test('three hundred connections that never say a word hold nobody up', async () => {
  await withServer({}, async (server) => {
    const silent = await Promise.all(Array.from({ length: 300 }, () => connect(server)));
    assert.equal((await server.send('POST', MACHINES, machine('m'))).code, 201);
    for (const socket of silent) socket.destroy();
  });
});
