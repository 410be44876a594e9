import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { send } from './scim/answer.ts';
import { sendWhole } from './send-whole.ts';
import { sendOn, sendPage } from './sign-in/page.ts';

describe('an answer that is sent whole', () => {
  let handle: (response: ServerResponse) => void = () => {};
  const server = createServer((_request, response) => handle(response));
  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => new Promise((resolve) => server.close(resolve)));

  const sent = () => request({ port: (server.address() as AddressInfo).port, agent: false }).end();

  it('arrives', async () => {
    handle = (response) => void sendWhole(response, Buffer.from('whole'));
    const [answer] = await once(sent(), 'response');
    let text = '';
    for await (const chunk of answer) text += chunk;
    assert.equal(text, 'whole');
  });

  const ways: Readonly<Record<string, (response: ServerResponse) => Promise<void>>> = {
    'a body': (response) => sendWhole(response, Buffer.from('late')),
    nothing: (response) => sendWhole(response),
    'a page': (response) => sendPage(response, { html: '<p>late', headers: {} }),
    'a redirect': (response) => sendOn(response, '/late'),
    'a SCIM resource': (response) => send(response, 200, {}),
  };
  for (const [what, way] of Object.entries(ways)) {
    it(`holds nobody up when the client had gone before: ${what}`, async () => {
      const arrived = Promise.withResolvers<ServerResponse>();
      handle = arrived.resolve;
      const asking = sent();
      asking.on('error', () => {});
      const response = await arrived.promise;
      const gone = once(response, 'close');
      asking.destroy();
      await gone;
      await way(response);
    });
  }
});
