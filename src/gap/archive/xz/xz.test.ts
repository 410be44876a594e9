/** What Debian's xz packs is unpacked to the same bytes; what it does not unpack is not unpacked here; and what costs more than it may is refused before it does. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { ArchiveError } from '../archive-error.ts';
import { unpackXz } from './xz.ts';

const SEED = 20_261_122;

function xz(input: Buffer, ...args: readonly string[]): Buffer {
  const { status, stdout, stderr } = spawnSync('xz', ['--stdout', ...args], { input, maxBuffer: 1e9 });
  assert.equal(status, 0, String(stderr));
  return stdout;
}

async function* chunksOf(bytes: Buffer, chunk: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
}

async function unpacked(bytes: Buffer, chunk = 65_536): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of unpackXz(chunksOf(bytes, chunk))) parts.push(part);
  return Buffer.concat(parts);
}

const refuses = (bytes: Buffer, message: RegExp) =>
  assert.rejects(unpacked(bytes), (error) => {
    assert.ok(error instanceof ArchiveError, String(error));
    assert.match(error.message, message);
    return true;
  });

/** Bytes of every kind: a program's, words, the same over and over, and none that can be guessed. */
function sample(): Buffer {
  let state = SEED;
  const random = Buffer.alloc(300_000);
  for (const at of random.keys()) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    random[at] = state >>> 24;
  }
  const program = readFileSync(process.execPath).subarray(0, 1_500_000);
  const words = readFileSync(new URL(import.meta.url));
  return Buffer.concat([
    words,
    program,
    Buffer.alloc(700_000, 'ab'),
    random,
    words,
    program.subarray(5_000, 900_000),
  ]);
}
const SAMPLE = sample();
const WORDS = readFileSync(new URL(import.meta.url));

test('what xz packs, at any level, with any of its settings, comes out as it was', async () => {
  const settings = [
    ...['-0', '-6', '-9e'].map((one) => [one]),
    ...['none', 'crc32', 'sha256'].map((check) => ['-1', `--check=${check}`]),
    ['-1', '--threads=2', '--block-size=1MiB'],
    ['-1', '--block-size=500000'],
    ['--lzma2=dict=4KiB,lc=0,lp=4,pb=0'],
    ['--lzma2=dict=64KiB,lc=1,lp=3,pb=4'],
    ['--lzma2=dict=1MiB,lc=4,lp=0,mode=fast'],
  ];
  for (const args of settings)
    assert.ok((await unpacked(xz(SAMPLE, ...args))).equals(SAMPLE), args.join(' '));
  for (const input of ['', 'x', 'word'])
    assert.equal(String(await unpacked(xz(Buffer.from(input)), 1)), input);
});

test('pieces of any length are unpacked alike', async () => {
  const packed = xz(WORDS);
  for (const chunk of [1, 2, 7, 333, packed.length]) assert.ok((await unpacked(packed, chunk)).equals(WORDS));
});

test('a dictionary that takes more memory than xz ever does is refused before any is taken', async () => {
  await refuses(
    xz(WORDS, '--lzma2=dict=96MiB'),
    /a dictionary of 100663296 bytes to unpack, more than 67108864/,
  );
  const packed = xz(WORDS);
  const header = Buffer.from(packed.subarray(12, 24));
  // The header of the block: its length, flags, LZMA2, one byte of properties, and those: 4 GiB less one.
  assert.deepEqual([...header.subarray(0, 4)], [2, 0, 0x21, 1]);
  header[4] = 39;
  header.writeUInt32LE(crc32(header.subarray(0, 8)), 8);
  await refuses(
    Buffer.concat([packed.subarray(0, 12), header, packed.subarray(24)]),
    /a dictionary of 3221225472/,
  );
});

test('what packages do not use, and what is behind the end, is refused', async () => {
  for (const filter of ['--x86', '--delta=dist=4'])
    await refuses(xz(WORDS, filter, '--lzma2=preset=6'), /with a filter/);
  const packed = xz(WORDS);
  for (const more of [packed, Buffer.alloc(4), Buffer.from('more')])
    await refuses(Buffer.concat([packed, more]), /something behind its end/);
});

test('what was cut anywhere breaks off', async () => {
  const packed = xz(Buffer.from('what is in it is short'));
  for (let length = 0; length < packed.length; length += 1)
    await refuses(packed.subarray(0, length), /breaks off|does not unpack/);
});

test('an index, a length or a check that is not the block’s is refused', async () => {
  const packed = xz(WORDS, '--check=crc32');
  const changed = (at: number) => {
    const bytes = Buffer.from(packed);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return bytes;
  };
  const backward = (packed.readUInt32LE(packed.length - 8) + 1) * 4;
  const index = packed.length - 12 - backward;
  await refuses(changed(index - 1), /unpacks to something else than was packed/);
  for (let at = index; at < packed.length; at += 1)
    await refuses(changed(at), /does not unpack|that packages do not use/);
});

test('of what was changed, no more is unpacked than xz unpacks, and to the same', async () => {
  const bases = [
    xz(WORDS),
    xz(SAMPLE.subarray(0, 60_000), '-0', '--check=none'),
    xz(Buffer.alloc(90_000), '--check=none'),
  ];
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...bases),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }),
      async (base, flips) => {
        const bytes = Buffer.from(base);
        for (const [at, value] of flips) bytes[at % bytes.length] = value;
        const ours = await unpacked(bytes, 777).catch((error) => {
          assert.ok(error instanceof ArchiveError, String(error));
          return undefined;
        });
        const theirs = spawnSync('xz', ['--decompress', '--stdout'], { input: bytes, maxBuffer: 1e8 });
        assert.equal(ours !== undefined, theirs.status === 0, String(theirs.stderr));
        if (ours === undefined) return;
        accepted += 1;
        assert.ok(ours.equals(theirs.stdout));
      },
    ),
    { seed: SEED, numRuns: 300 },
  );
  assert.ok(accepted > 10, `${accepted}`);
});
