// Tar files made by other tools and for other ends: everything but the one form that bundles have is refused, and the entry is named.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { TAR_RECORD_BYTES as RECORD_BYTES, TAR_END, tarHeader } from '#kernel/tar-header.ts';
import { BLOB_BYTES_MAX } from './limits.ts';
import { openBundle } from './source.ts';
import { headerBytes, parseTarHeader } from './tar-header.ts';

const BLOB = `blobs/sha256/${'a'.repeat(64)}`;

test('a header is what it was written from, also for more than eight gibibytes, and GNU tar reads it so', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'tar-'));
  t.after(() => rm(folder, { recursive: true }));
  for (const size of [0, 1, 511, 0o77777777777, 0o77777777777 + 1, BLOB_BYTES_MAX]) {
    const header = tarHeader({ name: BLOB, size });
    assert.equal(headerBytes(header.subarray(0, RECORD_BYTES)), header.length);
    assert.deepEqual(parseTarHeader(header, 0), { name: BLOB, size });
    await writeFile(join(folder, 'a.tar'), header);
    // It ends after the header, which tar complains of once it has said what it read.
    const stdout = execFileSync('sh', ['-c', 'tar -tvf a.tar 2>/dev/null || true'], {
      cwd: folder,
      encoding: 'utf8',
    });
    assert.match(stdout, new RegExp(`^-rw-r--r-- 0/0 +${size} 1970-01-01 00:00 ${BLOB}\n$`));
  }
});

/** A header with other bytes at a place, and a checksum that fits. */
function changed(at: number, bytes: string, name = BLOB, size = 0): Buffer {
  const header = tarHeader({ name, size });
  header.write(bytes, at, 'latin1');
  header.write(' '.repeat(8), 148, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

const TRICKS: readonly (readonly [what: string, header: Buffer, reason: string, said: RegExp])[] = [
  [
    'a name that climbs',
    changed(0, `../../etc/passwd\0${'\0'.repeat(80)}`),
    'Unexpected',
    /"\.\.\/\.\.\/etc\/passwd"/,
  ],
  ['an absolute name', changed(0, `/etc/passwd\0${'\0'.repeat(80)}`), 'Unexpected', /"\/etc\/passwd"/],
  [
    'a name with a step in it',
    changed(0, 'blobs/sha256/../../../x\0'.padEnd(100, '\0')),
    'Unexpected',
    /\.\./,
  ],
  ['a name in two parts', changed(345, 'etc'), 'Malformed', /a field of its header/],
  ['a hard link', changed(156, '1'), 'Malformed', /its type/],
  ['a symbolic link', changed(156, '2'), 'Malformed', /its type/],
  ['a character device', changed(156, '3'), 'Malformed', /its type/],
  ['a block device', changed(156, '4'), 'Malformed', /its type/],
  ['a folder', changed(156, '5'), 'Malformed', /its type/],
  ['a pipe', changed(156, '6'), 'Malformed', /its type/],
  ['a sparse file of GNU', changed(156, 'S'), 'Malformed', /its type/],
  ['a long name of GNU', changed(156, 'L'), 'Malformed', /its type/],
  ['a global pax header', changed(156, 'g'), 'Malformed', /its type/],
  ['a file that sets the user', changed(100, '0004755\0'), 'Malformed', /its mode/],
  ['a file of somebody', changed(108, '0001750\0'), 'Malformed', /its owner/],
  ['a time', changed(136, '14740000000\0'), 'Malformed', /its time/],
  ['the target of a link', changed(157, '/etc/passwd'), 'Malformed', /the target of a link/],
  ['a size in base 256', changed(124, '\x80\0\0\0\0\0\0\0\0\0\0\x01'), 'Malformed', /its size is no octal/],
  ['a negative size', changed(124, '-0000000001\0'), 'Malformed', /its size is no octal/],
  ['a size with spaces', changed(124, '          1\0'), 'Malformed', /its size is no octal/],
  [
    'a wrong checksum',
    Buffer.from(tarHeader({ name: BLOB, size: 0 })).fill('7', 148, 149),
    'Malformed',
    /its checksum/,
  ],
];

async function openTarOf(bytes: Buffer): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tar-'));
  try {
    await writeFile(join(folder, 'a.tar'), bytes);
    await (await openBundle(join(folder, 'a.tar'))).close();
  } finally {
    await rm(folder, { recursive: true });
  }
}

for (const [what, header, reason, said] of TRICKS) {
  test(`${what} is refused`, async () => {
    await assert.rejects(openTarOf(Buffer.concat([header, TAR_END])), {
      name: 'BundleError',
      reason,
      message: said,
    });
  });
}

test('sizes that are made up take no memory: more than a blob may have, more than the file has', async () => {
  const pax = (size: string) => {
    const large = tarHeader({ name: BLOB, size: BLOB_BYTES_MAX });
    const record = ` size=${size}\n`;
    const bytes = Buffer.from(`${record.length + 2}${record}`);
    large.write(bytes.length.toString(8).padStart(11, '0'), 124, 'latin1');
    large.fill(0, RECORD_BYTES, 2 * RECORD_BYTES);
    large.set(bytes, RECORD_BYTES);
    return large;
  };
  await assert.rejects(openTarOf(pax('8888888888888888')), {
    reason: 'TooLarge',
    message: /8888888888888888 bytes/,
  });
  await assert.rejects(openTarOf(pax('-1')), { reason: 'Malformed', message: /something else than a size/ });
  await assert.rejects(openTarOf(tarHeader({ name: BLOB, size: 2 ** 32 })), {
    reason: 'Missing',
    part: BLOB,
  });
});

test('an entry that stands there twice is refused, and so is what comes after the end', async () => {
  const entry = tarHeader({ name: 'oci-layout', size: 0 });
  await assert.rejects(openTarOf(Buffer.concat([entry, entry, TAR_END])), {
    reason: 'Unexpected',
    part: 'oci-layout',
  });
  await assert.rejects(openTarOf(Buffer.concat([entry, TAR_END, entry])), {
    reason: 'Malformed',
    message: /after the end/,
  });
  await assert.rejects(openTarOf(Buffer.concat([entry, TAR_END.subarray(512)])), { reason: 'Missing' });
  await assert.rejects(openTarOf(entry), { reason: 'Missing' });
});

test('what GNU tar makes of a layout is not a bundle: its entries have owners and times', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'tar-'));
  t.after(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'layout'));
  await writeFile(join(folder, 'layout/oci-layout'), '{}');
  execFileSync('tar', ['-cf', join(folder, 'a.tar'), '-C', join(folder, 'layout'), 'oci-layout']);
  await assert.rejects(openBundle(join(folder, 'a.tar')), {
    reason: 'Malformed',
    message: /^tar entry "oci-layout" at byte 0: its/,
  });
});

test('neither a folder nor a file is a bundle', async () => {
  await assert.rejects(openBundle('/dev/null'), { reason: 'Unexpected' });
  await assert.rejects(openBundle('/nowhere/at/all'), { reason: 'Missing' });
});
