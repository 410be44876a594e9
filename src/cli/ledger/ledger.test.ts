// The ledger from the command line: a process of its own, against the real API server and its real logs.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { TEST_KINDS } from '#kernel/wire/test-kinds.ts';
import { runCli, startTestCli, type TestCli } from '../resources/test-cli.ts';

const PROJECT = (name: string) => `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}}\n`;
const SECRET = 'apiVersion: v1\nkind: Secret\nmetadata: {name: key}\ndata: {password: aHVudGVyMg==}\n';

async function withChanges(cli: TestCli): Promise<void> {
  const { code, stderr } = await cli.run(
    ['apply', '-f', '-'],
    [PROJECT('default'), PROJECT('shop'), SECRET].join('---\n'),
  );
  assert.equal(code, 0, stderr);
}

test('show tells who did what to which object, and no secret', async (t) => {
  const cli = await startTestCli(t, { kinds: TEST_KINDS });
  await withChanges(cli);
  const { stdout } = await cli.run(['ledger', 'show', '-o', 'json']);
  const leaves = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    leaves.map(({ index, type, actor, verb, resource, name }) => [index, type, actor, verb, resource, name]),
    [
      [0, 'genesis', undefined, undefined, undefined, undefined],
      [1, 'key', undefined, undefined, undefined, undefined],
      [2, 'change', 'alice', 'create', 'namespaces', 'default'],
      [3, 'change', 'alice', 'create', 'namespaces', 'shop'],
      [4, 'change', 'alice', 'create', 'secrets', 'key'],
    ],
  );
  assert.doesNotMatch(stdout, /aHVudGVyMg|hunter2/);
  const some = await cli.run(['ledger', 'show', '--from', '2', '--limit', '1']);
  assert.match(some.stdout, /^INDEX .*\n2 .*alice +create +namespaces\/default +api\n$/);
  assert.match(some.stderr, /^2 more: casemate ledger show --log changes --from 3\n$/);
  const following = cli.start(['ledger', 'show', '-f']);
  await following.shows('secrets/default/key');
  await cli.run(['delete', 'namespace', 'shop', '--no-wait']);
  await following.shows('delete');
  following.stop();
  await following.result;
});

test('show --index tells the object as it was then, or why it does not, and never what a secret holds', async (t) => {
  const cli = await startTestCli(t, { kinds: TEST_KINDS });
  await withChanges(cli);
  await cli.run(['delete', 'namespace', 'shop', '--no-wait']);
  const leaf = async (index: number) => {
    const { code, stdout, stderr } = await cli.run([
      'ledger',
      'show',
      '--index',
      String(index),
      '-o',
      'json',
    ]);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  };
  const [made, secret] = [await leaf(3), await leaf(4)];
  assert.deepEqual([made.verb, made.body.kind, made.body.metadata.name], ['create', 'Namespace', 'shop']);
  assert.match(secret.noBody, /the body of leaf 4 is sealed/);
  assert.equal(secret.body, undefined);
  const [text, genesis, none] = await Promise.all(
    [3, 0, 99].map((index) => cli.run(['ledger', 'show', '--index', String(index)])),
  );
  assert.match(text?.stdout ?? '', /^ {2}digest +sha256:.*\n(.*\n)* {2}body\n(.*\n)* {6}name: shop\n/m);
  assert.match(genesis?.stdout ?? '', /^ {2}type +genesis$/m);
  assert.deepEqual(
    [none?.code, none?.stderr.split('\n')[0]],
    [3, 'error: the changes log has leaves 0 to 5, not 99'],
  );

  const { realms, storage } = cli.server.testRealms;
  const { uid } = await realms.use('/orgs/acme', (realm) => realm);
  await storage.dropReplacedBodies(uid, 5);
  const dropped = await leaf(3);
  assert.deepEqual([dropped.digest, dropped.body], [made.digest, undefined]);
  assert.match(dropped.noBody, /the body of leaf 3 was dropped by retention/);
  const unaccounted = await cli.run(['ledger', 'verify', '--log', 'changes']);
  assert.match(
    unaccounted.stdout,
    /NOT WHOLE, 2 problems\n(.*\n)* {2}BODY_MISSING {2}leaf 3: the body beside leaf 3 is gone/,
  );
});

test('verify holds both logs against what they signed, and remembers them', async (t) => {
  const cli = await startTestCli(t, { kinds: TEST_KINDS });
  await withChanges(cli);
  const first = await cli.run(['ledger', 'verify']);
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /orgs\/acme\/changes: verified\n(.*\n)*.*orgs\/acme\/access: verified\n/);
  assert.match(first.stdout, /told by the server itself/);
  const second = await cli.run(['ledger', 'verify', '--log', 'changes']);
  assert.match(second.stdout, /remembered from the first time/);
});

test('verify holds the log against every checkpoint that was kept, not only the last', async (t) => {
  const cli = await startTestCli(t, { kinds: TEST_KINDS });
  const { realms } = cli.server.testRealms;
  for (const name of ['default', 'shop', 'lab']) {
    await cli.run(['create', '-f', '-'], PROJECT(name));
    await realms.takeCheckpoints('/orgs/acme');
  }
  const { stdout } = await cli.run(['ledger', 'verify', '--log', 'changes']);
  assert.match(stdout, /checkpoints +4 fit the leaves/);
  const served = await cli.server.send('GET', '/orgs/acme/ledger/changes/checkpoints');
  assert.equal(served.json().items.length, 4);
});

test('a log that was replaced cannot hide it from whoever verified it before', async (t) => {
  const cli = await startTestCli(t, { kinds: TEST_KINDS });
  await withChanges(cli);
  assert.equal((await cli.run(['ledger', 'verify', '--log', 'changes'])).code, 0);
  const { realms } = cli.server.testRealms;
  await realms.destroy('/orgs/acme');
  await realms.create('/orgs/acme');
  const replaced = await cli.run(['ledger', 'verify', '--log', 'changes']);
  assert.notEqual(replaced.code, 0);
  assert.match(
    `${replaced.stdout}${replaced.stderr}`,
    /signed by another key than the one remembered|ROLLED_BACK|FORKED/,
  );
  assert.equal((await cli.run(['ledger', 'verify', '--log', 'changes', '--forget'])).code, 0);
  assert.equal((await cli.run(['ledger', 'verify', '--log', 'changes'])).code, 0);
});

test('a receipt is checked on a machine that has nothing but the key', async (t) => {
  const cli = await startTestCli(t, { kinds: TEST_KINDS });
  await withChanges(cli);
  const proven = await cli.run(['ledger', 'prove', 'namespace', 'shop', '-o', 'shop.tlog-proof']);
  assert.equal(proven.code, 0, proven.stderr);
  const [key = ''] = (await cli.run(['ledger', 'key'])).stdout.split('\n');
  assert.ok(proven.stdout.includes(`casemate ledger check-receipt shop.tlog-proof --key '${key}'`));
  const elsewhere = (...args: string[]) => runCli(['ledger', 'check-receipt', ...args], cli.folder, {});
  const checked = await elsewhere('shop.tlog-proof', '--key', key, '-o', 'json');
  assert.equal(checked.code, 0, checked.stderr);
  const { leaf } = JSON.parse(checked.stdout);
  // Who it was stands in a file beside the receipt, and may be kept back.
  await rename(join(cli.folder, 'shop.tlog-proof.record.json'), join(cli.folder, 'who.json'));
  const without = JSON.parse((await elsewhere('shop.tlog-proof', '--key', key, '-o', 'json')).stdout).leaf;
  assert.deepEqual([without.digest, without.actor, without.name], [leaf.digest, undefined, undefined]);
  const given = await elsewhere('shop.tlog-proof', '--key', key, '--record', 'who.json', '-o', 'json');
  assert.deepEqual(JSON.parse(given.stdout).leaf, leaf);
  await writeFile(join(cli.folder, 'shop.tlog-proof.record.json'), '{}');
  const other = await elsewhere('shop.tlog-proof', '--key', key);
  assert.match(other.stderr, /shop\.tlog-proof\.record\.json does NOT belong to this receipt/);
  await rm(join(cli.folder, 'shop.tlog-proof.record.json'));
  assert.deepEqual(
    [leaf.actor, leaf.verb, leaf.resource, leaf.name],
    ['alice', 'create', 'namespaces', 'shop'],
  );
  await cli.write('key.txt', `${key}\n`);
  assert.match(
    (await elsewhere('shop.tlog-proof', '--key', 'key.txt')).stdout,
    /^shop\.tlog-proof: proven\. /,
  );

  const text = await readFile(join(cli.folder, 'shop.tlog-proof'), 'utf8');
  await cli.write('forged.tlog-proof', text.replace('index 3', 'index 2'));
  const forged = await elsewhere('forged.tlog-proof', '--key', key);
  assert.equal(forged.code, 1);
  assert.match(forged.stderr, /^error: forged\.tlog-proof does NOT prove anything: /);
  assert.equal((await elsewhere('nowhere', '--key', key)).code, 3);
  assert.equal((await elsewhere('shop.tlog-proof')).code, 2);
});

test('any leaf of either log can be proven by its index', async (t) => {
  const cli = await startTestCli(t, { kinds: TEST_KINDS });
  await withChanges(cli);
  await cli.run(['get', 'secret', 'key']);
  const access = await cli.run(['ledger', 'prove', '--log', 'access', '--index', '2', '-o', '-']);
  assert.equal(access.code, 0, access.stderr);
  assert.match(access.stdout, /^c2sp\.org\/tlog-proof@v1\nextra \S+\nindex 2\n/);
  const neither = await cli.run(['ledger', 'prove']);
  assert.deepEqual(
    [neither.code, neither.stderr],
    [2, 'error: what is to be proven? Give TYPE NAME, or --index N\n'],
  );
  assert.equal((await cli.run(['ledger', 'prove', 'namespace', 'shpo'])).code, 3);
});

test('an export verifies without its region, and tells when a byte of it was changed', async (t) => {
  const cli = await startTestCli(t, { kinds: TEST_KINDS });
  await withChanges(cli);
  await cli.run(['get', 'secret', 'key']);
  const exported = await cli.run(['ledger', 'export', 'copy']);
  assert.equal(exported.code, 0, exported.stderr);
  assert.match(exported.stdout, /^copy\/changes: 5 leaves\ncopy\/access: \d+ leaves\ncopy\/README\.md says/);
  for (const log of ['changes', 'access']) {
    const { stdout } = await cli.run(['ledger', 'key', '--log', log]);
    await writeFile(join(cli.folder, 'keys'), stdout, { flag: 'a' });
  }
  const verify = (...args: string[]) =>
    runCli(['ledger', 'verify', '--from', 'copy', '--key', 'keys', ...args], cli.folder, {});
  const whole = await verify();
  assert.equal(whole.code, 0, whole.stderr + whole.stdout);
  assert.match(whole.stdout, /orgs\/acme\/changes: verified\n(.*\n)*.*orgs\/acme\/access: verified\n/);
  assert.match((await cli.run(['ledger', 'export', 'copy'])).stderr, /copy is not empty/);
  const entries = join(cli.folder, 'copy/changes/tile/entries/000.p/5');
  const bytes = await readFile(entries);
  bytes.write('delete', bytes.indexOf('create', bytes.indexOf('"index":2')));
  await writeFile(entries, bytes);
  const changed = await verify('--log', 'changes');
  assert.equal(changed.code, 1);
  assert.match(changed.stdout, /NOT WHOLE, 1 problem\n(.*\n)* {2}LEAF_CHANGED {2}leaf 2: /);
});

test('what the export’s page says to do with common tools works', async (t) => {
  const cli = await startTestCli(t, { kinds: TEST_KINDS });
  await withChanges(cli);
  assert.equal((await cli.run(['ledger', 'export', 'copy'])).code, 0);
  const folder = join(cli.folder, 'copy');
  const page = await readFile(join(folder, 'README.md'), 'utf8');
  const script = page
    .slice(page.indexOf('## With nothing but common tools'))
    .split('\n')
    .filter((line) => line.startsWith('    '))
    .join('\n');
  const { stdout, stderr, status } = spawnSync('sh', ['-ec', script], { cwd: folder, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const tile = await readFile(join(folder, 'changes/tile/0/000.p/5'));
  assert.match(stdout, /^\{"format":"casemate\.internal\/leaf@v1","index":0,/);
  assert.ok(stdout.includes(`}${tile.toString('hex', 0, 32)}  -\n`), stdout);
  assert.match(stdout, /Signature Verified Successfully\n$/);
});
