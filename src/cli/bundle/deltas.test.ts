// `casemate bundle` with deltas, as people type it: built against an older bundle, signed, verified with and without it, looked at.
import assert from 'node:assert/strict';
import { stat, writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { folderOfOneSigner } from './testing/bundle-folder.ts';

const recipe = (version: number) => `
name: town
version: ${version}
created: 2026-11-22T00:00:00Z
expires: 2126-11-22T00:00:00Z
roots: roots
items:
  - {type: files, name: notes, version: "${version}.0", licence: CC0-1.0, files: [{path: notes-${version}.txt}, {path: same.txt}]}
`;

const lines = (from: number) =>
  Array.from({ length: 400 }, (_, at) => `${from + at}: ${((from + at) * 7_919).toString(36)}\n`).join('');

/** One signer, and town 1, signed. */
async function startFolder(t: TestContext) {
  const world = await folderOfOneSigner(t, {
    'recipe-1.yaml': recipe(1),
    'recipe-2.yaml': recipe(2),
    'same.txt': lines(0),
    'notes-1.txt': lines(1_000),
    'notes-2.txt': `${lines(1_000)}one more\n`,
  });
  await world.done('build', world.path('recipe-1.yaml'), '--out', world.path('town-1.bundle'));
  await world.sign('town-1.bundle');
  return world;
}

test('a bundle of deltas is built, signed, verified and looked at; its digest is the one of the whole bundle; options that mean nothing alone are refused', async (t) => {
  const { path, done, run, sign } = await startFolder(t);
  const whole = JSON.parse(
    await done('build', path('recipe-2.yaml'), '--out', path('whole.bundle'), '-o', 'json'),
  );
  const against = ['--against', path('town-1.bundle')];
  const said = await done('build', path('recipe-2.yaml'), '--out', path('town-2.bundle'), ...against);
  assert.match(said, /\n {2}1 as a delta: [0-9]+ bytes for [0-9]+ bytes, by zstd [0-9.]+, level 12\n/);
  assert.match(said, /\n {2}1 left out, which the region has: [0-9]+ bytes\n/);
  assert.ok(said.includes(whole.digest), said);
  assert.ok((await stat(path('town-2.bundle'))).size < (await stat(path('whole.bundle'))).size);
  await sign('town-2.bundle');

  const verify = ['verify', path('town-2.bundle'), '--root', path('roots/1.root.json')];
  const partly = await done(...verify);
  assert.match(partly, /verified, every byte that it carries; what is made of it was not/);
  assert.match(partly, /\n {2}builds on files\/notes\/1\.0: notes-1\.txt \(sha256:[0-9a-f]{64}\)/);
  assert.match(await done(...verify, '--base', path('town-1.bundle')), /: verified, every byte of /);

  const inspected = await done('inspect', path('town-2.bundle'));
  assert.match(inspected, /notes-2\.txt {2}[0-9]+ bytes {2}application\/octet-stream {2}as [0-9]+ bytes\n/);
  assert.match(inspected, /same\.txt {2}[0-9]+ bytes {2}application\/octet-stream {2}left out\n/);
  const { code, stdout } = await run('diff', path('town-1.bundle'), path('town-2.bundle'));
  assert.equal(code, 1);
  assert.match(
    stdout,
    /\nof it .*town-2\.bundle carries [0-9]+ bytes as deltas, and leaves out [0-9]+ bytes\n/,
  );

  const build = ['build', path('recipe-2.yaml'), '--out', path('x.bundle')];
  const alone = await run(...build, '--base', path('town-1.bundle'));
  assert.match(
    alone.stderr,
    /--base and --region-key are for deltas: say with --against what the region has/,
  );
  await writeFile(path('region.inventory'), '{"format":"something"}');
  const wrong = await run(...build, '--against', path('region.inventory'));
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /^error: .*region\.inventory: .*Required value/);
});
