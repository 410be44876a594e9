/**
 * Bundles into a running region: built and signed by people on a connected side, carried, verified, agreed to by two operators, published, and proven where no region is.
 * What was changed on the way is refused by its block, what is older than what was published by its role; volumes that were lost are made up for.
 */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { PROGRAM_FOLDER } from '#region/program.ts';
import { type ConnectedSide, connectedSide, twoOperators } from './support/gap.ts';
import type { Member } from './support/project.ts';
import { startRegion, type TestRegion } from './support/region.ts';

const CASEMATE = join(PROGRAM_FOLDER, 'casemate');

const item = (name: string, version: number) =>
  `  - {type: files, name: ${name}, version: "${version}.0", licence: CC0-1.0, files: [{path: ${name}.txt}]}\n`;

suite('a region that takes in bundles', { timeout: 540_000 }, () => {
  let region: TestRegion;
  let ann: Member;
  let ben: Member;
  let outside: ConnectedSide;
  const file = (name: string) => join(region.scratch, name);

  before(async () => {
    region = await startRegion({ settings: 'incus:\n  mode: none' });
    ({ ann, ben } = await twoOperators(region));
    outside = await connectedSide(region.scratch);
    for (const version of [1, 2, 3]) {
      writeFileSync(file('notes.txt'), `Meet at noon, ${version}.\n`);
      await outside.bundle('town', version, item('notes', version));
    }
  });
  after(() => region?.destroy());

  /** As the advice that the commands print says. */
  async function agree(transition: string, target: string): Promise<void> {
    const asked = await ann.casemate(
      'approval',
      'request',
      transition,
      target,
      '--reason',
      'the plan of November',
    );
    const request = /\/(\S+) created/.exec(asked)?.[1] ?? '';
    const own = await ann.tryCasemate('approval', 'approve', request);
    assert.match(own.stderr, /whoever asks cannot approve/);
    assert.match(await ben.casemate('approval', 'approve', request), /is Approved: 1 of 1/);
  }

  test('a root is proposed by one operator and counts once another agreed', async () => {
    const proposed = await ann.casemate('gap', 'trust', file('roots/1.root.json'));
    assert.match(proposed, /root 1 is AwaitingApproval\n {2}digest sha256:[0-9a-f]{64}\n.*2 of alice, bob/);
    const alone = await ann.tryCasemate('gap', 'trust', file('roots/1.root.json'));
    assert.equal(alone.code, 4);
    assert.match(alone.stderr, /trust takes the approval of 1 person other than you/);
    await agree('trust', 'bundletrust/region');
    assert.match(await ann.casemate('gap', 'trust', file('roots/1.root.json')), /^root 1 is Trusted/);
  });

  test('a bundle waits for two people, is published, and its receipt is proven offline', async () => {
    const waiting = await ann.casemate('gap', 'import', file('town-2.bundle'));
    assert.match(waiting, /^town-2 is AwaitingApproval/);
    assert.match(waiting, /signed by alice, bob: 2 are needed by version 1 of the root/);
    assert.match(waiting, /no advisory data was ever imported/);
    const alone = await ann.tryCasemate('gap', 'publish', 'town-2');
    assert.equal(alone.code, 4);
    assert.match(alone.stderr, /publish takes the approval of 1 person other than you/);
    assert.equal((await ann.tryCasemate('gap', 'receipt', 'town-2')).code, 1);
    await agree('publish', 'bundleimport/town-2');
    assert.match(await ann.casemate('gap', 'publish', 'town-2'), /^town-2 is Published/);

    const gap = join(region.data, 'gap');
    const { bundles } = JSON.parse(readFileSync(join(gap, 'content/published.json'), 'utf8'));
    assert.deepEqual(
      bundles.map(({ name, version }: { name: string; version: number }) => [name, version]),
      [['town', 2]],
    );
    assert.deepEqual(readdirSync(join(gap, 'inbox')), []);

    await ann.casemate('gap', 'receipt', 'town-2', '--out', file('town-2.receipt'));
    writeFileSync(file('region.vkey'), await ann.casemate('ledger', 'key'));
    const offline = await region.run(
      'unshare',
      ['--net', CASEMATE, 'ledger', 'check-receipt', file('town-2.receipt'), '--key', file('region.vkey')],
      { env: { KUBECONFIG: '/nonexistent', CASEMATE_DATA: '/nonexistent' } },
    );
    assert.equal(offline.code, 0, offline.stderr);
    assert.match(offline.stdout, /proven\.[\s\S]*bundleimports\.gap\.casemate\.internal/);
    const body = readFileSync(file('town-2.receipt.body.json'));
    assert.ok(offline.stdout.includes(`sha256:${hash('sha256', body)}`), offline.stdout);
    assert.match(body.toString(), /"phase":"Published"/);
  });

  test('a stream that breaks off is kept as far as it came, and the next one goes on there, from any machine', async () => {
    const bytes = readFileSync(file('town-3.bundle'));
    writeFileSync(file('first'), bytes.subarray(0, Math.floor(bytes.length / 2)));
    const importing = (input: string) =>
      region.run('sh', ['-c', `exec "$0" gap import - --name streamed < "$1"`, CASEMATE, file(input)], {
        // Nothing of the region's machine but how to reach it, and as whom.
        env: { KUBECONFIG: file('ann'), CASEMATE_DATA: '/nonexistent' },
      });
    const first = await importing('first');
    assert.equal(first.code, 1);
    assert.match(first.stderr, /the stream ended before the bundle did: .* came, and are kept/);
    const second = await importing('town-3.bundle');
    assert.equal(second.code, 0, second.stderr);
    assert.match(second.stdout, /^streamed is AwaitingApproval/);
    assert.deepEqual(readdirSync(join(region.data, 'gap/uploads')), []);
    // Who brought it is on record, with where it began and where it ended.
    const access = await ann.casemate('delete', 'bundleimport', 'streamed');
    assert.match(access, /streamed/);
  });

  test('a bundle with one other byte is refused by its blob, and one that is older by its role', async () => {
    // Of content that the region does not have: what it has is not even read from the medium.
    const bytes = readFileSync(file('town-3.bundle'));
    const at = bytes.indexOf('Meet at noon');
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(file('changed.bundle'), bytes);
    const changed = await ann.tryCasemate('gap', 'import', file('changed.bundle'));
    assert.equal(changed.code, 1);
    assert.match(
      changed.stdout,
      /^changed is Refused\n {2}REFUSED \(WrongDigest\)\n {4}files\/notes\/3\.0: blob sha256:[0-9a-f]{64}: its bytes are not those that were signed for/,
    );
    const old = await ann.tryCasemate('gap', 'import', file('town-1.bundle'), '-o', 'json');
    assert.equal(old.code, 1);
    const [refusal] = JSON.parse(old.stdout).status.refusals;
    assert.deepEqual([refusal.reason, refusal.part], ['Rollback', 'targets']);
    assert.match(await ann.casemate('gap', 'imports'), /town-1 +Refused[\s\S]*town-2 +Published +100%/);
    assert.deepEqual(
      readdirSync(join(region.data, 'gap/quarantine')).filter((name) => name !== ''),
      [],
    );
  });

  test('a folder of volumes, one of them lost and one damaged, comes in as what they were made of', async () => {
    const plan = Buffer.concat(
      Array.from({ length: 200_000 }, (_, at) => hash('sha256', `plan ${at}`, 'buffer')),
    );
    writeFileSync(file('plans.txt'), plan);
    const { path } = await outside.bundle('plans', 1, item('plans', 1));
    const split = [
      'bundle',
      'split',
      path,
      '--out',
      file('media'),
      '--volume-size',
      '1MB',
      '--parity',
      '30%',
    ];
    const said = await region.run(CASEMATE, split);
    assert.equal(said.code, 0, said.stderr);
    assert.match(said.stdout, /any [2-9] volumes may be lost whole/);
    const volumes = readdirSync(file('media')).toSorted();
    const [lost = '', damaged = ''] = volumes.slice(2);
    rmSync(file(`media/${lost}`));
    const bytes = readFileSync(file(`media/${damaged}`));
    writeFileSync(file(`media/${damaged}`), bytes.fill(0, 20_000, 40_000));
    const brought = await ann.tryCasemate('gap', 'import', file('media'), '--name', 'plans-1');
    assert.equal(brought.code, 0, brought.stderr);
    assert.match(
      brought.stderr,
      /[0-9]+ of [0-9]+ blocks of .*media were damaged or missing, and were repaired/,
    );
    assert.match(brought.stdout, /^plans-1 is AwaitingApproval/);
    await agree('publish', 'bundleimport/plans-1');
    assert.match(await ann.casemate('gap', 'publish', 'plans-1'), /^plans-1 is Published/);
    const published = join(region.data, 'gap/content/blobs/sha256', hash('sha256', plan));
    assert.ok(readFileSync(published).equals(plan));

    // Too few to make up for it: nothing comes into the inbox, and what is missing is named.
    for (const volume of volumes.slice(4, 8)) rmSync(file(`media/${volume}`));
    const few = await ann.tryCasemate('gap', 'import', file('media'), '--name', 'plans-2');
    assert.equal(few.code, 1);
    assert.match(few.stderr, /more blocks are needed at least.*volume 3 .*volume 4 /s);
    assert.deepEqual(readdirSync(join(region.data, 'gap/inbox')), []);
  });

  test('deltas: what is early waits for what it builds on and goes on by itself; the next is built against what the region says it has', async () => {
    const build = async (version: number, ...against: readonly string[]): Promise<string> => {
      const forms = Array.from({ length: 20_000 }, (_, at) => `form ${at}: ${(at * 7_919).toString(36)}\n`);
      forms[9_000 + version] = `changed in ${version}\n`;
      writeFileSync(file('forms.txt'), forms.join(''));
      return (await outside.bundle('forms', version, item('forms', version), ...against)).said;
    };
    await build(1);
    await build(2, '--against', file('forms-1.bundle'));
    const early = await ann.casemate('gap', 'import', file('forms-2.bundle'));
    assert.match(
      early,
      /^forms-2 is Receiving: it builds on content that is not here: files\/forms\/1\.0: forms\.txt \(sha256:[0-9a-f]{64}\); it goes on by itself/,
    );
    const publish = async (name: string) => {
      await agree('publish', `bundleimport/${name}`);
      assert.match(await ann.casemate('gap', 'publish', name), new RegExp(`^${name} is Published`));
    };
    await ann.casemate('gap', 'import', file('forms-1.bundle'));
    await publish('forms-1');
    const show = () => ann.casemate('gap', 'show', 'forms-2');
    let shown = await show();
    while (/^forms-2 is (Receiving|Verifying|Scanning)/.test(shown)) shown = await show();
    assert.match(shown, /^forms-2 is AwaitingApproval/);
    await publish('forms-2');
    const forms = readFileSync(file('forms.txt'));
    const published = join(region.data, 'gap/content/blobs/sha256', hash('sha256', forms));
    assert.ok(readFileSync(published).equals(forms));

    const taken = await ann.casemate('gap', 'inventory', '--out', file('region.inventory'));
    assert.match(taken, /: 4 bundles, 4 pieces of content, /);
    const against = ['--against', file('region.inventory'), '--region-key', file('region.vkey')];
    const said = await build(3, ...against, '--base', file('forms-1.bundle'));
    assert.match(said, /1 as a delta: [0-9]+ bytes for [0-9]+ bytes, by zstd /);
    assert.match(said, /what the region had at .*, proven by \S+\/changes/);
    assert.match(await ann.casemate('gap', 'import', file('forms-3.bundle')), /^forms-3 is AwaitingApproval/);
  });
});
