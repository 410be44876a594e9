/**
 * Exports out of a running region: an organization's data, by its own people. Three of them; the region's operator sees none of it, and carries a package that only the recipient
 * opens, where no region is.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { PROGRAM_FOLDER } from '#region/program.ts';
import { createOrganization, type Member, member } from './support/project.ts';
import { startRegion, type TestRegion } from './support/region.ts';

const CASEMATE = join(PROGRAM_FOLDER, 'casemate');

const policy = (key: string) =>
  JSON.stringify({
    apiVersion: 'gap.casemate.internal/v1',
    kind: 'ExportPolicy',
    metadata: { name: 'exports' },
    spec: { mayLeave: 'internal', types: ['text', 'gzip'], recipients: [{ name: 'lab', key }] },
  });

suite('a region that lets things out', { timeout: 540_000 }, () => {
  let region: TestRegion;
  let ann: Member;
  let ben: Member;
  let olga: Member;
  const file = (name: string) => join(region.scratch, name);
  /** Where no network is, and no region. */
  const offline = (command: string, ...args: readonly string[]) =>
    region.run('unshare', ['--net', command, ...args], {
      env: { KUBECONFIG: '/nonexistent', CASEMATE_DATA: '/nonexistent' },
    });

  before(async () => {
    region = await startRegion({ settings: 'incus:\n  mode: none' });
    ann = await createOrganization(region, 'acme', 'ann');
    const add = async (name: string, role: string) => {
      await ann.casemate('user', 'create', name, '--role', role, '--out', file(name));
      return member(region, file(name));
    };
    [ben, olga] = await Promise.all([add('ben', 'organization-admin'), add('olga', 'security-officer')]);
    mkdirSync(file('results'));
    writeFileSync(file('results/table.csv'), 'town,count\nEsch,41\n');
    writeFileSync(file('results/run.log.gz'), gzipSync('started\nended well\n'));
  });
  after(() => region?.destroy());

  const request = (who: Member, ...args: readonly string[]) =>
    who.tryCasemate('export', 'request', ...args, '--to', 'lab', '--reason', 'results of November');

  test('nothing leaves before a policy says what may, and to whom', async () => {
    await region.casemate('export', 'key', '--out', file('lab.key'));
    const none = await request(ann, file('results'), '--label', 'internal');
    assert.equal(none.code, 4, none.stderr);
    assert.match(none.stderr, /nothing leaves before there is an ExportPolicy/);
    const [, key = ''] = /(age1[a-z0-9]+)/.exec(readFileSync(file('lab.key'), 'utf8')) ?? [];
    await ann.apply(policy(key));
    const high = await request(ann, file('results'), '--label', 'restricted');
    assert.match(high.stderr, /spec\.label: restricted does not leave: internal is the highest/);
  });

  test('what a rule blocks is named by rule and place, and is deleted', async () => {
    writeFileSync(file('deploy.log'), 'ok\ntoken ghp_aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0iL3oR6 used\n');
    const blocked = await request(ann, file('deploy.log'), '--label', 'internal');
    assert.equal(blocked.code, 1);
    assert.match(blocked.stdout, /^deploy-log is Blocked: /);
    assert.match(blocked.stdout, /BLOCKED \(token\) deploy\.log, line 2, byte 9: GitHub token ghp_…\(40\)/);
    assert.doesNotMatch(blocked.stdout, /aB3dE6gH9jK2/);
  });

  test('two others read it and agree; it is released to the recipient alone, and the operator sees nothing of it', async () => {
    const asked = await request(ann, file('results'), '--label', 'internal');
    assert.equal(asked.code, 0, asked.stderr + asked.stdout);
    assert.match(
      asked.stdout,
      /^results is AwaitingApproval: [\s\S]*the checks found nothing\n {2}digest sha256:/,
    );
    const alone = await ann.tryCasemate('export', 'release', 'results');
    assert.equal(alone.code, 4);
    assert.match(alone.stderr, /release takes the approval of 2 people other than you/);

    const stranger = await ben.tryCasemate(
      'approval',
      'request',
      'release',
      'exportrequest/results',
      '--reason',
      'for ann',
    );
    assert.match(stranger.stderr, /ann asked for this export, and alone asks others to agree/);
    const question = await ann.casemate(
      'approval',
      'request',
      'release',
      'exportrequest/results',
      '--reason',
      'as planned',
    );
    const name = /\/(\S+) created/.exec(question)?.[1] ?? '';
    assert.match((await ann.tryCasemate('approval', 'approve', name)).stderr, /whoever asks cannot approve/);
    assert.equal(
      await olga.casemate('export', 'review', 'results', '--file', 'results/table.csv'),
      'town,count\nEsch,41\n',
    );
    await ben.casemate('export', 'review', 'results', '--out', file('read-by-ben'));
    assert.deepEqual(readdirSync(file('read-by-ben/results')).sort(), ['run.log.gz', 'table.csv']);
    assert.match(await ben.casemate('approval', 'approve', name), /1 of 2 approvals/);
    assert.match((await ann.tryCasemate('export', 'release', 'results')).stderr, /has 1 of 2/);
    assert.match(await olga.casemate('approval', 'approve', name), /is Approved: 2 of 2/);
    assert.match(await ann.casemate('export', 'release', 'results'), /^results is Released: /);

    // The operator has the machine, and neither the content nor the request.
    assert.equal((await region.casemate('export', 'list')).includes('results'), false);
    const asTenant = await region.run(CASEMATE, ['export', 'list', '--server', `${region.url}/orgs/acme`]);
    assert.notEqual(asTenant.code, 0);
    const held = join(region.data, 'gap/exports');
    const [realm = ''] = readdirSync(held);
    assert.deepEqual(
      readdirSync(join(held, realm)).filter((one) => one !== 'realm'),
      [],
    );

    await ann.casemate('export', 'fetch', 'results', '--out', file('carried'));
    writeFileSync(file('region.vkey'), await ann.casemate('ledger', 'key'));
    const carried = (name_: string) => file(`carried/${name_}`);
    const signed = ['--manifest', carried('manifest.dsse.json'), '--key', file('region.vkey')];
    const receipt = ['--receipt', carried('receipt.tlog-proof')];
    const verified = await offline(
      CASEMATE,
      'export',
      'verify',
      carried('package.age'),
      ...signed,
      ...receipt,
    );
    assert.equal(verified.code, 0, verified.stderr);
    assert.match(verified.stdout, /export results of testing\.casemate\.internal\/orgs\/acme\/changes/);
    assert.match(verified.stdout, /\(ed25519\)\n.*\(ml-dsa-44\)\n.*holds that people agreed to it/);
    const opened = await offline(
      CASEMATE,
      'export',
      'open',
      carried('package.age'),
      '--identity',
      file('lab.key'),
      '--out',
      file('opened'),
      ...signed,
    );
    assert.equal(opened.code, 0, opened.stderr);
    assert.equal(readFileSync(file('opened/results/table.csv'), 'utf8'), 'town,count\nEsch,41\n');
    // A stranger's tools.
    const theirs = await offline(
      'bash',
      '-c',
      `age --decrypt -i ${file('lab.key')} ${carried('package.age')} | tar -xO results/table.csv`,
    );
    assert.equal(theirs.stdout, 'town,count\nEsch,41\n', theirs.stderr);

    const bytes = readFileSync(carried('package.age'));
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 20) ^ 1, bytes.length - 20);
    writeFileSync(file('changed.age'), bytes);
    const changed = await offline(CASEMATE, 'export', 'verify', file('changed.age'), ...signed);
    assert.equal(changed.code, 1);
    assert.match(changed.stderr, /is not the package that was signed for/);
    const other = await offline(
      CASEMATE,
      'export',
      'open',
      file('changed.age'),
      '--identity',
      file('lab.key'),
      '--out',
      file('none'),
    );
    assert.match(other.stderr, /was changed or cut in its chunk/);
    assert.equal(readdirSync(region.scratch).includes('none'), false);
  });
});
