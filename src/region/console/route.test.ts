/** What the console's address gives: files as they were built, nothing beside them, and pages that may run nothing but those. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as ask, createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { isStatusError } from '#kernel/errors.ts';
import { REGION } from '#kernel/realm-id.ts';
import { consoleRoute } from './route.ts';

const SCRIPT = 'export const one = 1;\n';
const folder = mkdtempSync(join(tmpdir(), 'console-'));
const ORGANIZATION = '/orgs/acme';
let server: Server;
before(async () => {
  mkdirSync(join(folder, 'dist/assets'), { recursive: true });
  for (const who of ['operator', 'tenant'])
    writeFileSync(join(folder, `dist/${who}.html`), `<html><base href="/" />${who}</html>`);
  writeFileSync(join(folder, 'dist/assets/a-1.js'), SCRIPT);
  writeFileSync(join(folder, 'dist/assets/a-1.js.gz'), gzipSync(SCRIPT));
  writeFileSync(join(folder, 'dist/assets/a-1.js.br'), brotliCompressSync(SCRIPT));
  writeFileSync(join(folder, 'secret.js'), 'not to be had');
  const route = consoleRoute(join(folder, 'dist'));
  server = createServer((incoming, response) => {
    const { url = '' } = incoming;
    const prefix = url.startsWith(ORGANIZATION) ? ORGANIZATION : '';
    const path = (url.split('?')[0] ?? '').slice(`${prefix}/console`.length);
    const realm = prefix === '' ? REGION : ORGANIZATION;
    const { signal } = new AbortController();
    route.handle({ realm, prefix, path, requestId: '1', incoming, response, signal }).catch((error) => {
      response.writeHead(isStatusError(error) ? (error.toStatus().code ?? 500) : 500).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
after(() => {
  server?.close();
  rmSync(folder, { recursive: true });
});

interface Answer {
  readonly code: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** As it is written: no client of Node's tidies the path. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    ask({ port, path, headers, method, host: '127.0.0.1' }, async (answer) => {
      const parts: Buffer[] = [];
      for await (const part of answer) parts.push(part as Buffer);
      resolve({ code: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) });
    })
      .on('error', reject)
      .end();
  });
}

test('operators and each organization have a page of their own, which knows where it stands', async () => {
  const tenant = await get(`${ORGANIZATION}/console/`);
  assert.match(tenant.body.toString(), /<base href="\/orgs\/acme\/console\/">tenant/);
  assert.match((await get('/console/')).body.toString(), /<base href="\/console\/">operator/);
  // A link into the middle.
  assert.equal(
    (await get(`${ORGANIZATION}/console/resources/instances/web?tab=yaml`)).body.toString(),
    tenant.body.toString(),
  );
  const bare = await get(`${ORGANIZATION}/console`);
  assert.deepEqual([bare.code, bare.headers.location], [308, `${ORGANIZATION}/console/`]);
});

test('a page may run, show and ask nothing but what comes from this server, and be framed by nobody', async () => {
  const { headers } = await get('/console/');
  const policy = String(headers['content-security-policy']);
  for (const part of [
    "default-src 'none'",
    "script-src 'self'",
    "connect-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'self'",
  ])
    assert.ok(policy.includes(part), part);
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
  assert.deepEqual([headers['x-content-type-options'], headers['cache-control']], ['nosniff', 'no-cache']);
});

test('files are what was built, packed for who takes that, and kept for ever as their names change with them', async () => {
  const plain = await get('/console/assets/a-1.js');
  assert.deepEqual(
    [plain.code, plain.body.toString(), plain.headers['content-encoding']],
    [200, SCRIPT, undefined],
  );
  assert.match(plain.headers['cache-control'] ?? '', /immutable/);
  assert.equal(plain.headers['content-type'], 'text/javascript; charset=utf-8');
  for (const [accepted, encoding, unpack] of [
    ['gzip, deflate', 'gzip', gunzipSync],
    ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
  ] as const) {
    const packed = await get('/console/assets/a-1.js', { 'Accept-Encoding': accepted });
    assert.deepEqual(
      [packed.headers['content-encoding'], unpack(packed.body).toString()],
      [encoding, SCRIPT],
    );
    assert.equal(packed.headers.vary, 'Accept-Encoding');
  }
  const page = await get('/console/', { 'Accept-Encoding': 'gzip' });
  assert.match(gunzipSync(page.body).toString(), /operator/);
  const head = await get('/console/assets/a-1.js', {}, 'HEAD');
  assert.deepEqual(
    [head.code, head.body.length, head.headers['content-length']],
    [200, 0, `${SCRIPT.length}`],
  );
});

test('nothing beside the console’s own files is to be had, however the path is written', async () => {
  for (const path of [
    '/console/../secret.js',
    '/console/assets/../../secret.js',
    '/console/%2e%2e/secret.js',
    '/console//etc/passwd',
  ]) {
    const { body, headers } = await get(path);
    assert.doesNotMatch(body.toString(), /not to be had|root:/, path);
    assert.match(`${headers['content-type'] ?? 'text/html'}`, /text\/html/, path);
  }
  assert.equal((await get('/console/assets/none.js')).code, 404);
  assert.equal((await get('/console/assets/../../secret.js')).code, 404);
  assert.equal((await get('/console/', {}, 'POST')).code, 405);
});

test('where the console was not built it is said how', async () => {
  const route = consoleRoute(join(folder, 'nowhere'));
  const incoming = { method: 'GET', headers: {} } as IncomingMessage;
  const request = {
    realm: REGION,
    prefix: '',
    path: '/',
    requestId: '1',
    incoming,
    signal: new AbortController().signal,
  };
  await assert.rejects(
    route.handle({ ...request, response: {} as never }),
    /was not built; run casemate --version/,
  );
});
