// `casemate bundle` as people type it: three signers on machines of their own, a root, a bundle, and what is said when something is wrong.
import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { bundleFolder } from './testing/bundle-folder.ts';

const RECIPE = `
name: town
version: 1
created: 2026-11-22T00:00:00Z
expires: 2126-11-22T00:00:00Z
roots: roots
items:
  - {type: files, name: notes, version: "1.0", licence: CC0-1.0, files: [{path: notes.txt}]}
`;

const startFolder = (t: TestContext) =>
  bundleFolder(t, { 'notes.txt': 'Meet at noon.\n', 'recipe.yaml': RECIPE });

test('from keys to a verified bundle: two of two sign the root, then the bundle, one after the other', async (t) => {
  const { path, run, done, passphrase } = await startFolder(t);
  for (const name of ['alice', 'bob'])
    await done('keys', 'new', '--signer', name, '--out', path('.'), ...passphrase);
  assert.equal((await stat(path('alice.key'))).mode & 0o777, 0o600);
  const again = await run('keys', 'new', '--signer', 'alice', '--out', path('.'), ...passphrase);
  assert.match(again.stderr, /alice\.key is there already; keys are never written over/);

  const signers = ['alice', 'bob'].flatMap((name) => ['--signer', path(`${name}.pub.json`)]);
  const made = await done('root', 'new', path('roots'), ...signers, '--expires', '2126-01-01T00:00:00Z');
  assert.match(made, /it still needs the signatures of\n {2}2 more of the signers of version 1/);
  const early = await run('build', path('recipe.yaml'), '--out', path('early.bundle'));
  assert.match(
    early.stderr,
    /^error: root 1: 0 of the 2 signers that version 1 of the root asks for signed it/,
  );
  for (const name of ['alice', 'bob'])
    await done('root', 'sign', path('roots'), '--key', path(`${name}.key`), ...passphrase);
  assert.match(
    await done('root', 'show', path('roots')),
    /sign bundles: 2 of 2\n {4}[\s\S]*all signatures that it needs are there/,
  );
  const facts = JSON.parse(await done('root', 'show', path('roots'), '-o', 'json'));
  assert.deepEqual(facts.signBundles, { threshold: 2, signers: ['alice', 'bob'] });
  assert.deepEqual(facts.missing, []);
  // What operators compare before they trust it.
  assert.ok((await done('root', 'show', path('roots'))).includes(`\n  digest ${facts.digest}\n`));

  const built = JSON.parse(
    await done('build', path('recipe.yaml'), '--out', path('town.bundle'), '-o', 'json'),
  );
  await done('build', path('recipe.yaml'), '--out', `${path('town')}/`);
  assert.match(await done('diff', path('town.bundle'), path('town')), /^the same content/);
  const verify = ['verify', path('town.bundle'), '--root', path('roots/1.root.json')];
  await done('sign', path('town.bundle'), '--key', path('alice.key'), ...passphrase);
  const refused = await run(...verify);
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    /is REFUSED \(Unsigned\)\n {2}timestamp: 1 of the 2 signers .* asks for signed it: bob did not sign/,
  );
  // Bob built it too, and sends his signatures only.
  const detached = ['--detached', path('bob.signatures')];
  await done('sign', path('town'), '--key', path('bob.key'), ...detached, ...passphrase);
  assert.match(await done('attach', path('town.bundle'), path('bob.signatures')), /targets: 2 of 2/);
  const verified = JSON.parse(await done(...verify, '-o', 'json'));
  assert.equal(verified.digest, built.digest);
  assert.deepEqual([...verified.signers].sort(), ['alice', 'bob']);
  assert.deepEqual(verified.items, ['files/notes/1.0']);
  assert.match(await done('inspect', path('town.bundle')), /NOT verified[\s\S]*notes\.txt {2}14 bytes/);

  const bytes = await readFile(path('town.bundle'));
  bytes.writeUInt8(bytes.readUInt8(bytes.indexOf('Meet at noon')) ^ 1, bytes.indexOf('Meet at noon'));
  await writeFile(path('town.bundle'), bytes);
  const damaged = await run(...verify, '-o', 'json');
  assert.equal(damaged.code, 1);
  const { reason, part } = JSON.parse(damaged.stdout);
  assert.equal(reason, 'WrongDigest');
  assert.match(part, /^files\/notes\/1\.0: blob sha256:/);
});

test('a recipe that is not right is told so by field', async (t) => {
  const { path, run } = await startFolder(t);
  const said = async (from: string, to: string) => {
    await writeFile(path('bad.yaml'), RECIPE.replace(from, to));
    const { code, stderr } = await run('build', path('bad.yaml'), '--out', path('x'));
    assert.equal(code, 1);
    return stderr.replaceAll(path('.').replace(/\.$/, ''), '');
  };
  assert.match(await said('version: 1\n', ''), /bad\.yaml: version: Required value/);
  assert.match(await said('licence: CC0-1.0, ', ''), /bad\.yaml: items\[0\].*licence: Required value/);
  assert.match(
    await said('type: files', 'type: floppies'),
    /items\[0\]: type: "floppies" should be one of files,/,
  );
  assert.match(
    await said('expires: 2126', 'expires: 1926'),
    /expires: 1926-11-22T00:00:00Z should be after created/,
  );
  assert.match(await said('roots: roots', 'roots: ['), /bad\.yaml: .*line/);
});
