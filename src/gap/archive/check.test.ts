/** Attacks on archives that come in: what leads out of where it is unpacked, what fills a disk, what two programs take for two things. And what people really make, which is let through. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { ArchiveError } from './archive-error.ts';
import { type ArchiveKind, checkArchive } from './check.ts';
import { arOf, debOf, type TarEntry, tarOf } from './testing/archives.ts';

const SEED = 20_261_122;
const KINDS = ['npm', 'debian', 'layer', 'image'] as const;

async function* chunksOf(bytes: Buffer, chunk: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
}

const look = (kind: ArchiveKind, bytes: Buffer, chunk = 65_536) => checkArchive(chunksOf(bytes, chunk), kind);

/** As that kind of archive carries a tree. */
const carried = (kind: ArchiveKind, tar: Buffer): Buffer =>
  kind === 'debian' ? debOf(tar) : kind === 'image' ? zstdCompressSync(tar) : gzipSync(tar);

const refuses = (kind: ArchiveKind, bytes: Buffer, message: RegExp) =>
  assert.rejects(look(kind, bytes), (error) => {
    assert.ok(error instanceof ArchiveError, String(error));
    assert.match(error.message, message, kind);
    return true;
  });

const refusesTree = async (kinds: readonly ArchiveKind[], entries: readonly TarEntry[], message: RegExp) => {
  for (const kind of kinds) await refuses(kind, carried(kind, tarOf(entries)), message);
};

const FILE = { name: 'package/a.js', content: 'x' };

test('a name that leads out of where it is unpacked is refused, in every form of header', async () => {
  for (const name of ['../etc/passwd', 'package/../../etc/passwd', 'a/..'])
    await refusesTree(KINDS, [FILE, { name, content: 'x' }], /leads out of where it is unpacked/);
  await refusesTree(KINDS, [{ name: '/etc/passwd', content: 'x' }], /is no name below/);
  await refusesTree(KINDS, [{ name: 'fine', pax: { path: '../../etc/passwd' }, content: 'x' }], /leads out/);
  await refusesTree(KINDS, [{ name: '././@LongLink', type: 'L', content: '../x\0' }, FILE], /leads out/);
  await refusesTree(KINDS, [{ name: 'a', pax: { path: `a/${'b'.repeat(5_000)}` } }], /is longer than 4096/);
  await refusesTree(KINDS, [{ name: 'a', pax: { path: 'a\0b' } }], /has a zero in it/);
});

test('npm packages have no links; elsewhere nothing is put through one', async () => {
  await refusesTree(['npm'], [{ name: 'package/a', type: '2', link: 'b' }], /is a link/);
  await refusesTree(['npm'], [FILE, { name: 'package/b', type: '1', link: 'package/a.js' }], /is a link/);
  const others = ['debian', 'layer', 'image'] as const;
  const out = { name: 'out', type: '2', link: '/etc' };
  await refusesTree(others, [out, { name: 'out/passwd', content: 'x' }], /leads through "out", a link/);
  await refusesTree(others, [out, { name: './/out/./passwd', content: 'x' }], /leads through "out", a link/);
  await refusesTree(others, [out, { name: 'out/', type: '5' }], /is in it twice, once as a link/);
  await refusesTree(others, [out, { name: 'x', type: '1', link: 'out/shadow' }], /leads through "out"/);
  for (const link of ['/etc/shadow', '../../etc/shadow'])
    await refusesTree(others, [{ name: 'x', type: '1', link }], /below where it is unpacked|leads out/);
  const fine = [
    FILE,
    out,
    { name: 'b', type: '1', link: './package/a.js' },
    { name: 'up', type: '2', link: '../..' },
  ];
  for (const kind of others) assert.ok((await look(kind, carried(kind, tarOf(fine)))) >= fine.length);
});

test('devices and pipes are refused, but for the folder of devices of a layer or an image', async () => {
  for (const type of ['3', '4', '6']) {
    await refusesTree(KINDS, [{ name: 'x', type }], /is a device or a pipe/);
    await refusesTree(['npm', 'debian', 'image'], [{ name: 'dev/null', type }], /is a device or a pipe/);
    await look('layer', carried('layer', tarOf([{ name: './dev/null', type }])));
    await look('image', carried('image', tarOf([{ name: 'rootfs/dev/null', type }])));
  }
});

test('whiteouts of a layer take something away that can be there, or are refused', async () => {
  const fine = ['etc/.wh.passwd', 'var/.wh..wh..opq', '.wh..hidden'].map((name) => ({ name }));
  assert.equal(await look('layer', carried('layer', tarOf(fine))), 3);
  for (const name of ['.wh.', 'a/.wh..', 'a/.wh...', '.wh..wh.plnk', '.wh..wh..wh.x'])
    await refusesTree(['layer'], [{ name }], /takes nothing away that could be there/);
  await refusesTree(['layer'], [{ name: '.wh.x', content: 'x' }], /takes nothing away/);
  await refusesTree(['layer'], [{ name: '.wh.x', type: '2', link: '/' }], /takes nothing away/);
});

test('what programs read in different ways is refused', async () => {
  await refusesTree(
    ['npm', 'debian', 'image'],
    [FILE, { ...FILE, name: './package//a.js' }],
    /is in it twice/,
  );
  await refusesTree(
    KINDS,
    [{ name: 'a', pax: { 'GNU.sparse.name': 'b', 'GNU.sparse.major': '1' } }],
    /has holes/,
  );
  await refusesTree(
    KINDS,
    [{ name: 'g', type: 'g', content: '16 path=../../x\n' }, FILE],
    /all that follow one name/,
  );
  await refusesTree(KINDS, [{ name: 'a', pax: { size: '-512' } }], /a size is no number/);
  await refusesTree(KINDS, [{ name: 'a', type: '5', content: 'hidden' }], /is no file, and has content/);
  const tar = tarOf([FILE]);
  await refuses('layer', Buffer.concat([tar, Buffer.from('more')]), /something behind its end/);
  for (const pack of [gzipSync, zstdCompressSync])
    await refuses('layer', Buffer.concat([pack(tar), Buffer.from('more')]), /behind its end|does not unpack/);
  await refuses('npm', gzipSync('no tar at all'.repeat(99)), /is none/);
});

test('bombs are refused by their ratio, before they are unpacked', async () => {
  const zeros = tarOf([{ name: 'zeros', content: Buffer.alloc(24 * 1024 * 1024) }]);
  for (const kind of ['npm', 'layer'] as const)
    await refuses(kind, gzipSync(zeros), /unpacks to more than 200 times its size/);
  await refuses('image', zstdCompressSync(zeros), /unpacks to more than 200 times/);
  await refuses(
    'debian',
    arOf([
      { name: 'debian-binary', content: '2.0\n' },
      { name: 'control.tar.gz', content: gzipSync(zeros) },
    ]),
    /^control\.tar\.gz: it unpacks to more than 200 times/,
  );
});

test('a zstd frame that asks for a window of gigabytes is refused', async () => {
  // Magic, a descriptor without anything, a window of 2^31 bytes, one raw block.
  const frame = Buffer.from('28b52ffd00a8010000', 'hex');
  await refuses('layer', frame, /does not unpack/);
});

test('a Debian package is its three members, each as long as it says, and nothing else', async () => {
  const tar = tarOf([{ name: './x', content: 'x' }]);
  const version = { name: 'debian-binary', content: '2.0\n' };
  const control = { name: 'control.tar', content: tarOf([{ name: './control' }]) };
  const data = { name: 'data.tar', content: tar };
  assert.equal(await look('debian', arOf([version, control, data]), 100), 2);
  const signed = [version, { name: '_gpgorigin', content: 'x' }, control, data];
  assert.equal(await look('debian', arOf(signed)), 2);
  const refused: readonly (readonly [Parameters<typeof arOf>[0], RegExp])[] = [
    [[control, version, data], /is not what belongs there/],
    [[version, data, control], /"data.tar" is not what belongs there/],
    [[version, control, data, data], /is not what belongs there/],
    [[version, control], /breaks off before its data/],
    [[version, control, { ...data, size: 9_999_999 }], /breaks off/],
    [[version, control, { ...data, size: 512 }], /is none|breaks off|behind its end|does not end/],
    [[{ ...version, content: '3.0\n' }, control, data], /of another form/],
    [[version, control, { ...data, name: '../data.tar' }], /no name of a member/],
    [[version, control, { ...data, name: '/12' }], /no name of a member/],
  ];
  for (const [members, message] of refused) await refuses('debian', arOf(members), message);
  await refuses('debian', Buffer.concat([debOf(tar), Buffer.from('more')]), /behind its end/);
  await refuses('debian', Buffer.from('PK\x03\x04'), /is no Debian package/);
});

test('what npm, dpkg-deb and tar make is let through', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'archives-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const run = (command: string, ...args: readonly string[]) =>
    execFileSync(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1e8 });
  mkdirSync(join(folder, 'tree/DEBIAN'), { recursive: true });
  mkdirSync(join(folder, 'tree/usr/share/doc'), { recursive: true });
  writeFileSync(
    join(folder, 'tree/DEBIAN/control'),
    'Package: bell\nVersion: 1\nArchitecture: all\nMaintainer: Town <town@example.org>\nDescription: rings\n',
  );
  writeFileSync(join(folder, `tree/usr/share/doc/${'n'.repeat(180)}`), 'text\n');
  run('ln', '-s', '/usr/share/doc', 'tree/usr/link');
  for (const form of ['gzip', 'zstd', 'none', 'xz']) {
    run(
      'dpkg-deb',
      '--root-owner-group',
      `-Z${form}`,
      '--uniform-compression',
      '--build',
      'tree',
      `${form}.deb`,
    );
    assert.equal(await look('debian', run('cat', `${form}.deb`), 777), 8, form);
  }
  for (const form of ['gnu', 'pax']) {
    const tar = run('tar', `--format=${form}`, '-C', 'tree', '-cf', '-', '.');
    assert.equal(await look('layer', tar, 999), 8);
    assert.equal(await look('layer', gzipSync(tar)), 8);
  }
  assert.equal(await look('layer', run('sh', '-c', 'tar -C tree -c . | xz')), 8);
  const bzip2 = run('sh', '-c', 'tar -C tree -c . | bzip2');
  await refuses('layer', bzip2, /packed with bzip2, which is not opened here: gzip, xz and zstd are/);
  writeFileSync(join(folder, 'package.json'), '{"name": "bell", "version": "1.0.0"}');
  run('npm', 'pack', '--silent');
  assert.equal(await look('npm', run('cat', 'bell-1.0.0.tgz')), 7);
});

test('archives that were cut or changed anywhere are let through or refused, never an error', async () => {
  const tar = tarOf([
    FILE,
    { name: 'b', type: '2', link: 'c' },
    { name: 'd', pax: { path: 'e' }, content: 'f'.repeat(600) },
  ]);
  const bases = [tar, gzipSync(tar), zstdCompressSync(tar), debOf(tar), debOf(gzipSync(tar))];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...bases),
      fc.constantFrom(...KINDS),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
      fc.nat(),
      fc.boolean(),
      async (base, kind, flips, cut, isCut) => {
        const bytes = Buffer.from(base.subarray(0, isCut ? cut % base.length : base.length));
        for (const [at, value] of flips) if (bytes.length > 0) bytes[at % bytes.length] = value;
        await look(kind, bytes, 333).catch((error) =>
          assert.ok(error instanceof ArchiveError, String(error)),
        );
      },
    ),
    { seed: SEED, numRuns: 500 },
  );
});
