import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { TAR_END, type TarEntry, tarHeader, tarPadding } from '#kernel/tar-header.ts';
import { contentOf, readTar, TarError } from './read.ts';

const tarOf = (entries: readonly (TarEntry & { readonly content: Buffer })[]) =>
  Buffer.concat([
    ...entries.flatMap((entry) => [tarHeader(entry), entry.content, tarPadding(entry.size)]),
    TAR_END,
  ]);

async function membersOf(tar: Buffer, chunk: number) {
  async function* chunks() {
    for (let at = 0; at < tar.length; at += chunk) yield tar.subarray(at, at + chunk);
  }
  const found: { name: string; content: Buffer; records: Record<string, string> }[] = [];
  for await (const member of readTar(chunks())) {
    const { path: _path, size: _size, ...records } = Object.fromEntries(member.records);
    found.push({ name: member.name, records, content: await contentOf(member, 1_000_000) });
  }
  return found;
}

test('any key, any headers and any bytes come back as they were, however the tar arrives', async () => {
  const key = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 300 })
    .filter((text) => !text.includes('\0') && text.isWellFormed());
  const entry = fc.record({ name: key, content: fc.uint8Array({ maxLength: 2_000 }), said: key });
  await fc.assert(
    fc.asyncProperty(
      fc.array(entry, { maxLength: 6 }),
      fc.integer({ min: 1, max: 3_000 }),
      async (given, chunk) => {
        const entries = given.map(({ name, content, said }) => ({
          name,
          size: content.length,
          content: Buffer.from(content),
          records: { 'CASEMATE.headers': JSON.stringify({ said }) },
        }));
        const found = await membersOf(tarOf(entries), chunk);
        assert.deepEqual(
          found,
          entries.map(({ name, content, records }) => ({ name, content, records })),
        );
      },
    ),
    { seed: 20_261_122, numRuns: 100 },
  );
});

test('a tar is one that tar knows', () => {
  const content = Buffer.from('hello');
  const names = ['objects/plain.txt', 'objects/größe ✓.txt', `objects/${'long/'.repeat(60)}name`];
  const tar = tarOf(names.map((name) => ({ name, size: content.length, content })));
  const listed = execFileSync('tar', ['--list', '--quoting-style=literal'], {
    input: tar,
    encoding: 'utf8',
    env: { LANG: 'C.UTF-8' },
  });
  assert.deepEqual(listed.trim().split('\n'), names);
});

test('a tar that breaks off, or has something behind its end, is refused', async () => {
  const tar = tarOf([{ name: 'objects/a', size: 700, content: Buffer.alloc(700, 1) }]);
  for (const cut of [1, 511, 512, 900, 1_536, tar.length - 1_024])
    await assert.rejects(membersOf(tar.subarray(0, cut), 100), TarError, `${cut}`);
  await assert.rejects(membersOf(Buffer.concat([tar, Buffer.from('more')]), 100), /behind its end/);
});
