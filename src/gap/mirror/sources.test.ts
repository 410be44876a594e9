// What an instance is told at its start, run as cloud-init runs it, with a folder in place of its root.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { bootHook } from './sources.ts';

const KEY = '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nbase64\n-----END PGP PUBLIC KEY BLOCK-----\n';

async function startRoot(t: TestContext, release: string) {
  const root = await mkdtemp(join(tmpdir(), 'root-'));
  t.after(() => rm(root, { recursive: true }));
  await mkdir(join(root, 'etc/apt/sources.list.d'), { recursive: true });
  await writeFile(join(root, 'etc/os-release'), release);
  const start = (url = 'http://mirror') => {
    const text = bootHook(url, KEY);
    assert.match(text, /^#cloud-boothook\n#!\/bin\/sh\n/);
    const moved = text.replaceAll(/\/(usr\/local\/etc|etc)\b/g, `${root}/$1`);
    // Nothing of this machine.
    assert.doesNotMatch(moved, /(?<=[\s"'>])\/(usr|etc)\b/);
    execFileSync('sh', ['-c', moved]);
  };
  const path = (name: string) => join(root, name);
  return { start, path, text: (name: string) => readFile(path(name), 'utf8') };
}

test('apt gets a source with the key in it for its own release, npm its registry, and both anew at every start', async (t) => {
  const { start, text } = await startRoot(t, 'ID=debian\nVERSION_ID="12"\n');
  start('http://before');
  start();
  assert.equal(
    await text('etc/apt/sources.list.d/casemate.sources'),
    '# Written by the region at every start.\nTypes: deb\nURIs: http://mirror/apt\nSuites: debian-12\nComponents: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n base64\n -----END PGP PUBLIC KEY BLOCK-----\n',
  );
  for (const npmrc of ['etc/npmrc', 'usr/local/etc/npmrc']) {
    assert.match(await text(npmrc), /^registry=http:\/\/mirror\/npm\/$/m);
  }
});

test('a file that somebody made theirs stays as it is, and a system that is not Debian gets no source', async (t) => {
  const { start, text, path } = await startRoot(t, 'ID=other\nVERSION_ID=12\n');
  await writeFile(path('etc/npmrc'), 'registry=http://ours/\n');
  start();
  assert.equal(await text('etc/npmrc'), 'registry=http://ours/\n');
  await assert.rejects(text('etc/apt/sources.list.d/casemate.sources'), { code: 'ENOENT' });
  assert.match(await text('usr/local/etc/npmrc'), /http:\/\/mirror/);
});
