// A Debian repository in a bundle: apt fetches and verifies, apt installs from what comes out. The mirror is one of two packages in a folder.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Blob } from '../blob.ts';
import { TITLE } from '../descriptor.ts';
import { aptConfig, startAptMirror } from '../testing/apt-mirror.ts';
import type { OwnContent } from './content-type.ts';
import { debianRepositoryType } from './debian-repository.ts';

const ITEM = {
  type: 'debian-repository',
  name: 'tools',
  version: '1.0',
  licence: 'GPL-3.0-or-later',
  packages: ['casemate-test-tool'],
};

async function collect(t: TestContext, config: string, packages: readonly string[]): Promise<OwnContent> {
  const scratch = await mkdtemp(join(tmpdir(), 'apt-'));
  t.after(() => rm(scratch, { recursive: true, force: true }));
  const before = process.env.APT_CONFIG;
  process.env.APT_CONFIG = config;
  try {
    return await debianRepositoryType.collect(
      { ...ITEM, packages },
      { folder: scratch, scratch, report: () => {}, created: '2026-11-22T00:00:00Z' },
    );
  } finally {
    if (before === undefined) delete process.env.APT_CONFIG;
    else process.env.APT_CONFIG = before;
  }
}

async function writeBlob(path: string, { content }: Blob): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  if (typeof content === 'string') await copyFile(content, path);
  else await writeFile(path, content);
}

test('a package comes with what it depends on and nothing else, named by package URLs with their sources', async (t) => {
  const { config } = await startAptMirror(t);
  const { parts, layers } = await collect(t, config, ITEM.packages);
  assert.deepEqual(
    parts.map(({ purl }) => purl),
    [
      'pkg:deb/debian/casemate-test-library@1.0-1?arch=all&upstream=casemate-test%401.0',
      'pkg:deb/debian/casemate-test-tool@1.0-1?arch=all&upstream=casemate-test-tool%401.0-1',
    ],
  );
  assert.deepEqual(
    layers.map(({ annotations }) => annotations?.[TITLE]),
    [
      'dists/tools/Release',
      'dists/tools/main/binary-all/Packages',
      'pool/casemate-test-library_1.0-1_all.deb',
      'pool/casemate-test-tool_1.0-1_all.deb',
    ],
  );
});

test('what is collected is a repository that apt installs from', async (t) => {
  const { folder, config } = await startAptMirror(t);
  const { layers } = await collect(t, config, ITEM.packages);
  const mirror = join(folder, 'region');
  for (const { annotations, blob } of layers) await writeBlob(join(mirror, annotations?.[TITLE] ?? ''), blob);
  const there = await aptConfig(folder, 'install', `deb [trusted=yes] copy:${mirror} tools main`);
  const apt = (...args: readonly string[]) =>
    execFileSync('apt-get', ['-q', ...args], {
      env: { ...process.env, APT_CONFIG: there, LC_ALL: 'C' },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  apt('update');
  assert.deepEqual(apt('-s', 'install', 'casemate-test-tool').match(/^Inst .*$/gm), [
    'Inst casemate-test-library (1.0-1 tools:1.0/tools [all])',
    'Inst casemate-test-tool (1.0-1 tools:1.0/tools [all])',
  ]);
});

test('two collections of the same packages are the same', async (t) => {
  const { config } = await startAptMirror(t);
  const digests = async () => {
    const { config: about, layers } = await collect(t, config, ITEM.packages);
    return [about, ...layers].map(({ blob }) => blob.digest);
  };
  assert.deepEqual(await digests(), await digests());
});

test('a package that is not there, or that no key of the machine vouches for, is refused in apt’s own words', async (t) => {
  const { config } = await startAptMirror(t);
  await assert.rejects(collect(t, config, ['casemate-test-nothing']), {
    reason: 'Missing',
    part: 'debian-repository/tools/1.0',
    message: /Unable to locate package casemate-test-nothing/,
  });
  const unsigned = await startAptMirror(t, 'allow-insecure=yes');
  await assert.rejects(collect(t, unsigned.config, ITEM.packages), {
    message: /unauthenticated|authenticated/,
  });
});

test('a package that is not what the index says is refused', async (t) => {
  const { folder, config } = await startAptMirror(t);
  await writeFile(join(folder, 'pool/casemate-test-tool_1.0-1_all.deb'), 'something else');
  await assert.rejects(collect(t, config, ITEM.packages), {
    name: 'BundleError',
    part: 'debian-repository/tools/1.0',
  });
});
