import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '#kernel/clock.ts';
import { silentLogger } from '#kernel/logger.ts';
import { s3Backend } from '../blobs/s3/backend.ts';
import { startEndpoint, type TestEndpoint } from '../blobs/s3/testing/endpoint.ts';
import { type ClientRequest, signRequest } from '../s3/testing/client.ts';
import { Recorder } from './recorder.ts';
import { type TlsEndpoint, tlsEndpoint } from './testing/endpoint.ts';
import { ACCESS_KEY, SECRET, type TestParts, testParts } from './testing/parts.ts';
import { UsageNotes } from './upkeep/usage.ts';
import { Upkeep } from './upkeep.ts';

const PART_BYTES = 6_000_000;

/** What a client has asked for and does not read yet. */
interface Download {
  readonly answer: IncomingMessage;
  rest(): Promise<Buffer>;
}

/** `isShared`: other processes of the region may read there, too. */
function suite(name: string, open: () => Promise<TestParts>, isShared = false): void {
  describe(`a slow download, of blobs in ${name}`, () => {
    let world: TestParts;
    let endpoint: TlsEndpoint;
    before(async () => {
      world = await open();
      endpoint = await tlsEndpoint(world.parts);
    });
    after(async () => {
      endpoint.close();
      await world.close();
    });

    const begin = (method: string, target: string, body: Uint8Array = Buffer.alloc(0)) =>
      new Promise<IncomingMessage>((resolve, reject) => {
        const headers = {
          host: `localhost:${endpoint.port}`,
          'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
          'content-length': String(body.length),
        };
        const signing = {
          accessKey: ACCESS_KEY,
          secret: SECRET,
          region: 'us-east-1',
          time: new Date().toISOString().replace(/[-:]|\.\d{3}/g, ''),
        };
        const signed: ClientRequest = signRequest({ method, target, headers }, signing);
        const outgoing = request({
          host: 'localhost',
          port: endpoint.port,
          ca: endpoint.ca,
          agent: false,
          method,
          path: target,
          headers: signed.headers,
        });
        outgoing.once('error', reject);
        outgoing.once('response', resolve);
        outgoing.end(body);
      });
    const send = async (method: string, target: string, body?: Buffer) => {
      const answer = await begin(method, target, body);
      const text = Buffer.concat(await answer.toArray()).toString();
      assert.ok((answer.statusCode ?? 500) < 300, `${method} ${target}: ${answer.statusCode} ${text}`);
      return { text, etag: String(answer.headers.etag) };
    };
    /** An object of two parts: the second one is not opened before the first was read. */
    const upload = async (target: string, parts: readonly Buffer[]) => {
      const [, id] = /<UploadId>([^<]+)/.exec((await send('POST', `${target}?uploads=`)).text) ?? [];
      const etags = await Promise.all(
        parts.map(
          async (part, index) =>
            (await send('PUT', `${target}?partNumber=${index + 1}&uploadId=${id}`, part)).etag,
        ),
      );
      const list = etags.map(
        (etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag></Part>`,
      );
      const document = `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`;
      await send('POST', `${target}?uploadId=${id}`, Buffer.from(document));
    };
    const download = async (target: string): Promise<Download> => {
      const answer = await begin('GET', target);
      assert.equal(answer.statusCode, 200);
      // Nobody reads: what the connection does not hold stays with the server.
      answer.pause();
      return { answer, rest: async () => Buffer.concat(await answer.toArray()) };
    };
    /** `isLater`: long after. */
    const upkeep = (isLater = true) => {
      const { parts } = world;
      const clock = { now: systemClock.now, after: () => () => {} };
      const usage = new UsageNotes({
        gate: () => parts.gate,
        metadata: parts.metadata,
        clock,
        realmOf: () => undefined,
        onFault: (error) => assert.fail(String(error)),
      });
      return new Upkeep({
        parts: {
          ...parts,
          metadata: {
            ...parts.metadata,
            freed: (limit, options) =>
              parts.metadata.freed(limit, isLater ? { ...options, age_ms: 0 } : options),
          },
        },
        recorder: new Recorder(() => parts.gate),
        usage,
        damage: { scrub: async () => 0 },
        clock,
        logger: silentLogger,
        signal: new AbortController().signal,
      });
    };

    for (const [what, change] of [
      ['overwritten', (target: string) => send('PUT', target, Buffer.from('new'))],
      ['deleted', (target: string) => send('DELETE', target)],
    ] as const) {
      it(`of an object that is ${what} meanwhile is read to its end; then its room is given back`, async () => {
        const parts = [randomBytes(PART_BYTES), randomBytes(PART_BYTES)];
        const target = `/slow/${what}`;
        await upload(target, parts);
        const slow = await download(target);
        await change(target);
        assert.equal(await upkeep().giveBack(), 0);
        assert.ok(Buffer.concat(parts).equals(await slow.rest()));
        assert.equal(await upkeep().giveBack(), parts.length);
      });
    }

    it('that is broken off holds nothing', async () => {
      const target = '/slow/broken';
      await upload(target, [randomBytes(PART_BYTES), randomBytes(PART_BYTES)]);
      const slow = await download(target);
      await send('DELETE', target);
      assert.equal(await upkeep().giveBack(), 0);
      slow.answer.destroy();
      // The server sees the end of a connection when the client does, or a moment later.
      let given = 0;
      for (let looks = 0; looks < 1_000 && given === 0; looks++) given = await upkeep().giveBack();
      assert.equal(given, 2);
    });

    it('holds the room of what it reads, and of nothing else; where others may read, an hour goes by first', async () => {
      const parts = [randomBytes(PART_BYTES), randomBytes(PART_BYTES)];
      await upload('/slow/read', parts);
      await upload('/slow/unread', parts);
      const slow = await download('/slow/read');
      await send('DELETE', '/slow/read');
      await send('DELETE', '/slow/unread');
      assert.equal(await upkeep(false).giveBack(), isShared ? 0 : 2);
      assert.equal(await upkeep().giveBack(), isShared ? 2 : 0);
      assert.ok(Buffer.concat(parts).equals(await slow.rest()));
      assert.equal(await upkeep().giveBack(), 2);
    });
  });
}

suite('a folder', () => testParts());

let cluster: TestEndpoint;
before(async () => {
  cluster = await startEndpoint();
});
after(() => cluster.close());
const below = async () =>
  testParts(await s3Backend({ ...cluster.connection, bucket: 'below', clock: systemClock }));
suite('an S3 cluster', below, true);
