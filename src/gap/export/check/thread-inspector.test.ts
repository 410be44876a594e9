/** A thread of its own finds what this one does; and whatever becomes of it, a request ends in a verdict. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { chunksOf, PLANTED } from '../testing/planted.ts';
import type { Finding } from './finding.ts';
import { type InspectorSettings, ownInspector, type StartInspector } from './inspector.ts';
import { threadInspector } from './thread-inspector.ts';

const SETTINGS: InspectorSettings = {
  types: ['text', 'gzip'],
  off: ['email'],
  markings: new Map([['secret', ['TOP SECRET']]]),
};

async function found(start: StartInspector): Promise<Finding[]> {
  const findings: Finding[] = [];
  const inspector = start(SETTINGS);
  try {
    const log = gzipSync(`one\ntwo ${PLANTED['GitHub token']} ${PLANTED['e-mail address']}\n`.repeat(3_000));
    const files = { 'a.gz': log, 'empty.txt': Buffer.alloc(0), 'b.txt': Buffer.from('top secret') };
    for (const [file, bytes] of Object.entries(files)) {
      await inspector.inspect(file, chunksOf(bytes, 1_000), (finding) => findings.push(finding));
    }
    await assert.rejects(
      inspector.inspect(
        'c.txt',
        (async function* () {
          yield Buffer.from('begun');
          throw new RangeError('the source failed');
        })(),
        () => {},
      ),
      /the source failed/,
    );
    await inspector.inspect('d.bin', chunksOf(Buffer.from('\x7fELF', 'latin1')), (finding) =>
      findings.push(finding),
    );
  } finally {
    await inspector.close();
  }
  return findings;
}

test('a thread finds what is found without one', async () => {
  const expected = await found(ownInspector);
  assert.ok(expected.length > 3_000);
  assert.deepEqual(await found(threadInspector), expected);
});

test('a thread that is ended while it looks says so, and does so for every file after', async () => {
  const inspector = threadInspector(SETTINGS);
  async function* source(): AsyncGenerator<Buffer> {
    yield Buffer.from('one\n');
    await inspector.close();
    yield Buffer.from('two\n');
  }
  const came = { name: 'Error', message: 'the look into it came to no end' };
  await assert.rejects(
    inspector.inspect('a.txt', source(), () => {}),
    came,
  );
  await assert.rejects(
    inspector.inspect('b.txt', chunksOf(Buffer.from('x')), () => {}),
    came,
  );
});
