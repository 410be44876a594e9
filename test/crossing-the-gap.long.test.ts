/**
 * The whole of docs/crossing-the-gap.md in one region that has no way out: built and signed on a connected side, carried, agreed to by two operators, installed from by an instance; a
 * new release of Casemate comes into force under the running instance, a broken one goes away by itself; and a result leaves, agreed to by people of its organization.
 */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { type ConnectedSide, connectedSide, type Operators, twoOperators } from './support/gap.ts';
import { baseImage, createOrganization, type Member, manifest, member } from './support/project.ts';
import { startRegion, type TestRegion } from './support/region.ts';
import { releaseTree } from './support/releases.ts';

const MARK = '/run/still-running';

suite('across the gap, in and out', { timeout: 900_000 }, () => {
  let region: TestRegion;
  let outside: ConnectedSide;
  let operators: Operators;
  let alice: Member;
  let release: string;
  const file = (name: string) => join(region.scratch, name);
  const inside = (...command: string[]) => alice.inInstance('web', 'one', command);

  before(async () => {
    region = await startRegion({ airGapped: true });
    mkdirSync(file('connected'));
    mkdirSync(file('carried'));
    outside = await connectedSide(file('connected'));
    operators = await twoOperators(region);
    const image = await baseImage(region);
    release = image.replace(/-amd64$|-arm64$/, '');
    alice = await createOrganization(region, 'ministry');
    await alice.kubectl('create', 'namespace', 'web');
    await alice.apply(manifest(['lan'], [{ name: 'one', image, networks: ['lan'] }]), '-n', 'web');
    await alice.kubectl('-n', 'web', 'wait', '--for=condition=Ready', 'instance/one', '--timeout=120s');
    assert.equal((await inside('touch', MARK)).code, 0);
  });
  after(() => region?.destroy());

  /** As on a disk that somebody carries. */
  function carry(path: string, name: string): string {
    copyFileSync(path, file(`carried/${name}`));
    return file(`carried/${name}`);
  }

  async function bring(name: string, version: number, items: string): Promise<void> {
    const { ann, agree } = operators;
    const { path } = await outside.bundle(name, version, items);
    const arrived = carry(path, `${name}-${version}.bundle`);
    assert.match(await ann.casemate('gap', 'import', arrived), /is AwaitingApproval/);
    await agree('publish', `bundleimport/${name}-${version}`);
    assert.match(await ann.casemate('gap', 'publish', `${name}-${version}`), /is Published/);
  }

  const casemate = (version: string, tree: string) =>
    `  - {type: release, name: casemate, version: ${version}, licence: EUPL-1.2, tree: ${tree}}\n`;
  const running = async () => /casemate-([^"]+)"/.exec(await region.kubectl('get', '--raw', '/version'))?.[1];

  test('packages are built and signed outside, carried, and published by two people; an instance installs them', async () => {
    const { ann, agree } = operators;
    const root = carry(outside.root, '1.root.json');
    await ann.casemate('gap', 'trust', root);
    await agree('trust', 'bundletrust/region');
    assert.match(await ann.casemate('gap', 'trust', root), /is Trusted/);
    await bring(
      'tools',
      1,
      `  - {type: debian-repository, name: tools, version: "1.0", licence: LicenseRef-Debian, release: ${release}, packages: [jq]}\n`,
    );
    // The mirror follows what was published.
    const served =
      'for i in $(seq 300); do apt-get -q update >/dev/null && apt-get -qy install jq && exit 0; sleep 0.1; done; exit 1';
    const installed = await inside('sh', '-c', served);
    assert.equal(installed.code, 0, installed.stdout + installed.stderr);
    assert.equal((await inside('jq', '-n', '40 + 2')).stdout.trim(), '42');
  });

  test('a release of Casemate comes into force by two people, under a running instance; a broken one goes away by itself', async () => {
    const { ann, agree } = operators;
    const before_ = await running();
    for (const [number, version, fault] of [
      [1, '0.2.0', undefined],
      [2, '0.3.0', 'does not start'],
    ] as const) {
      const tree = releaseTree(file('connected'), version, { fault });
      await bring('casemate', number, casemate(version, tree));
      await ann.casemate('release', 'plan', version);
      await agree('apply', `release/${version}`);
      const applied = await ann.tryCasemate('release', 'apply', version);
      assert.equal(applied.code, fault === undefined ? 0 : 1, applied.stdout + applied.stderr);
      assert.equal(await running(), '0.2.0');
    }
    assert.notEqual(before_, '0.2.0');
    assert.match(await ann.casemate('release', 'list'), /0\.2\.0 +Running[\s\S]*0\.3\.0 +RolledBack/);
    assert.equal((await inside('test', '-e', MARK)).code, 0, 'the instance was never restarted');
    assert.match(await region.casemate('ledger', 'verify', '--log', 'changes'), /: verified/);
  });

  test('a result leaves when two others of its organization have read it, and only its recipient opens it', async () => {
    const add = async (name: string, role: string) => {
      await alice.casemate('user', 'create', name, '--role', role, '--out', file(name));
      return member(region, file(name));
    };
    const [carol, olga] = await Promise.all([
      add('carol', 'organization-admin'),
      add('olga', 'security-officer'),
    ]);
    await region.casemate('export', 'key', '--out', file('lab.key'));
    const [, key = ''] = /(age1[a-z0-9]+)/.exec(readFileSync(file('lab.key'), 'utf8')) ?? [];
    await alice.apply(
      JSON.stringify({
        apiVersion: 'gap.casemate.internal/v1',
        kind: 'ExportPolicy',
        metadata: { name: 'exports' },
        spec: { mayLeave: 'internal', types: ['text'], recipients: [{ name: 'lab', key }] },
      }),
    );
    writeFileSync(file('table.csv'), 'town,count\nEsch,41\n');
    const why = ['--to', 'lab', '--reason', 'results of November', '--label', 'internal'];
    assert.match(await alice.casemate('export', 'request', file('table.csv'), ...why), /is AwaitingApproval/);
    const [, name = ''] = /^(\S+)/.exec(await alice.casemate('get', 'exportrequests', '-o', 'name')) ?? [];
    const target = name.slice(name.indexOf('/') + 1);
    const asked = await alice.casemate(
      'approval',
      'request',
      'release',
      `exportrequest/${target}`,
      '--reason',
      'as planned',
    );
    const approval = /\/(\S+) created/.exec(asked)?.[1] ?? '';
    assert.equal(
      await olga.casemate('export', 'review', target, '--file', 'table.csv'),
      'town,count\nEsch,41\n',
    );
    for (const reviewer of [carol, olga]) await reviewer.casemate('approval', 'approve', approval);
    assert.match(await alice.casemate('export', 'release', target), /is Released/);
    await alice.casemate('export', 'fetch', target, '--out', file('out'));
    await region.casemate(
      'export',
      'open',
      file('out/package.age'),
      '--identity',
      file('lab.key'),
      '--out',
      file('opened'),
    );
    assert.equal(readFileSync(file('opened/table.csv'), 'utf8'), 'town,count\nEsch,41\n');
  });
});
