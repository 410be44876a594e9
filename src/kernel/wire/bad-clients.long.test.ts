/**
 * Clients that never finish a request are given up on. In real time, because Node's own timers do it: about a minute and a half.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import tls from 'node:tls';
import { HEADERS_TIMEOUT_MS, REQUEST_TIMEOUT_MS } from './limits.ts';
import { TEST_KINDS } from './test-kinds.ts';
import { startTestServer } from './test-server.ts';

/** How often Node looks at its connections. */
const CHECK_INTERVAL_MS = 30_000;
const ALLOWANCE_MS = 5_000;

test('a request that does not come to its end is 408, and its connection ends', async () => {
  const server = await startTestServer({ kinds: TEST_KINDS });
  const hang = (text: string): Promise<{ readonly answer: string; readonly took_ms: number }> =>
    new Promise((resolve) => {
      const port = Number(new URL(server.url).port);
      const socket = tls.connect({ host: '127.0.0.1', port, ca: server.ca, ...server.clientCertificate });
      let answer = '';
      const started = performance.now();
      socket.on('error', () => {});
      socket.on('data', (chunk: Buffer) => {
        answer += chunk.toString();
      });
      socket.on('close', () => resolve({ answer, took_ms: performance.now() - started }));
      socket.write(text);
    });
  const path = '/orgs/acme/apis/lab.casemate.internal/v1/namespaces/p/machines';
  const [headers, body] = await Promise.all([
    hang('GET /api HTTP/1.1\r\nHost: x\r\nX-Half'),
    hang(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"half`),
  ]);
  for (const { answer } of [headers, body]) {
    assert.match(answer, /^HTTP\/1\.1 408 /);
    assert.match(answer, /"kind":"Status"/);
  }
  assert.ok(headers.took_ms < HEADERS_TIMEOUT_MS + CHECK_INTERVAL_MS + ALLOWANCE_MS, `${headers.took_ms} ms`);
  assert.ok(body.took_ms < REQUEST_TIMEOUT_MS + CHECK_INTERVAL_MS + ALLOWANCE_MS, `${body.took_ms} ms`);
  await server.close();
});
