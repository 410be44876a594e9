// `casemate bundle split`, `join` and `check-volumes` as people type them, and as a pipe through a diode that loses some of it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { MAIN, runCli } from '../resources/test-cli.ts';
import { folderOfOneSigner } from './testing/bundle-folder.ts';

const RECIPE = `
name: town
version: 1
created: 2026-11-22T00:00:00Z
expires: 2126-11-22T00:00:00Z
roots: roots
items:
  - {type: files, name: notes, version: "1.0", licence: CC0-1.0, files: [{path: model.bin}]}
`;
const MODEL_BYTES = 1_500_000;

type World = Awaited<ReturnType<typeof startFolder>>;

/** Keys, a root, a bundle that is signed. */
async function startFolder(t: TestContext) {
  const { folder, path, run, done, sign } = await folderOfOneSigner(t, {
    'model.bin': Buffer.alloc(MODEL_BYTES, 'weights '),
    'recipe.yaml': RECIPE,
  });
  await done('build', path('recipe.yaml'), '--out', path('town-1.bundle'));
  await sign('town-1.bundle', '--detached', path('alice.signatures'));
  await sign('town-1.bundle');
  return { folder, path, run, done, root: ['--root', path('roots/1.root.json')] };
}

test('volumes and streams of a bundle', async (t) => {
  const world = await startFolder(t);
  for (const [title, run] of cases) await t.test(title, () => run(world));
});

const cases: (readonly [title: string, run: (world: World) => Promise<void>])[] = [];

cases.push([
  'from a bundle to volumes, one of them lost, to a verified bundle: straight from the folder, and joined',
  async ({ path, run, done, root }) => {
    const said = await done(
      'split',
      path('town-1.bundle'),
      '--out',
      path('media'),
      '--volume-size',
      '200kB',
      '--parity',
      '20%',
    );
    assert.match(
      said,
      /: town 1, digest sha256:[0-9a-f]{64}\n {2}set [0-9a-f]{12}: 10 volumes, 190 blocks of 8 KiB and 40 to repair them with\n {2}any one volume may be lost whole\n/,
    );
    const volumes = (await readdir(path('media'))).sort();
    assert.equal(volumes[0], 'town-1.bundle.001-of-010');
    await rm(path(`media/${volumes[3]}`));
    assert.match(
      await done('check-volumes', path('media')),
      /volume 10 of 10 of set .*\nset [0-9a-f]{12}: .* what is missing can be repaired\n {2}missing: volume 4 \(all of its 23 blocks\)\n/,
    );
    assert.match(await done('verify', path('media'), ...root), /verified, every byte of/);
    const joined = await done('join', path('media'), '--out', path('joined'));
    assert.match(
      joined,
      /byte for byte what set [0-9a-f]{12} was made of\n {2}23 of 190 blocks were repaired\nnothing is verified yet/,
    );
    assert.ok((await readFile(path('joined'))).equals(await readFile(path('town-1.bundle'))));
    for (const at of [5, 6]) await rm(path(`media/${volumes[at]}`));
    const short = await run('join', path('media'), '--out', path('again'));
    assert.equal(short.code, 1);
    assert.match(
      short.stderr,
      /^error: set .* more blocks are needed at least, .* volume 4 .*; volume 6 .*; volume 7 .*\n.*add what is missing/,
    );
    assert.equal((await run('check-volumes', path('media'))).code, 1);
    const refused = await run('verify', path('media'), ...root);
    assert.match(refused.stderr, /REFUSED \(Missing\)/);
  },
]);

cases.push([
  'through a diode: a stream that loses some of itself comes out whole',
  async ({ folder, path, done, root }) => {
    // 80 KiB in the middle never arrive; the rest is repeated in part.
    const cut = `head -c 400000 sent; tail -c +480000 sent; head -c 30000 sent`;
    const casemate = `"${process.execPath}" "${MAIN}" bundle`;
    const script = `${casemate} split town-1.bundle --out - > sent && (${cut}) | ${casemate} join - --out sent.bundle`;
    const { stdout, stderr } = await promisify(execFile)('sh', ['-ec', script], { cwd: folder });
    assert.match(stderr, /town 1, digest sha256/);
    assert.match(stdout, /10 of 190 blocks were repaired, 3 came more than once/);
    assert.match(await done('verify', path('sent.bundle'), ...root), /verified/);
  },
]);

cases.push([
  'built straight into volumes, with what those signed who built the same',
  async ({ path, run, done, root }) => {
    const early = await run('build', path('recipe.yaml'), '--out', path('built'), '--volume-size', '4GB');
    assert.equal(early.code, 2);
    assert.match(early.stderr, /volumes cannot be signed, and there are no --signatures/);
    const options = ['--volume-size', '500 kB', '--signatures', path('alice.signatures')];
    const said = await done('build', path('recipe.yaml'), '--out', path('built'), ...options);
    assert.match(said, /4 volumes, .*\n[\s\S]* timestamp: 1 of 1: alice/);
    assert.match(await done('verify', path('built'), ...root), /verified, every byte/);
  },
]);

test('sizes and shares that are none are told so', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'volumes-cli-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const said = async (...args: readonly string[]) =>
    (await runCli(['bundle', 'split', 'x', '--out', 'y', ...args], folder, {})).stderr;
  assert.match(await said('--volume-size', '4'), /such as 4GB, 700MB or 25GiB/);
  assert.match(await said('--volume-size', '0GB'), /such as 4GB/);
  assert.match(await said('--parity', '101%'), /from 0% to 100%/);
  assert.match(await said('--parity', '0.1'), /such as 10%/);
  assert.match(await said(), /^error: .*x/);
});
