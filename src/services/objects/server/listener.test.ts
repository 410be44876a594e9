/** Who is let in at all, before a request is read. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:https';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { silentLogger } from '#kernel/logger.ts';
import { freePort } from '#kernel/wire/test-port.ts';
import { Listener } from './listener.ts';
import { ownCertificate } from './testing/endpoint.ts';

/** As many as one address may hold. */
const HELD_MAX = 256;

test('a place that is for instances takes connections of their ranges alone, and of no address more than its share', async (t) => {
  const made = ownCertificate();
  const [inside, outside] = [await freePort(), await freePort()];
  const listener = new Listener({
    listen: [
      { host: '127.0.0.1', port: inside, within: ['10.64.0.0/10', '127.0.0.0/8'] },
      { host: '127.0.0.1', port: outside, within: ['10.64.0.0/10'] },
    ],
    domain: 'lux',
    certificate: made,
    certificateOf: async () => null,
    onRequest: async (_incoming, response) => void response.end('served'),
    logger: silentLogger,
  });
  await listener.open();
  // What is taken there does not hold up the rest.
  const said: string[] = [];
  const second = new Listener({
    listen: [{ host: '127.0.0.1', port: inside, within: ['127.0.0.0/8'] }],
    domain: 'lux',
    certificate: made,
    certificateOf: async () => null,
    onRequest: async () => {},
    logger: { ...silentLogger, error: (_facts, message) => void said.push(message) },
  });
  await second.open();
  second.close();
  assert.match(said.join(), /something else listens at port \d+ of this machine \(objects\.instancesPort\)/);
  const sockets: Socket[] = [];
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  const ask = (port: number): Promise<string> =>
    new Promise((resolve) => {
      const options = {
        host: '127.0.0.1',
        port,
        servername: 'localhost',
        ca: made.certificate,
        agent: false,
      };
      const asking = request(options, (answer) => {
        answer.setEncoding('utf8');
        answer.once('data', resolve);
      });
      asking.once('error', () => resolve('refused'));
      asking.end();
    });
  assert.equal(await ask(inside), 'served');
  assert.equal(await ask(outside), 'refused');
  for (let count = 0; count < HELD_MAX; count++) sockets.push(connect(inside, '127.0.0.1'));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  assert.equal(await ask(inside), 'refused');
  const [first] = sockets;
  first?.destroy();
  let answer = await ask(inside);
  while (answer === 'refused') answer = await ask(inside);
  assert.equal(answer, 'served');
});
