import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { FrameError, type FrameType, readFrames, writeFrame } from './frames.ts';

async function* inPieces(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Buffer, size: number) {
  const found: [FrameType, string][] = [];
  let end = '';
  try {
    for await (const { type, bytes: part } of readFrames(inPieces(bytes, size))) {
      const last = found.at(-1);
      if (type === 'data' && last?.[0] === 'data') last[1] += part.toString('latin1');
      else if (type !== 'data' || part.length > 0) found.push([type, part.toString('latin1')]);
    }
  } catch (error) {
    assert.ok(error instanceof FrameError);
    end = error.message;
  }
  return { found, end };
}

test('frames come as they were sent, however the connection cuts them; what the supervisor says is told apart', async () => {
  const frame = fc.tuple(
    fc.constantFrom<FrameType>('json', 'data', 'end'),
    fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 40 }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(frame, { maxLength: 8 }),
      fc.integer({ min: 1, max: 60 }),
      async (given, size) => {
        const through = new PassThrough();
        for (const [type, text] of given) await writeFrame(through, type, Buffer.from(text, 'latin1'));
        through.end('\n{"type":"ended","how":"signal SIGKILL"}\n');
        const { found, end } = await read(Buffer.concat(await through.toArray()), size);
        const expected: [FrameType, string][] = [];
        for (const [type, text] of given) {
          const last = expected.at(-1);
          if (type === 'data' && last?.[0] === 'data') last[1] += text;
          else expected.push([type, text]);
        }
        assert.deepEqual(found, expected);
        assert.equal(end, 'the process at the repository: signal SIGKILL');
      },
    ),
    { seed: 20_261_122, numRuns: 200 },
  );
});

test('a frame that is larger than any is refused before it is waited for', async () => {
  const { end } = await read(Buffer.from('d\xff\xff\xff\xff', 'latin1'), 5);
  assert.match(end, /a frame of 4294967295 bytes/);
  assert.match(
    (await read(Buffer.from('{"type":"failed","message":"3 of backup run already"}\n'), 7)).end,
    /3 of backup run already/,
  );
});
