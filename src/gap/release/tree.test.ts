import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { releaseType } from '../bundle/content/release.ts';
import { jsonBytes } from '../bundle/json.ts';
import { readReleaseConfig } from './facts.ts';
import { writeFakeTree } from './testing/fake-tree.ts';
import { readTree } from './tree.ts';

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tree-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

const item = (version: string) => ({
  type: 'release',
  name: 'casemate',
  version,
  licence: 'EUPL-1.2',
  tree: 'tree',
});

const collect = (folder: string, version: string) =>
  releaseType.collect(item(version), {
    folder,
    report: () => {},
    scratch: folder,
    created: '2026-11-22T00:00:00Z',
  });

test('a release is the program and the packages it needs, without tests, tools and types', async (t) => {
  const folder = await folderOf(t);
  const migrations = ['-- first', '-- works-from: 0001\n-- second'];
  const age = { name: 'age', purpose: 'network', files: ['/usr/bin/age', '/usr/lib/*/age'] };
  await writeFakeTree(join(folder, 'tree'), {
    version: '0.2.0',
    migrations,
    files: { 'src/region/install/packages.json': JSON.stringify([{ ...age, units: ['age.service'] }]) },
  });
  const { config, layers, parts } = await collect(folder, '0.2.0');
  assert.ok(Buffer.isBuffer(config.blob.content));
  const { release, files } = readReleaseConfig(config.blob.content, 'config');
  assert.deepEqual(
    files.map(({ name, executable }) => `${name}${executable ? ' *' : ''}`),
    [
      'LICENSE',
      'casemate *',
      'console/dist/packages.json',
      'console/dist/tenant.html',
      'node_modules/.casemate-lock-digest',
      'node_modules/node/bin/node *',
      'package-lock.json',
      'package.json',
      'src/engines/postgres/migrations/0001-step.sql',
      'src/engines/postgres/migrations/0002-step.sql',
      'src/main.ts',
      'src/region/install/packages.json',
    ],
  );
  assert.equal(layers.length, files.length);
  assert.deepEqual([release.architecture, release.node], ['amd64', '26.10.0']);
  assert.deepEqual(
    release.migrations.map(({ version, worksFrom }) => [version, worksFrom]),
    [
      [1, 1],
      [2, 1],
    ],
  );
  assert.deepEqual(release.packages, [age]);
  assert.deepEqual(parts, [
    { type: 'library', name: 'node', version: '26.10.0', licence: 'MIT', purl: 'pkg:npm/node@26.10.0' },
    // What the console was built from is in it, though its packages stay behind.
    { type: 'library', name: 'react', version: '19.3.1', licence: 'MIT', purl: 'pkg:npm/react@19.3.1' },
  ]);
});

test('two checkouts of the same give the same bytes, whatever their modes and times', async (t) => {
  const [a, b] = [await folderOf(t), await folderOf(t)];
  for (const folder of [a, b]) await writeFakeTree(join(folder, 'tree'), { version: '0.2.0' });
  execFileSync('chmod', ['-R', 'go-rwx', join(a, 'tree')]);
  execFileSync('touch', ['-d', '2001-01-01', join(b, 'tree/src/main.ts')]);
  const digests = async (folder: string) => {
    const { config, layers } = await collect(folder, '0.2.0');
    return [config, ...layers].map(({ blob }) => blob.digest);
  };
  assert.deepEqual(await digests(a), await digests(b));
});

test('what is no whole, clean checkout is refused by its file', async (t) => {
  const folder = await folderOf(t);
  const tree = join(folder, 'tree');
  await writeFakeTree(tree, { version: '0.2.0' });
  await assert.rejects(collect(folder, '0.3.0'), /is Casemate 0\.2\.0, and not 0\.3\.0/);
  const stamp = join(tree, 'node_modules/.casemate-lock-digest');
  const before = await readFile(stamp);
  await writeFile(stamp, 'other');
  await assert.rejects(collect(folder, '0.2.0'), /\.casemate-lock-digest: the packages are not those/);
  await writeFile(stamp, before);
  const list = join(tree, 'src/region/install/packages.json');
  for (const path of ['/etc/../root/key', 'usr/bin/age', '/home/a', '/usr/**/age', '/usr/bin/a*b*']) {
    await writeFile(list, JSON.stringify([{ name: 'age', purpose: 'network', files: [path] }]));
    await assert.rejects(collect(folder, '0.2.0'), /packages\.json: \[?0\]?\.?files/, path);
  }
  await writeFile(list, '[]');
  await symlink('/etc/passwd', join(tree, 'src/link.ts'));
  await assert.rejects(collect(folder, '0.2.0'), /src\/link\.ts: is no plain file/);
  await rm(join(tree, 'src/link.ts'));
  execFileSync('git', ['init', '--quiet', tree]);
  await assert.rejects(collect(folder, '0.2.0'), /has changes that nobody committed/);
  await rm(join(tree, '.git'), { recursive: true });
  await rm(join(tree, 'node_modules/node'), { recursive: true });
  await assert.rejects(
    collect(folder, '0.2.0'),
    /node_modules\/node: a package of package-lock\.json is not there/,
  );
});

test('this checkout is a release', async () => {
  const { files, facts, packages } = await readTree(join(import.meta.dirname, '../../..'));
  const names = files.map(({ name }) => name);
  assert.ok(names.includes('src/cli/main.ts') && names.includes('node_modules/typebox/package.json'));
  assert.ok(
    !names.some((name) => name.startsWith('node_modules/typescript/') || /^src\/.*\.test\.ts$/.test(name)),
  );
  assert.equal(facts.migrations.at(-1)?.version, facts.migrations.length);
  assert.ok(
    names.includes('console/dist/tenant.html') && !names.some((name) => name.startsWith('console/src/')),
  );
  for (const needed of ['node', 'react'])
    assert.ok(
      packages.some(({ name }) => name === needed),
      needed,
    );
  assert.ok(facts.packages?.some(({ name }) => name === 'postgresql'));
  const config = {
    ...item('1.0.0'),
    release: facts,
    files: files.map((file) => ({ ...file, sha256: '0'.repeat(64), size: 1 })),
  };
  assert.equal(readReleaseConfig(jsonBytes(config), 'config').files.length, files.length);
});
