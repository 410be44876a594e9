/**
 * Access that is taken away ends what was opened with it: watches, followed logs, terminals over WebSocket and over SPDY. Asked again
 * every few seconds, by the very questions that opened them.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, test } from 'node:test';
import tls from 'node:tls';
import { constants, deflateSync } from 'node:zlib';
import { WebSocket } from 'ws';
import type { Authenticator, Authorizer } from '../access.ts';
import type { TerminalConnector, TextConnector } from '../connect.ts';
import { unauthorized } from '../errors.ts';
import { ManualClock } from '../store/manual-clock.ts';
import { REVALIDATION_INTERVAL_MS, REVALIDATION_UNCHANGED_MS } from './limits.ts';
import { controlFrame, FRAME_TYPE, word } from './spdy-frames.ts';
import { TEST_KINDS } from './test-kinds.ts';
import { startTestServer, type TestServer } from './test-server.ts';
import { openWatch } from './test-watch.ts';

const MACHINES = '/orgs/acme/apis/lab.casemate.internal/v1/namespaces/p/machines';

/** A terminal and a log that say hello and then stay open until their client has gone; `gone` tells that they were told. */
let gone: PromiseWithResolvers<void>;
const shell: TerminalConnector = {
  type: 'terminal',
  async open({ signal }, { stdout }) {
    await stdout(Buffer.from('hello'));
    if (!signal.aborted) await once(signal, 'abort');
    gone.resolve();
    return { exitCode: 0 };
  },
};
const log: TextConnector = {
  type: 'text',
  open: async ({ signal }) =>
    (async function* () {
      yield Buffer.from('hello');
      if (!signal.aborted) await once(signal, 'abort');
      gone.resolve();
    })(),
};

/** What opens the error stream, the only one that every terminal has. */
function errorStream(): Buffer {
  const text = (value: string) => Buffer.concat([word(value.length), Buffer.from(value)]);
  const headers = Buffer.concat([word(1), text('streamtype'), text('error')]);
  const compressed = deflateSync(headers, { finishFlush: constants.Z_SYNC_FLUSH });
  return controlFrame(FRAME_TYPE.synStream, Buffer.concat([word(1), word(0), Buffer.alloc(2), compressed]));
}

for (const [how, state] of [
  ['a role that was taken away', { role: false, credential: true }],
  ['a credential that was revoked', { role: true, credential: false }],
] as const) {
  describe(`with ${how}`, () => {
    let server: TestServer;
    let clock: ManualClock;
    let now = { role: true, credential: true };
    const authorizer: Authorizer = {
      decide: async () => ({ allowed: now.role, reason: 'the test says so' }),
      rules: async () => [],
    };
    const authenticator: Authenticator = {
      async authenticate(realm) {
        if (!now.credential) throw unauthorized('this certificate was revoked');
        return { realm, name: 'alice', groups: [], credential: 'certificate:1' };
      },
    };
    beforeEach(async () => {
      now = { role: true, credential: true };
      clock = new ManualClock();
      gone = Promise.withResolvers();
      server = await startTestServer({
        kinds: TEST_KINDS,
        clock,
        authorizer,
        authenticator,
        connectors: {
          'machines.lab.casemate.internal/exec': shell,
          'machines.lab.casemate.internal/log': log,
        },
      });
      const body = { metadata: { name: 'm' }, spec: { image: 'x' } };
      assert.equal((await server.send('POST', MACHINES, body)).code, 201);
    });
    afterEach(() => server.close());

    /** It lasts while access lasts, and ends at the next question after that. */
    const lose = async () => {
      await clock.advance(REVALIDATION_INTERVAL_MS);
      await clock.advance(REVALIDATION_UNCHANGED_MS - 1);
      now = { ...state };
      await clock.advance(1);
    };

    test('a watch ends, and says why', async () => {
      const watch = await openWatch(server, `${MACHINES}?watch=true`);
      assert.deepEqual(await watch.take(1), ['ADDED m']);
      await lose();
      const last = await watch.next();
      assert.deepEqual([last?.type, last?.object.code], ['ERROR', state.role ? 401 : 403]);
      assert.equal(await watch.next(), undefined);
    });

    test('a followed log breaks off, and its source is told', async () => {
      const request = server.open(`${MACHINES}/m/log?follow=true`);
      request.on('error', () => {});
      request.end();
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      response.on('error', () => {});
      assert.equal(String((await once(response, 'data'))[0]), 'hello');
      const closed = new Promise((resolve) => response.once('close', resolve));
      await lose();
      await closed;
      assert.equal(response.complete, false);
      await gone.promise;
    });

    test('a terminal over WebSocket ends, and its command is told', async () => {
      const socket = new WebSocket(
        `${server.url.replace('https', 'wss')}${MACHINES}/m/exec?command=sh&stdout=true`,
        ['v5.channel.k8s.io'],
        { ca: server.ca, ...server.clientCertificate },
      );
      socket.on('error', () => {});
      assert.equal(String((await once(socket, 'message'))[0]), '\x01hello');
      const closed = once(socket, 'close');
      await lose();
      await closed;
      await gone.promise;
    });

    test('a terminal over SPDY ends', async () => {
      const socket = tls.connect({
        host: '127.0.0.1',
        port: Number(new URL(server.url).port),
        ca: server.ca,
        ...server.clientCertificate,
      });
      socket.on('error', () => {});
      socket.write(
        `POST ${MACHINES}/m/exec?command=sh HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n` +
          'X-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n',
      );
      assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 101 /);
      // Nothing but the error stream was asked for: with it the terminal begins.
      socket.write(errorStream());
      const closed = new Promise((resolve) => socket.once('close', resolve));
      await once(socket, 'data');
      await lose();
      await closed;
      await gone.promise;
    });

    test('what is asked anew is refused', async () => {
      now = { ...state };
      for (const path of [`${MACHINES}?watch=true`, `${MACHINES}/m/log?follow=true`, `${MACHINES}/m`])
        assert.equal((await server.send('GET', path)).code, state.role ? 401 : 403, path);
    });
  });
}

test('access that cannot be checked for a while ends nothing; it is asked again', async () => {
  const clock = new ManualClock();
  let answer: 'yes' | 'broken' | 'no' = 'yes';
  const server = await startTestServer({
    kinds: TEST_KINDS,
    clock,
    authorizer: {
      async decide() {
        if (answer === 'broken') throw new Error('the store of roles does not answer');
        return { allowed: answer === 'yes', reason: 'the test says so' };
      },
      rules: async () => [],
    },
  });
  const watch = await openWatch(server, `${MACHINES}?watch=true`);
  answer = 'broken';
  await clock.advance(3 * REVALIDATION_INTERVAL_MS);
  answer = 'yes';
  await server.send('POST', MACHINES, { metadata: { name: 'm' }, spec: { image: 'x' } });
  assert.deepEqual(await watch.take(1), ['ADDED m']);
  answer = 'no';
  await clock.advance(REVALIDATION_INTERVAL_MS);
  assert.equal((await watch.next())?.type, 'ERROR');
  await server.close();
});

test('a watch ends when its holder is in the group no longer that the right was for, though they still may sign in', async () => {
  const clock = new ManualClock();
  let groups = ['team'];
  const server = await startTestServer({
    kinds: TEST_KINDS,
    clock,
    authenticator: {
      authenticate: async (realm) => ({ realm, name: 'alice', groups, credential: 'certificate:1' }),
    },
    authorizer: {
      decide: async ({ actor }) => ({ allowed: actor.groups.includes('team'), reason: 'the team may' }),
      rules: async () => [],
    },
  });
  const watch = await openWatch(server, `${MACHINES}?watch=true`);
  await server.send('POST', MACHINES, { metadata: { name: 'm' }, spec: { image: 'x' } });
  assert.deepEqual(await watch.take(1), ['ADDED m']);
  groups = [];
  await clock.advance(REVALIDATION_INTERVAL_MS);
  const last = await watch.next();
  assert.deepEqual([last?.type, last?.object.code], ['ERROR', 403]);
  await server.close();
});
