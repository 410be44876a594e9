import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { isIncusError } from './errors.ts';
import { PROBE_LIMIT_MS, SILENCE_MS, SilenceWatch } from './silence.ts';
import { IncusTransport, REQUEST_TIMEOUT_MS } from './transport.ts';

type Asked = readonly [IncomingMessage, ServerResponse];

/** A daemon that answers only when the test makes it, and a client of it with a clock of the test's. */
async function daemon(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'silence-'));
  const socketPath = join(folder, 'unix.socket');
  const server = createServer();
  server.listen(socketPath);
  await once(server, 'listening');
  const clock = new ManualClock();
  const transport = new IncusTransport({ socketPath }, clock);
  t.after(() => {
    transport.close();
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });
  const next = async (path: string): Promise<ServerResponse> => {
    const [request, response] = (await once(server, 'request')) as unknown as Asked;
    assert.equal(request.url, path);
    return response;
  };
  return { clock, transport, next };
}

const isSilence = (error: unknown) => isIncusError(error, 'Timeout') && /answers nothing/.test(error.message);

test('a daemon that hangs is told from one that is busy: it does not answer the cheapest question either', async (t) => {
  const { clock, transport, next } = await daemon(t);
  const arrived = next('/1.0/projects');
  const refused = assert.rejects(transport.get('/1.0/projects'), isSilence);
  await arrived;
  const asked = next('/');
  await clock.advance(SILENCE_MS);
  await asked;
  await clock.advance(PROBE_LIMIT_MS);
  await refused;
  assert.ok(SILENCE_MS + PROBE_LIMIT_MS < REQUEST_TIMEOUT_MS);
});

test('a busy daemon is left its time, and asked again as long as it is silent', async () => {
  const clock = new ManualClock();
  let asked = 0;
  let givenUp = 0;
  const watch = new SilenceWatch(clock, async () => {
    asked += 1;
  });
  const stop = watch.watch(() => {
    givenUp += 1;
  });
  await clock.advance(3 * SILENCE_MS);
  assert.deepEqual([asked, givenUp], [3, 0]);
  stop();
  assert.equal(clock.pending, 0);
});

test('an answer to somebody else counts, so a daemon at work is not asked at all', async (t) => {
  const { clock, transport, next } = await daemon(t);
  const arrived = next('/1.0/slow');
  const slow = transport.get<string>('/1.0/slow');
  const waiting = await arrived;
  for (let round = 0; round < 3; round++) {
    await clock.advance(SILENCE_MS - 1);
    const other = next('/1.0/quick');
    const quick = transport.get('/1.0/quick');
    (await other).end('{"type":"sync","metadata":null}');
    await quick;
  }
  waiting.end('{"type":"sync","metadata":"done"}');
  assert.equal((await slow).value, 'done');
});

test('who waits patiently waits on while the daemon hangs', async (t) => {
  const { clock, transport, next } = await daemon(t);
  const arrived = next('/1.0/operations/a/wait');
  const ended = transport.wait<string>('/1.0/operations/a/wait', { timeout_ms: 3_600_000, isPatient: true });
  const hanging = await arrived;
  await clock.advance(10 * (SILENCE_MS + PROBE_LIMIT_MS));
  hanging.end('{"type":"sync","metadata":"done"}');
  assert.equal((await ended).value, 'done');
});
