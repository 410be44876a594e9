/** Attacks on the checks of content: files that are something else than they say, and archives made to hide, to fill, or to fail. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { deflateRawSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { inspected, PLANTED } from '../testing/planted.ts';
import { newBudget } from './inspect.ts';

const KEY = `${PLANTED['AWS access key']}\n`;
const SEED = 20_261_122;

const tool = (cwd: string, command: string, ...args: readonly string[]) =>
  execFileSync(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 64 * 1024 * 1024 });

/** A folder with these files, gone after the test. */
function folderWith(t: { after(end: () => void): void }, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'export-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

/** A zip file of one entry each, as plain as can be; `change` spoils it. */
function zipOf(
  entries: readonly { name: string; content: Buffer; packed?: Buffer; size?: number; flags?: number }[],
  { gap = Buffer.alloc(0), comment = '' } = {},
): Buffer {
  const { crc32 } = process.getBuiltinModule('node:zlib');
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const {
    name,
    content,
    packed = deflateRawSync(content),
    size = content.length,
    flags = 0,
  } of entries) {
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(flags, 2);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(crc32(content), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(size, 18);
    fields.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), packed, gap]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    centrals.push(
      Buffer.concat([Buffer.from('PK\x01\x02\x14\0', 'latin1'), fields, rest, Buffer.from(name)]),
    );
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...locals, directory, end, Buffer.from(comment)]);
}

test('a program under the name of a text is found by what it is', async () => {
  const elf = Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01', 'latin1'), Buffer.alloc(64)]);
  assert.deepEqual(await inspected('report.txt', elf), [
    {
      rule: 'type',
      file: 'report.txt',
      what: 'is a program (ELF), which nothing here can read: it leaves only when the ExportPolicy has "elf" among its types, unread (rule unread tells the reviewers)',
    },
  ]);
});

test('a text that becomes something else in its middle is no text', async () => {
  const [found] = await inspected('a.txt', `${'line\n'.repeat(50_000)}\0\x01\x02`);
  assert.equal(found?.rule, 'type');
  assert.match(found?.what ?? '', /0x00 at byte 250000/);
});

test('bytes that are no UTF-8 and mostly beyond ASCII are no text, and those of an 8-bit text are', async () => {
  const high = Buffer.from(Array.from({ length: 4_096 }, (_, at) => 0x80 + (at % 127)));
  assert.deepEqual(
    (await inspected('a.txt', high)).map(({ rule }) => rule),
    ['type'],
  );
  assert.deepEqual(await inspected('a.txt', Buffer.from('Grüße aus Köln\n'.repeat(9), 'latin1')), []);
  assert.deepEqual(await inspected('a.txt', 'Καλημέρα κόσμε\n'.repeat(99), { chunk: 5 }), []);
});

test('a secret is found across the borders of chunks, in a name, and within archives within archives', async (t) => {
  const folder = folderWith(t, { 'plain.txt': 'nothing here\n', 'key.txt': `one\ntwo ${KEY}` });
  tool(folder, 'tar', '-czf', 'inner.tgz', 'plain.txt', 'key.txt');
  tool(folder, 'tar', '-cf', 'outer.tar', 'inner.tgz');
  const found = await inspected('out.tar.gz', gzipSync(tool(folder, 'cat', 'outer.tar')), { chunk: 100 });
  assert.deepEqual(found, [
    {
      rule: 'cloud-key',
      file: 'out.tar.gz!/inner.tgz!/key.txt',
      what: 'AWS access key',
      line: 2,
      offset: 8,
      excerpt: 'AKIA…(20)',
    },
  ]);
  const named = await inspected(`${PLANTED['GitHub token']}.txt`, 'x');
  assert.deepEqual(named.map(({ rule, what }) => [rule, what]).slice(-1), [
    ['token', 'GitHub token in its name'],
  ]);
  const inTar = folderWith(t, { [PLANTED['AWS access key'] ?? '']: 'x' });
  tool(inTar, 'tar', '-cf', 'a.tar', PLANTED['AWS access key'] ?? '');
  const [header] = await inspected('a.tar', tool(inTar, 'cat', 'a.tar'));
  assert.equal(header?.what, 'AWS access key in its header');
});

test('types hold for members, too', async (t) => {
  const folder = folderWith(t, { 'a.txt': '%PDF-1.7\n' });
  // In octal 15300100000, which is also a valid PESEL: a time is none.
  tool(folder, 'tar', '--mtime=@1795194880', '-cf', 'a.tar', 'a.txt');
  const found = await inspected('a.tar', tool(folder, 'cat', 'a.tar'));
  assert.deepEqual(found, [
    {
      rule: 'type',
      file: 'a.tar!/a.txt',
      what: 'is PDF, which nothing here can read: it leaves only when the ExportPolicy has "pdf" among its types, unread (rule unread tells the reviewers)',
    },
  ]);
});

test('bombs are refused by their ratio, their depth, their entries and their size', async () => {
  const zeros = gzipSync(Buffer.alloc(8 * 1024 * 1024, 0x20), { level: 9 });
  assert.deepEqual(
    (await inspected('a.gz', zeros)).map(({ what }) => what),
    ['it unpacks to more than 200 times its size'],
  );
  let nested: Buffer = Buffer.from('core\n');
  for (let depth = 0; depth < 6; depth++) nested = gzipSync(nested);
  assert.match((await inspected('a.gz', nested))[0]?.what ?? '', /^lies in 4 other archives/);
  const content = Buffer.from('x');
  const many = zipOf(Array.from({ length: 20 }, (_, at) => ({ name: `${at}`, content })));
  const few = await inspected('a.zip', many, { budget: { ...newBudget(), members: 10 } });
  assert.match(few[0]?.what ?? '', /^the archives have more than \d+ entries/);
  const large = await inspected('a.gz', gzipSync(Buffer.alloc(4_096, 'ab\n')), {
    budget: { ...newBudget(), expanded: 1_000 },
  });
  assert.match(large[0]?.what ?? '', /^the archives unpack to more than/);
});

test('a zip file is opened, and one that hides something is refused', async (t) => {
  const content = Buffer.from(`key: ${KEY}`);
  const good = zipOf([
    { name: 'a.txt', content },
    { name: 'b.txt', content: Buffer.from('plain\n') },
  ]);
  assert.deepEqual(
    (await inspected('a.zip', good)).map(({ file, rule }) => [file, rule]),
    [['a.zip!/a.txt', 'cloud-key']],
  );
  const folder = folderWith(t, { 'a.txt': content.toString(), 'b.txt': 'plain\n' });
  tool(
    folder,
    'python3',
    '-c',
    'import zipfile\nz=zipfile.ZipFile("p.zip","w",8)\nz.write("a.txt")\nz.write("b.txt")\nz.close()',
  );
  assert.deepEqual(
    (await inspected('p.zip', tool(folder, 'cat', 'p.zip'))).map(({ rule }) => rule),
    ['cloud-key'],
  );

  const refused = async (bytes: Buffer) => {
    const found = await inspected('a.zip', bytes);
    assert.deepEqual(
      found.map(({ rule }) => rule),
      ['archive'],
      JSON.stringify(found),
    );
    return found[0]?.what ?? '';
  };
  const one = [{ name: 'a', content: Buffer.from('x') }];
  assert.match(
    await refused(zipOf(one, { gap: Buffer.from(KEY) })),
    /something at byte \d+ that its directory does not lead to/,
  );
  assert.match(await refused(zipOf([{ ...(one[0] ?? { name: '', content }), flags: 1 }])), /is encrypted/);
  assert.match(await refused(zipOf([{ name: 'a', content, size: 3 }])), /larger than its directory says/);
  const trailing = Buffer.concat([deflateRawSync(Buffer.from('x')), Buffer.from(KEY)]);
  assert.match(
    await refused(zipOf([{ name: 'a', content: Buffer.from('x'), packed: trailing }])),
    /holds more than what unpacks/,
  );
  assert.match(await refused(good.subarray(0, -5)), /no directory at its end/);
  const inComment = await inspected('a.zip', zipOf(one, { comment: KEY }));
  assert.deepEqual(
    inComment.map(({ what }) => what),
    ['AWS access key in its comment'],
  );
});

test('a tar file with links, devices, or something behind its end is refused', async (t) => {
  const folder = folderWith(t, { 'a.txt': 'plain\n' });
  tool(folder, 'ln', '-s', '/etc/shadow', 'link');
  tool(folder, 'tar', '-cf', 'link.tar', 'a.txt', 'link');
  assert.match(
    (await inspected('a.tar', tool(folder, 'cat', 'link.tar')))[0]?.what ?? '',
    /"link" is neither a file nor a folder/,
  );
  tool(folder, 'tar', '-cf', 'a.tar', 'a.txt');
  const tar = tool(folder, 'cat', 'a.tar');
  assert.deepEqual(await inspected('a.tar', tar), []);
  assert.match(
    (await inspected('a.tar', Buffer.concat([tar, Buffer.from(KEY)])))[0]?.what ?? '',
    /something behind its end/,
  );
  const long = `${'d/'.repeat(3)}${'n'.repeat(180)}.txt`;
  tool(folder, 'mkdir', '-p', 'd/d/d');
  writeFileSync(join(folder, long), KEY);
  for (const format of ['gnu', 'pax', 'ustar']) {
    if (format === 'ustar') continue;
    tool(folder, 'tar', `--format=${format}`, '-cf', 'long.tar', long);
    const [found] = await inspected('a.tar', tool(folder, 'cat', 'long.tar'), { chunk: 300 });
    assert.equal(found?.file, `a.tar!/${long}`);
  }
});

test('what two programs would take for two things is refused', async () => {
  const zip = zipOf([{ name: 'a', content: Buffer.from('x') }]);
  const types = new Set(['text', 'png', 'gzip'] as const);
  const png = Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    Buffer.alloc(99),
    Buffer.from('0000000049454e44ae426082', 'hex'),
  ]);
  const rules = async (bytes: Buffer) => (await inspected('a', bytes, { types })).map(({ rule }) => rule);
  assert.deepEqual(await rules(png), ['unread']);
  assert.deepEqual(await rules(Buffer.concat([png, zip])), ['unread', 'polyglot']);
  assert.deepEqual(await rules(Buffer.concat([png, Buffer.from('more')])), ['unread', 'polyglot']);
  assert.deepEqual(await rules(Buffer.from('a text\n%PDF-1.4\nthat readers of PDF open')), ['polyglot']);
  assert.deepEqual(await rules(Buffer.concat([gzipSync('plain\n'), Buffer.alloc(9)])), ['polyglot']);
  assert.deepEqual(await rules(Buffer.concat([gzipSync('plain\n'), Buffer.from(KEY)])), [
    'cloud-key',
    'archive',
  ]);
});

test('plain text in what nobody understands is looked at', async () => {
  const found = await inspected('a.pdf', `%PDF-1.7\n${KEY}`, { types: new Set(['pdf'] as const) });
  assert.deepEqual(
    found.map(({ rule, offset }) => [rule, offset]),
    [
      ['unread', undefined],
      ['cloud-key', 9],
    ],
  );
});

test('archives that were cut or changed anywhere end in findings, never in an error', async (t) => {
  const folder = folderWith(t, { 'a.txt': 'plain text\n'.repeat(40), 'b.txt': KEY });
  tool(folder, 'tar', '-cf', 'a.tar', 'a.txt', 'b.txt');
  const tar = tool(folder, 'cat', 'a.tar').subarray(0, 4_096);
  const bases: Buffer[] = [
    tar,
    gzipSync(tar),
    zipOf([
      { name: 'a', content: Buffer.from('x'.repeat(99)) },
      { name: 'b.tar', content: tar },
    ]),
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...bases),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
      fc.nat(),
      fc.boolean(),
      async (base, flips, cut, isCut) => {
        const bytes = Buffer.from(base.subarray(0, isCut ? cut % base.length : base.length));
        for (const [at, value] of flips) if (bytes.length > 0) bytes[at % bytes.length] = value;
        await inspected('a', bytes, { chunk: 333 });
      },
    ),
    { seed: SEED, numRuns: 400 },
  );
});
