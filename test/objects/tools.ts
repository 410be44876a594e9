/** Debian's clients, set up as their manuals say. Cases of `test/objects.test.ts`. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ObjectsTenant } from '../support/objects.ts';
import { bytesOf } from './sdk.ts';

export function toolCases(tenant: () => ObjectsTenant, scratch: () => string): void {
  const folderOf = (files: Readonly<Record<string, Buffer | string>>): string => {
    const folder = mkdtempSync(join(scratch(), 'files-'));
    mkdirSync(join(folder, 'in/below'), { recursive: true });
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, 'in', name), content);
    return folder;
  };
  const FILES = {
    'large.bin': bytesOf(9 * 2 ** 20, 7),
    'small.txt': 'small\n',
    'below/größe (1) + %.txt': 'odd\n',
    empty: '',
  };
  const assertSame = (one: string, other: string) => {
    for (const name of Object.keys(FILES))
      assert.ok(readFileSync(join(one, name)).equals(readFileSync(join(other, name))), name);
  };

  test('awscli: a folder goes into a bucket and comes back; a link that was signed is read without a key', async () => {
    const { tool, ca, endpoint } = tenant();
    const folder = folderOf(FILES);
    await tool('aws', ['s3', 'mb', 's3://aws-cli']);
    await tool('aws', ['s3', 'sync', '--quiet', join(folder, 'in'), 's3://aws-cli/kept/']);
    const listed = await tool('aws', ['s3', 'ls', '--recursive', 's3://aws-cli']);
    assert.deepEqual(listed.match(/kept\/.*/g), [
      'kept/below/größe (1) + %.txt',
      'kept/empty',
      'kept/large.bin',
      'kept/small.txt',
    ]);
    await tool('aws', ['s3', 'sync', '--quiet', 's3://aws-cli/kept/', join(folder, 'out')]);
    assertSame(join(folder, 'in'), join(folder, 'out'));
    const url = (await tool('aws', ['s3', 'presign', 's3://aws-cli/kept/small.txt'])).trim();
    assert.ok(url.startsWith(`${endpoint}/aws-cli/kept/small.txt?`));
    assert.equal(await tool('curl', ['--silent', '--fail', '--cacert', tenant().caFile, url]), 'small\n');
    const changed = url.replace('small.txt', 'empty');
    const refused = await tool('curl', ['--silent', '--cacert', tenant().caFile, changed]);
    assert.match(refused, /<Code>SignatureDoesNotMatch<\/Code>/);
    assert.ok(ca.includes('BEGIN CERTIFICATE'));
    await tool('aws', ['s3', 'rb', '--force', 's3://aws-cli']);
  });

  test('s3cmd: puts, lists, gets and deletes', async () => {
    const { tool } = tenant();
    const folder = folderOf(FILES);
    await tool('s3cmd', ['mb', 's3://s3-cmd']);
    const part = ['--multipart-chunk-size-mb', '5'];
    await tool('s3cmd', [...part, 'put', '--recursive', `${folder}/in/`, 's3://s3-cmd/kept/']);
    const listed = await tool('s3cmd', ['ls', '--recursive', 's3://s3-cmd/']);
    assert.equal(listed.trim().split('\n').length, 4);
    mkdirSync(join(folder, 'out'));
    await tool('s3cmd', ['get', '--recursive', 's3://s3-cmd/kept/', `${folder}/out/`]);
    assertSame(join(folder, 'in'), join(folder, 'out'));
    await tool('s3cmd', ['del', '--recursive', '--force', 's3://s3-cmd/']);
    assert.equal(await tool('s3cmd', ['ls', '--recursive', 's3://s3-cmd/']), '');
    await tool('s3cmd', ['rb', 's3://s3-cmd']);
  });

  test('rclone: syncs a folder, finds it the same, and changes only what changed', async () => {
    const { tool, tryTool } = tenant();
    const folder = folderOf(FILES);
    await tool('rclone', ['mkdir', 'region:r-clone']);
    const paths = [join(folder, 'in'), 'region:r-clone/kept'];
    await tool('rclone', ['sync', '--s3-upload-cutoff=5M', '--s3-chunk-size=5M', ...paths]);
    await tool('rclone', ['check', '--download', ...paths]);
    writeFileSync(join(folder, 'in/small.txt'), 'other\n');
    const differs = await tryTool('rclone', ['check', ...paths]);
    assert.match(differs.stderr, /small\.txt: (sizes|md5) differ/i);
    const synced = await tryTool('rclone', ['sync', '--verbose', ...paths]);
    assert.match(synced.stderr, /small\.txt: Copied/);
    assert.doesNotMatch(synced.stderr, /large\.bin/);
    await tool('rclone', ['check', '--download', ...paths]);
    await tool('rclone', ['purge', 'region:r-clone']);
  });

  test('restic: a backup is made, checked with all its data, and restored', async () => {
    const { tool, endpoint } = tenant();
    const folder = folderOf(FILES);
    const repository = ['--repo', `s3:${endpoint}/res-tic`];
    await tool('restic', [...repository, 'init']);
    await tool('restic', [...repository, 'backup', join(folder, 'in')]);
    writeFileSync(join(folder, 'in/small.txt'), 'changed\n');
    await tool('restic', [...repository, 'backup', join(folder, 'in')]);
    const checked = await tool('restic', [...repository, 'check', '--read-data']);
    assert.match(checked, /no errors were found/);
    await tool('restic', [...repository, 'restore', 'latest', '--target', join(folder, 'out')]);
    assertSame(join(folder, 'in'), join(folder, 'out', folder, 'in'));
  });
}
