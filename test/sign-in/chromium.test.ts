/** The browser of the tests: what other tests do to this machine's networks meanwhile is nothing to it. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { testAuthority } from '#kernel/wire/test-certificates.ts';
import { output, runCommand } from '../support/command.ts';
import { type OpenedBrowser, openChromium } from './chromium.ts';

/** Of no other test. */
const BRIDGE = `chromium${process.pid % 1_000_000}`;
const ADDRESS = '192.0.2.65/26';
const REQUESTS = 100;

const ip = (...args: readonly string[]) => output(runCommand('ip', args), `ip ${args.join(' ')}`);

describe('a browser on a machine whose bridges come and go', () => {
  let chromium: OpenedBrowser;
  let server: Server;
  before(async () => {
    const { cert, key } = testAuthority().server();
    server = createServer({ cert, key }, (_, response) => {
      // Each request connects anew.
      const headers = { 'content-type': 'text/html', connection: 'close' };
      response.writeHead(200, headers).end('<link rel="icon" href="data:,">here');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    chromium = await openChromium(cert);
  });
  after(async () => {
    await chromium?.close();
    server?.close();
  });

  test('loses nothing of what it asked for', async () => {
    const { page, complaints } = await chromium.visit();
    await page.goto(`https://localhost:${(server.address() as AddressInfo).port}/`);
    let isAsking = true;
    const asked = (async () => {
      try {
        for (let request = 0; request < REQUESTS; request++)
          assert.equal(await page.evaluate(async () => (await fetch('/')).status), 200);
      } finally {
        isAsking = false;
      }
    })();
    const changed = (async () => {
      while (isAsking) {
        await ip('link', 'add', BRIDGE, 'type', 'bridge');
        await ip('address', 'add', ADDRESS, 'dev', BRIDGE);
        await ip('link', 'set', BRIDGE, 'up');
        await ip('link', 'delete', BRIDGE);
      }
    })();
    await Promise.all([asked, changed]);
    assert.deepEqual(complaints(), []);
  });
});
