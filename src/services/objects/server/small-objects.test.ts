import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { after, before, describe, test } from 'node:test';
import { connect } from 'node:tls';
import { chunkedBody, type Signing, signRequest } from '../s3/testing/client.ts';
import { type TlsEndpoint, tlsEndpoint } from './testing/endpoint.ts';
import { ACCESS_KEY, SECRET, type TestParts, testParts } from './testing/parts.ts';

/** What one segment holds, and around it. */
const SIZES = [0, 1, 4_096, 65_535, 65_536, 65_537, 80_000];

describe('a small object', () => {
  let world: TestParts;
  let endpoint: TlsEndpoint;
  let agent: Agent;
  const asked: string[] = [];

  before(async () => {
    world = await testParts();
    world.bucket('small', {});
    const { gate } = world.parts;
    const ask = gate.ask.bind(gate);
    gate.ask = (call, what) => {
      asked.push(call);
      return ask(call, what);
    };
    endpoint = await tlsEndpoint(world.parts);
    agent = new Agent({ ca: endpoint.ca, keepAlive: true });
  });
  after(async () => {
    agent.destroy();
    endpoint.close();
    await world.close();
  });

  function signed(method: string, key: string, more: Readonly<Record<string, string>> = {}) {
    const time = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
    const signing: Signing = { accessKey: ACCESS_KEY, secret: SECRET, region: 'us-east-1', time };
    const headers = {
      host: `localhost:${endpoint.port}`,
      'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
      ...more,
    };
    return signRequest({ method, target: `/small/${key}`, headers }, signing);
  }

  async function send(
    method: string,
    key: string,
    more: Readonly<Record<string, string>> = {},
    body?: Uint8Array,
  ) {
    const { target, headers } = signed(method, key, more);
    const outgoing = request({
      port: endpoint.port,
      host: 'localhost',
      method,
      path: target,
      headers,
      agent,
    });
    outgoing.end(body);
    const [response] = await once(outgoing, 'response');
    return {
      status: response.statusCode,
      headers: response.headers,
      body: Buffer.concat(await response.toArray()),
    };
  }

  test('comes back as it was sent, whole and in part, whatever it was sent in', async () => {
    for (const size of SIZES) {
      const bytes = randomBytes(size);
      const coded = chunkedBody({ chunks: size === 0 ? [] : [bytes] });
      const coding = {
        'content-encoding': 'aws-chunked',
        'x-amz-decoded-content-length': String(size),
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      };
      const ways: Readonly<Record<string, readonly [Readonly<Record<string, string>>, Uint8Array]>> = {
        whole: [{ 'content-length': String(size) }, bytes],
        coded: [{ ...coding, 'content-length': String(coded.length) }, coded],
        'coded, without its length': [{ ...coding, 'transfer-encoding': 'chunked' }, coded],
      };
      for (const [way, [headers, body]] of Object.entries(ways)) {
        const put = await send('PUT', 'one', headers, body);
        assert.equal(put.status, 200, `${size} bytes, ${way}: ${put.body}`);
        const got = await send('GET', 'one');
        assert.ok(got.body.equals(bytes), `${size} bytes, ${way}`);
        assert.equal(got.headers['content-length'], String(size));
        assert.equal(got.headers.etag, `"${createHash('md5').update(bytes).digest('hex')}"`);
        if (size < 2) continue;
        const part = await send('GET', 'one', { range: `bytes=1-${size - 1}` });
        assert.equal(part.status, 206);
        assert.ok(part.body.equals(bytes.subarray(1)));
        const head = await send('HEAD', 'one');
        assert.equal(head.headers['content-length'], String(size));
      }
    }
  });

  test('that breaks off before its end is not there, and what was there stays', async () => {
    await send('PUT', 'broken', { 'content-length': '3' }, Buffer.from('old'));
    const { target, headers } = signed('PUT', 'broken', { 'content-length': '4096' });
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    const socket = connect({ port: endpoint.port, host: 'localhost', ca: endpoint.ca });
    await once(socket, 'secureConnect');
    const recorded = world.records.length;
    socket.end(`${[`PUT ${target} HTTP/1.1`, ...lines, '', ''].join('\r\n')}${'x'.repeat(100)}`);
    await once(socket.resume(), 'close');
    assert.equal((await send('GET', 'broken')).body.toString(), 'old');
    const mine = world.records.slice(recorded).filter(({ verb }) => verb !== 'get');
    assert.ok(mine.every(({ decision }) => decision === 'failed'));
  });

  test('that is asked for again costs no question but its record', async () => {
    await send('PUT', 'known', { 'content-length': '5' }, Buffer.from('known'));
    await send('GET', 'known');
    asked.length = 0;
    for (let count = 0; count < 20; count++) assert.equal((await send('GET', 'known')).status, 200);
    // What somebody may do is asked for once a second.
    const others = asked.filter((call) => call !== 'record' && call !== 'decide');
    assert.deepEqual(others, []);
    assert.equal(world.records.filter(({ details }) => details.key === 'known').length, 22);
  });
});
