import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { WebSocket } from 'ws';
import type { Authorizer } from '../access.ts';
import type { TerminalConnector, TextConnector } from '../connect.ts';
import { StatusError } from '../errors.ts';
import { TEST_KINDS } from './test-kinds.ts';
import { startTestServer, type TestServer } from './test-server.ts';

/** Echoes; `exit N` ends with N, `fail` cannot start, `size` waits for a size. */
const exec: TerminalConnector = {
  type: 'terminal',
  async open({ query, object, actor }, { stdin, stdout, stderr, sizes, tty }) {
    const [command, argument] = query.getAll('command');
    if (command === 'fail') throw new StatusError('Conflict', 'the machine is off; turn it on first');
    if (command === 'crash') throw new Error('a secret of ours');
    await stdout(Buffer.from(`${actor.name}@${object.metadata.name} tty=${tty}\n`));
    await stderr(Buffer.from('to stderr\n'));
    if (command === 'size')
      for await (const { width, height } of sizes) {
        await stdout(Buffer.from(`${width}x${height}`));
        break;
      }
    if (stdin) for await (const chunk of stdin) await stdout(chunk);
    return { exitCode: Number(argument ?? 0) };
  },
};

const log: TextConnector = {
  type: 'text',
  async open({ query, signal }) {
    if (query.get('previous') === 'true')
      throw new StatusError('BadRequest', 'previous: there is no log of before');
    return (async function* () {
      yield Buffer.from('first\n');
      if (query.get('follow') === 'true') await once(signal, 'abort');
    })();
  },
};

const authorizer: Authorizer = {
  async decide({ subresource, verb, name }) {
    return { allowed: !(name === 'closed' && subresource === 'exec' && verb === 'create'), reason: 'a test' };
  },
  rules: async () => [],
};

describe('streams into objects', () => {
  let server: TestServer;
  const machines = '/orgs/acme/apis/lab.casemate.internal/v1/namespaces/p/machines';
  before(async () => {
    server = await startTestServer({
      kinds: TEST_KINDS,
      authorizer,
      connectors: { 'machines.lab.casemate.internal/exec': exec, 'machines.lab.casemate.internal/log': log },
    });
    for (const name of ['m', 'closed']) {
      assert.equal(
        (await server.send('POST', machines, { metadata: { name }, spec: { image: 'x' } })).code,
        201,
      );
    }
  });
  after(() => server.close());

  function connect(
    path: string,
    protocols: string[] = ['v5.channel.k8s.io'],
    headers: Record<string, string> = {},
  ) {
    const socket = new WebSocket(`${server.url.replace('https', 'wss')}${path}`, protocols, {
      ca: server.ca,
      ...server.clientCertificate,
      headers,
    });
    const channels: string[] = ['', '', '', '', ''];
    let arrived = () => {};
    socket.on('message', (data: Buffer) => {
      const channel = data[0] ?? 0;
      channels[channel] += data.subarray(1).toString();
      arrived();
    });
    const until = async (channel: number, text: string) => {
      while (!channels[channel]?.includes(text))
        await new Promise<void>((resolve) => {
          arrived = resolve;
        });
    };
    const say = (channel: number, text: string | Uint8Array) =>
      socket.send(Buffer.concat([Buffer.from([channel]), Buffer.from(text)]));
    return { socket, channels, until, say, closed: once(socket, 'close') };
  }

  async function refusal(path: string, protocols?: string[], headers?: Record<string, string>) {
    const { socket } = connect(path, protocols, headers);
    socket.on('error', () => {});
    const [, response] = await once(socket, 'unexpected-response');
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    return JSON.parse(Buffer.concat(chunks).toString());
  }

  for (const protocol of ['v5.channel.k8s.io', 'v4.channel.k8s.io']) {
    test(`${protocol} carries output, errors and the exit code`, async () => {
      const { socket, channels, closed } = connect(
        `${machines}/m/exec?command=run&command=3&stdout=true&stderr=true`,
        [protocol],
      );
      const [code] = await closed;
      assert.equal(code, 1000);
      assert.equal(socket.protocol, protocol);
      assert.equal(channels[1], 'alice@m tty=false\n');
      assert.equal(channels[2], 'to stderr\n');
      const status = JSON.parse(channels[3] ?? '');
      assert.deepEqual([status.status, status.reason], ['Failure', 'NonZeroExitCode']);
      assert.deepEqual(status.details.causes, [{ reason: 'ExitCode', message: '3' }]);
    });
  }

  test('input goes to the command, and closing its channel ends it', async () => {
    const { say, until, channels, closed } = connect(`${machines}/m/exec?command=cat&stdin=true&stdout=true`);
    await until(1, 'tty=false');
    say(0, 'hello');
    await until(1, 'hello');
    say(255, Uint8Array.of(0));
    await closed;
    assert.deepEqual(JSON.parse(channels[3] ?? ''), { metadata: {}, status: 'Success' });
  });

  test('sizes reach the terminal, and a tty has no stderr of its own', async () => {
    const { say, until, channels, closed } = connect(`${machines}/m/exec?command=size&tty=true&stdout=true`);
    await until(1, 'to stderr');
    say(4, '{"Width":0}');
    say(4, 'nonsense');
    say(4, '{"Width":120,"Height":40}');
    await closed;
    assert.equal(channels[1], 'alice@m tty=true\nto stderr\n120x40');
    assert.equal(channels[2], '');
  });

  test('what cannot start says why on the error channel; faults of ours say no more than a request id', async () => {
    const refused = connect(`${machines}/m/exec?command=fail`);
    await refused.closed;
    assert.deepEqual(JSON.parse(refused.channels[3] ?? '').message, 'the machine is off; turn it on first');
    const crashed = connect(`${machines}/m/exec?command=crash`);
    await crashed.closed;
    assert.match(JSON.parse(crashed.channels[3] ?? '').message, /under request [0-9a-f-]{36}$/);
    assert.doesNotMatch(crashed.channels[3] ?? '', /secret/);
  });

  test('the pod view opens the same terminal', async () => {
    const { channels, closed } = connect(
      '/orgs/acme/api/v1/namespaces/p/pods/m/exec?command=x&container=machine',
    );
    await closed;
    assert.match(channels[1] ?? '', /^alice@m/);
  });

  test('every terminal is on record before it opens', () => {
    const records = server.accessRecords.filter(
      ({ resource }) => resource === 'machines.lab.casemate.internal/exec',
    );
    assert.ok(records.length >= 5);
    for (const { verb, decision, code, name } of records)
      assert.deepEqual([verb, decision, code, name], ['create', 'allowed', 101, 'm']);
  });

  test('what may not be opened is refused before the upgrade', async () => {
    assert.equal((await refusal(`${machines}/closed/exec?command=x`)).reason, 'Forbidden');
    assert.equal(
      (await refusal('/orgs/acme/api/v1/namespaces/p/pods/closed/exec?command=x')).reason,
      'Forbidden',
    );
    assert.equal((await refusal(`${machines}/nobody/exec?command=x`)).reason, 'NotFound');
    assert.equal((await refusal(`${machines}/m/log`)).reason, 'BadRequest');
    assert.equal((await refusal(`${machines}/m/exec`, ['v1.channel.k8s.io'])).reason, 'BadRequest');
    assert.equal(
      (await refusal(`${machines}/m/exec?command=x`, undefined, { Origin: 'https://evil.example' })).reason,
      'Forbidden',
    );
    assert.equal((await refusal('/orgs/unknown/api/v1/namespaces/p/pods/m/exec')).reason, 'Unauthorized');
    assert.equal((await server.send('POST', `${machines}/m/exec?command=x`)).json().reason, 'BadRequest');
  });

  test('ports are not forwarded: a Status says so, before the upgrade', async () => {
    const path = '/orgs/acme/api/v1/namespaces/p/pods/m/portforward?ports=80';
    assert.equal((await refusal(path)).reason, 'NotFound');
  });

  test('logs come as text, and their refusals as Status', async () => {
    const answer = await server.send('GET', `${machines}/m/log`);
    assert.deepEqual(
      [answer.code, answer.text, answer.headers['content-type']],
      [200, 'first\n', 'text/plain; charset=utf-8'],
    );
    assert.equal((await server.send('GET', `${machines}/m/log?previous=true`)).json().reason, 'BadRequest');
    assert.equal((await server.send('GET', '/orgs/acme/api/v1/namespaces/p/pods/m/log')).text, 'first\n');
  });

  test('a followed log starts at once and ends when its reader goes', async () => {
    const request = server.open(`${machines}/m/log?follow=true`);
    request.on('error', () => {});
    request.end();
    const [response] = await once(request, 'response');
    response.on('error', () => {});
    const [chunk] = await once(response, 'data');
    assert.equal(String(chunk), 'first\n');
    request.destroy();
  });

  test('a page gives its token as a subprotocol, as Kubernetes takes it, and the answer never repeats it', async () => {
    const token = 'eyJhbGciOi.a-_~+/b==';
    const own = await startTestServer({
      kinds: TEST_KINDS,
      connectors: { 'machines.lab.casemate.internal/exec': exec },
      authenticator: {
        async authenticate(realm, { bearerToken }) {
          if (bearerToken !== token) throw new StatusError('Unauthorized', 'another token');
          return { realm, name: 'berta', groups: [], credential: 'token' };
        },
      },
    });
    const headers = { authorization: `Bearer ${token}` };
    await own.send('POST', machines, { metadata: { name: 'm' }, spec: { image: 'x' } }, headers);
    const open = (...protocols: string[]) =>
      new WebSocket(`${own.url.replace('https', 'wss')}${machines}/m/exec?command=x&stdout=true`, protocols, {
        ca: own.ca,
      });
    const asProtocol = (text: string) =>
      `base64url.bearer.authorization.k8s.io.${Buffer.from(text).toString('base64url')}`;
    for (const protocols of [
      ['v5.channel.k8s.io', asProtocol(token)],
      [asProtocol(token), 'v5.channel.k8s.io'],
    ]) {
      const socket = open(...protocols);
      const [message] = await once(socket, 'message');
      assert.equal(message.subarray(1).toString(), 'berta@m tty=false\n');
      assert.equal(socket.protocol, 'v5.channel.k8s.io');
      await once(socket, 'close');
    }
    for (const refused of [asProtocol('another'), asProtocol('a b'), asProtocol('a\r\nb')]) {
      const socket = open('v5.channel.k8s.io', refused);
      socket.on('error', () => {});
      const [, response] = await once(socket, 'unexpected-response');
      assert.equal(response.statusCode, 401);
      response.resume();
    }
    // Of a request that is no upgrade, it is no credential.
    const plain = await own.send('GET', `${machines}/m`, undefined, {
      'sec-websocket-protocol': asProtocol(token),
    });
    assert.equal(plain.code, 401);
    await own.close();
  });

  test('terminals end when the server closes', async () => {
    const own = await startTestServer({
      kinds: TEST_KINDS,
      connectors: { 'machines.lab.casemate.internal/exec': exec },
    });
    await own.send('POST', machines, { metadata: { name: 'm' }, spec: { image: 'x' } });
    const socket = new WebSocket(
      `${own.url.replace('https', 'wss')}${machines}/m/exec?command=cat&stdin=true`,
      ['v5.channel.k8s.io'],
      { ca: own.ca, ...own.clientCertificate },
    );
    await once(socket, 'message');
    const closed = once(socket, 'close');
    await own.close();
    assert.equal((await closed)[0], 1001);
  });
});
