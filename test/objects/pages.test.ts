/** Web pages that use a bucket from another origin: what a browser asks first, and what it lets them read. In Chromium, over TLS, against the endpoint as it runs in a region. */
import assert from 'node:assert/strict';
import { createServer, request, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { presign, signRequest } from '#services/objects/s3/testing/client.ts';
import { endpointOf } from '#services/objects/server/parts.ts';
import { type TlsEndpoint, tlsEndpoint } from '#services/objects/server/testing/endpoint.ts';
import { ACCESS_KEY, SECRET, type TestParts, testParts } from '#services/objects/server/testing/parts.ts';
import { type OpenedBrowser, openChromium, type Visit } from '../sign-in/chromium.ts';

const BUCKET = 'pictures';
const ORGANIZATION = 'below';
const VALID_S = 600;

describe('a page of another origin', () => {
  let world: TestParts;
  let endpoint: TlsEndpoint;
  let chromium: OpenedBrowser;
  let visit: Visit;
  let pages: Server;
  let origin: string;
  let hosts: Readonly<Record<'path' | 'organization' | 'bucket', string>>;

  before(async () => {
    world = await testParts();
    endpoint = await tlsEndpoint(world.parts);
    const below = `${ORGANIZATION}.${endpointOf(world.parts.domain)}`;
    hosts = {
      path: `localhost:${endpoint.port}`,
      organization: `${below}:${endpoint.port}`,
      bucket: `${BUCKET}.${below}:${endpoint.port}`,
    };
    pages = createServer({ key: endpoint.privateKey, cert: endpoint.ca }, (_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<link rel="icon" href="data:,">');
    });
    await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
    origin = `https://localhost:${(pages.address() as AddressInfo).port}`;
    world.bucket(BUCKET, {
      cors: [
        {
          allowedOrigins: [origin],
          allowedMethods: ['PUT', 'GET'],
          allowedHeaders: ['*'],
          exposeHeaders: ['ETag'],
        },
      ],
    });
    world.bucket('closed', {});
    chromium = await openChromium(endpoint.ca);
    visit = await chromium.visit();
    await visit.page.goto(origin);
  });
  after(async () => {
    await chromium?.close();
    pages?.close();
    endpoint?.close();
    await world?.close();
  });

  const signing = () => ({
    accessKey: ACCESS_KEY,
    secret: SECRET,
    region: 'us-east-1',
    time: new Date().toISOString().replace(/[-:]|\.\d{3}/g, ''),
  });
  type Style = keyof typeof hosts;
  const targetOf = (style: Style, key: string, bucket = BUCKET) =>
    style === 'bucket' ? `/${key}` : `/${bucket}/${key}`;
  const presigned = (method: string, style: Style, key: string, bucket = BUCKET) => {
    const target = targetOf(style, key, bucket);
    return `https://${hosts[style]}${presign({ method, target, headers: { host: hosts[style] } }, VALID_S, signing()).target}`;
  };
  const signedInHeader = (method: string, style: Style, key: string, bucket = BUCKET) => {
    const target = targetOf(style, key, bucket);
    const headers = { host: hosts[style], 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
    const { host: _, ...sent } = signRequest({ method, target, headers }, signing()).headers;
    return { url: `https://${hosts[style]}${target}`, headers: sent };
  };
  /** What the page gets; a string where the browser keeps it from the page. */
  const asPage = (
    url: string,
    method: string,
    headers: Readonly<Record<string, string>> = {},
    body?: string,
  ) =>
    visit.page.evaluate(
      async (asked) => {
        try {
          const { url: to, ...how } = asked;
          const response = await fetch(to, how);
          return {
            status: response.status,
            etag: response.headers.get('etag'),
            text: await response.text(),
          };
        } catch {
          return 'kept from the page';
        }
      },
      { url, method, headers, ...(body === undefined ? {} : { body }) },
    );
  const preflight = (style: Style, target: string, headers: Readonly<Record<string, string>>) =>
    new Promise<{ status: number; origin: unknown; methods: unknown; headers: unknown }>(
      (resolve, reject) => {
        const [servername = ''] = hosts[style].split(':');
        const outgoing = request({
          host: '127.0.0.1',
          port: endpoint.port,
          servername,
          ca: endpoint.ca,
          checkServerIdentity: () => undefined,
          agent: false,
          method: 'OPTIONS',
          path: target,
          headers: { host: hosts[style], origin, 'access-control-request-method': 'PUT', ...headers },
        });
        outgoing.once('error', reject);
        outgoing.once('response', (response) => {
          response.resume();
          resolve({
            status: response.statusCode ?? 0,
            origin: response.headers['access-control-allow-origin'],
            methods: response.headers['access-control-allow-methods'],
            headers: response.headers['access-control-allow-headers'],
          });
        });
        outgoing.end();
      },
    );
  const read = async (key: string) => {
    const { uid } = await world.parts.answers.bucket('/orgs/below', BUCKET).then((found) => {
      assert.ok(found !== null);
      return found;
    });
    return (await world.parts.metadata.get(uid, key))?.size;
  };

  for (const style of ['path', 'organization', 'bucket'] as const) {
    it(`puts and gets with a presigned URL, the bucket found by ${style}`, async () => {
      const key = `presigned-${style}`;
      const put = await asPage(
        presigned('PUT', style, key),
        'PUT',
        { 'content-type': 'text/plain' },
        'hello',
      );
      assert.ok(typeof put === 'object', String(put));
      assert.equal(put.status, 200);
      // A rule exposes it.
      assert.equal(put.etag, '"5d41402abc4b2a76b9719d911017c592"');
      const got = await asPage(presigned('GET', style, key), 'GET');
      assert.deepEqual(got, { ...put, text: 'hello' });
    });

    it(`puts and gets with signatures of its own in headers, the bucket found by ${style}`, async () => {
      const key = `signed-${style}`;
      const put = signedInHeader('PUT', style, key);
      const done = await asPage(put.url, 'PUT', put.headers, 'hello');
      assert.ok(typeof done === 'object', String(done));
      assert.equal(done.status, 200);
      const get = signedInHeader('GET', style, key);
      assert.deepEqual(await asPage(get.url, 'GET', get.headers), { ...done, text: 'hello' });
    });
  }

  it('of which no rule speaks is kept from the bucket, in every style: nothing is written', async () => {
    const window = await chromium.visit();
    const here = visit;
    visit = window;
    try {
      // Another origin, though the same machine.
      await visit.page.goto(origin.replace('localhost', '127.0.0.1'));
      for (const style of ['path', 'organization', 'bucket'] as const) {
        const key = `evil-${style}`;
        const url = presigned('PUT', style, key);
        assert.equal(await asPage(url, 'PUT', {}, 'x'), 'kept from the page');
        const put = signedInHeader('PUT', style, key);
        assert.equal(await asPage(put.url, 'PUT', put.headers, 'x'), 'kept from the page');
        assert.equal(await read(key), undefined, key);
      }
    } finally {
      visit = here;
      await window.close();
    }
    // The page itself, with a bucket that has no rules.
    const closed = signedInHeader('PUT', 'path', 'x', 'closed');
    assert.equal(await asPage(closed.url, 'PUT', closed.headers, 'x'), 'kept from the page');
    assert.equal(await asPage(presigned('PUT', 'path', 'x', 'closed'), 'PUT', {}, 'x'), 'kept from the page');
  });

  it('asks before: answered by the bucket’s rules wherever the bucket is known, and in no way that tells of one where it is not', async () => {
    const by = (style: Style, key: string, bucket = BUCKET) => {
      const { pathname, search } = new URL(presigned('PUT', style, key, bucket));
      return `${pathname}${search}`;
    };
    const allowed = { status: 200, origin, methods: 'PUT, GET', headers: undefined };
    for (const style of ['path', 'organization', 'bucket'] as const) {
      assert.deepEqual(await preflight(style, by(style, 'a'), {}), allowed, style);
      const evil = await preflight(style, by(style, 'a'), { origin: 'https://evil.example' });
      assert.deepEqual([evil.status, evil.origin], [403, undefined], style);
    }
    assert.equal((await preflight('path', by('path', 'a', 'closed'), {})).status, 403);
    assert.deepEqual(await preflight('bucket', '/a', {}), allowed);
    assert.deepEqual(await preflight('organization', `/${BUCKET}/a`, {}), allowed);
    const asked = { 'access-control-request-headers': 'authorization,x-amz-date' };
    const passed = { status: 200, origin, methods: 'PUT', headers: 'authorization, x-amz-date' };
    for (const bucket of [BUCKET, 'closed', 'not-there'])
      assert.deepEqual(await preflight('path', `/${bucket}/a`, asked), passed, bucket);
    assert.equal((await preflight('path', '/', asked)).status, 405);
  });
});
