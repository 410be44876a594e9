import assert from 'node:assert/strict';
import { request } from 'node:https';
import { after, before, describe, it } from 'node:test';
import { signRequest } from '../s3/testing/client.ts';
import { type TlsEndpoint, tlsEndpoint } from './testing/endpoint.ts';
import { ACCESS_KEY, SECRET, type TestParts, testParts } from './testing/parts.ts';

const UPLOADS = 24;
const BODY_BYTES = 12 * 2 ** 20;

describe('an answer that comes before all of the request', () => {
  let world: TestParts;
  let endpoint: TlsEndpoint;
  before(async () => {
    world = await testParts();
    endpoint = await tlsEndpoint(world.parts);
    world.bucket('full', { quota: { bytes: '1Mi' } });
  });
  after(async () => {
    endpoint?.close();
    await world?.close();
  });

  const put = (target: string, body: Buffer, secret = SECRET) =>
    new Promise<string>((resolve) => {
      const headers = {
        host: `localhost:${endpoint.port}`,
        'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
        'content-length': String(body.length),
      };
      const time = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
      const signing = { accessKey: ACCESS_KEY, secret, region: 'us-east-1', time };
      const signed = signRequest({ method: 'PUT', target, headers }, signing);
      const outgoing = request({
        host: 'localhost',
        port: endpoint.port,
        ca: endpoint.ca,
        agent: false,
        method: 'PUT',
        path: target,
        headers: signed.headers,
      });
      outgoing.once('error', (error) => resolve(error.message));
      outgoing.once('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (more: string) => {
          text += more;
        });
        response.once('end', () => resolve(`${response.statusCode} ${/<Code>(\w+)/.exec(text)?.[1]}`));
        response.once('error', (error) => resolve(error.message));
      });
      outgoing.end(body);
    });

  it('of a quota comes with the byte, or the version, that is too much', async () => {
    world.bucket('bytes', { quota: { bytes: '10k' } });
    assert.equal(await put('/bytes/a', Buffer.alloc(9_999)), '200 undefined');
    assert.equal(await put('/bytes/b', Buffer.alloc(2)), '403 QuotaExceeded');
    assert.equal(await put('/bytes/b', Buffer.alloc(1)), '200 undefined');
    world.bucket('versions', { quota: { objects: 1 } });
    assert.equal(await put('/versions/a', Buffer.alloc(1)), '200 undefined');
    assert.equal(await put('/versions/b', Buffer.alloc(1)), '403 QuotaExceeded');
  });

  it('is heard by whoever is still sending: what was refused is no broken connection', async () => {
    const body = Buffer.alloc(BODY_BYTES);
    const answers = await Promise.all(
      Array.from({ length: UPLOADS }, (_, at) =>
        at % 2 === 0 ? put('/full/a', body) : put('/open/a', body, 'another secret'),
      ),
    );
    const [refused, forged] = ['403 QuotaExceeded', '403 SignatureDoesNotMatch'];
    assert.deepEqual(
      answers,
      Array.from({ length: UPLOADS }, (_, at) => (at % 2 === 0 ? refused : forged)),
    );
  });
});
