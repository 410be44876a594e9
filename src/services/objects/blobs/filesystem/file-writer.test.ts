import assert from 'node:assert/strict';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { FileWriter } from './file-writer.ts';
import { WRITE_BYTES, WriteBuffers } from './write-buffers.ts';

const SEED = 20_261_122;

describe('bytes on their way into a file', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'casemate-writer-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('are all there, in order, in whatever pieces and with whatever pauses they come', async () => {
    const pieces = fc.array(
      fc.record({
        size: fc.oneof(fc.nat({ max: 70_000 }), fc.nat({ max: 3 * WRITE_BYTES })),
        turns: fc.nat({ max: 3 }),
      }),
      { maxLength: 40 },
    );
    const buffers = new WriteBuffers();
    await fc.assert(
      fc.asyncProperty(pieces, async (all) => {
        const path = join(folder, 'any');
        const handle = await open(path, 'w');
        const writer = new FileWriter(handle, buffers);
        const expected: Buffer[] = [];
        for (const [index, { size, turns }] of all.entries()) {
          const bytes = Buffer.alloc(size, `${index} of them `);
          expected.push(Buffer.from(bytes));
          await writer.add(bytes);
          // It took a copy.
          bytes.fill(0);
          for (let turn = 0; turn < turns; turn++) await (turn === 0 ? undefined : new Promise(setImmediate));
        }
        await writer.end();
        await writer.close();
        await handle.close();
        assert.ok((await readFile(path)).equals(Buffer.concat(expected)));
      }),
      { seed: SEED, numRuns: 30 },
    );
  });

  it('that cannot be written are told of, with the next or at the end, and hold no buffer', async () => {
    const path = join(folder, 'read-only');
    await (await open(path, 'w')).close();
    const buffers = new WriteBuffers();
    for (let round = 0; round < 40; round++) {
      const handle = await open(path, 'r');
      const writer = new FileWriter(handle, buffers);
      const written = (async () => {
        for (let piece = 0; piece < round % 8; piece++) await writer.add(Buffer.alloc(WRITE_BYTES));
        await writer.add(Buffer.alloc(1));
        await writer.end();
      })();
      await assert.rejects(written, { code: 'EBADF' });
      await writer.close();
      await handle.close();
    }
    assert.equal(buffers.areMany, false);
  });

  it('that are given up hold no buffer, and nothing is written once it is closed', async () => {
    const buffers = new WriteBuffers();
    const handle = await open(join(folder, 'given-up'), 'w');
    for (let round = 0; round < 40; round++) {
      const writer = new FileWriter(handle, buffers);
      const busy = writer.add(Buffer.alloc(2 * WRITE_BYTES + 1));
      const closed = writer.close();
      await busy?.catch(() => {});
      await closed;
      const { size } = await handle.stat();
      await new Promise(setImmediate);
      assert.equal((await handle.stat()).size, size);
      await handle.truncate(0);
    }
    await handle.close();
    assert.equal(buffers.areMany, false);
  });
});
