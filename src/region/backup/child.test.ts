/** What a program is fed with, when the program leaves before the end and when the stream breaks behind what it read. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { feed } from './child.ts';

const TAR = '/usr/bin/tar';
const PIECE = Buffer.alloc(65_536);
const own = mkdtempSync(join(tmpdir(), 'child-'));
let archive: Buffer;
before(() => {
  writeFileSync(join(own, 'file'), 'what is in it');
  // Whole records of tar's own length: it leaves after the last one, and does not wait for the end of its input.
  archive = execFileSync(TAR, ['--create', `--directory=${own}`, 'file']);
});
after(() => rmSync(own, { recursive: true, force: true }));

const hasChild = () => readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8') !== '';

/** The archive; and `rest` once tar has gone, without its end. */
async function* pastTheEnd(rest: () => Buffer): AsyncGenerator<Buffer> {
  yield archive;
  while (hasChild()) await setImmediate();
  yield rest();
}

const extract = (input: AsyncIterable<Buffer>) =>
  feed(TAR, ['--extract', `--directory=${own}`], Readable.from(input));

test('a program that has what it wants may leave before the stream ends', async () => {
  rmSync(join(own, 'file'));
  await extract(pastTheEnd(() => PIECE));
  assert.equal(readFileSync(join(own, 'file'), 'utf8'), 'what is in it');
});

test('a stream that breaks behind that is broken all the same', async () => {
  const broken = pastTheEnd(() => {
    throw new Error('it was changed');
  });
  await assert.rejects(extract(broken), /^Error: it was changed$/);
});

test('a program that fails is told of with its own words, at once, and the rest is not read', async () => {
  let isClosed = false;
  async function* endless() {
    try {
      for (;;) yield PIECE;
    } finally {
      isClosed = true;
    }
  }
  const failing = feed(
    '/bin/sh',
    ['-c', 'head -c 1000 >/dev/null; echo no room >&2; exit 2'],
    Readable.from(endless()),
  );
  await assert.rejects(failing, /sh ended with 2: no room$/);
  assert.equal(isClosed, true);
});

test('a stream that breaks is why the program fails', async () => {
  async function* cut() {
    yield archive.subarray(0, 700);
    throw new Error('it was cut');
  }
  await assert.rejects(extract(cut()), /^Error: it was cut$/);
});
