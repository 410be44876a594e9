// What `casemate gap import` does with volumes before the region sees anything: one plain file that the region can read, or a word on what is missing.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { splitIntoFolder } from '#gap/bundle/volumes/split.ts';
import { joinIfVolumes } from './volumes.ts';

test('volumes become one file for the region on their way into the inbox; anything else is left as it is', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gap-volumes-'));
  t.after(() => rm(folder, { recursive: true }));
  const path = (name: string) => join(folder, name);
  const bytes = Buffer.alloc(300_000, 'content ');
  await writeFile(path('file'), bytes);
  assert.equal(await joinIfVolumes(path('file'), path('none')), false);
  await splitIntoFolder(path('file'), path('media'), { parity_percent: 30, volume_bytes: 60_000 });
  const volumes = (await readdir(path('media'))).sort();
  await rm(path(`media/${volumes[2]}`));
  assert.equal(await joinIfVolumes(path('media'), path('inbox-file')), true);
  assert.ok((await readFile(path('inbox-file'))).equals(bytes));
  assert.equal((await stat(path('inbox-file'))).mode & 0o777, 0o644);
  for (const volume of volumes.slice(3, 6)) await rm(path(`media/${volume}`));
  await assert.rejects(joinIfVolumes(path('media'), path('too-few')), {
    name: 'CliError',
    message: /more blocks are needed at least.*volume 3 .*; volume 4 .*; volume 5 .*; volume 6 /,
  });
  assert.deepEqual((await readdir(folder)).sort(), ['file', 'inbox-file', 'media']);
});
