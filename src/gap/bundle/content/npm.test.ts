// npm packages in a bundle: the machine's npm resolves and fetches, the lock file says what is right. The registry is one of four packages on loopback.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { TITLE } from '../descriptor.ts';
import { type MadePackage, startNpmRegistry } from '../testing/npm-registry.ts';
import type { OwnContent } from './content-type.ts';
import { npmType } from './npm.ts';
import { lockOf } from './npm-client.ts';
import { lockedPackages } from './npm-lock.ts';

const PACKAGES: readonly MadePackage[] = [
  { name: '@town/hall', version: '1.2.0', dependencies: { bell: '^2.0.0' }, fields: { license: 'EUPL-1.2' } },
  { name: 'bell', version: '2.0.0', fields: { scripts: { postinstall: 'touch /rung' } } },
  { name: 'bell', version: '2.1.0', files: { 'index.js': 'module.exports = "ding";' } },
  { name: 'unrelated', version: '9.9.9' },
];
const ITEM = { type: 'npm', name: 'tools', version: '1.0', licence: 'EUPL-1.2' };

async function startWorld(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'npm-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const registry = await startNpmRegistry(t, folder, PACKAGES);
  const before = { ...process.env };
  Object.assign(process.env, registry.env);
  t.after(() => {
    for (const name of Object.keys(registry.env)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  });
  const scratch = () => mkdtemp(join(folder, 'scratch-'));
  const collect = async (more: object): Promise<OwnContent> =>
    npmType.collect(
      { ...ITEM, ...more },
      { folder, scratch: await scratch(), report: () => {}, created: '2026-11-22T00:00:00Z' },
    );
  return { folder, registry, collect, scratch };
}

const named = ({ parts }: OwnContent) => parts.map(({ purl, licence }) => [purl, licence]);

test('names come with all that they depend on and nothing else, tarballs as they were published, and two collections are the same', async (t) => {
  const { collect, registry } = await startWorld(t);
  const collected = await collect({ packages: ['@town/hall@^1'] });
  assert.deepEqual(named(collected), [
    ['pkg:npm/%40town/hall@1.2.0', 'EUPL-1.2'],
    ['pkg:npm/bell@2.1.0', undefined],
  ]);
  assert.deepEqual(
    collected.layers.map(({ annotations }) => annotations?.[TITLE]),
    ['@town/hall/-/hall-1.2.0.tgz', 'bell/-/bell-2.1.0.tgz'],
  );
  const { content } = collected.layers[1]?.blob ?? {};
  assert.deepEqual(await readFile(String(content)), await readFile(registry.tarball('bell', '2.1.0')));
  const again = await collect({ packages: ['@town/hall@^1'] });
  const digests = ({ config, layers }: OwnContent) => [config, ...layers].map(({ blob }) => blob.digest);
  assert.deepEqual(digests(again), digests(collected));
});

test('a lock file is followed to the byte: what the registry gives in place of it is refused by name', async (t) => {
  const { folder, collect, registry, scratch } = await startWorld(t);
  await writeFile(join(folder, 'package-lock.json'), await lockOf(['bell@2.0.0'], await scratch(), 'test'));
  const collected = await collect({ lock: 'package-lock.json' });
  assert.deepEqual(named(collected), [['pkg:npm/bell@2.0.0', undefined]]);
  const { packages } = JSON.parse(String(collected.config.blob.content));
  assert.equal(packages[0].manifest.hasInstallScript, true);
  const locked = await readFile(join(folder, 'package-lock.json'), 'utf8');
  const other = locked.replace(/sha512-.{8}/, 'sha512-AAAAAAAA');
  await writeFile(join(folder, 'other.json'), other);
  await assert.rejects(collect({ lock: 'other.json' }), {
    reason: 'WrongDigest',
    message: /bell@2\.0\.0 as npm fetched it is not what the lock file says/,
  });
  await writeFile(registry.tarball('bell', '2.0.0'), 'another thing altogether');
  await assert.rejects(collect({ lock: 'package-lock.json' }), {
    name: 'BundleError',
    message: /EINTEGRITY|bell/,
  });
});

test('what no registry has, and a package that says it is another, is refused by its place', async (t) => {
  const { folder, collect } = await startWorld(t);
  await assert.rejects(collect({ packages: ['nothing-of-this-name'] }), { message: /E404|not found/i });
  const lock = {
    lockfileVersion: 3,
    packages: { 'node_modules/x': { version: '1.0.0', resolved: 'git+ssh://x' } },
  };
  await writeFile(join(folder, 'git.json'), JSON.stringify(lock));
  await assert.rejects(collect({ lock: 'git.json' }), {
    part: /git\.json: node_modules\/x$/,
    message: /has no SHA-512/,
  });
  const entry = (over: object) => ({
    lockfileVersion: 3,
    packages: {
      'node_modules/x': { version: '1.0.0', integrity: `sha512-${'A'.repeat(86)}==`, ...over },
    },
  });
  const locked = (over: object) => () => lockedPackages(Buffer.from(JSON.stringify(entry(over))), 'lock');
  assert.throws(locked({ name: '../x' }), { name: 'BundleError', part: 'lock' });
  assert.throws(locked({ version: '1.0.0/../..' }), { part: 'lock: node_modules/x', message: /no version/ });
  assert.throws(() => npmType.check(ITEM, 'items[0]'), { message: /either "lock" or "packages"/ });
});
