import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  REPORT_KEY,
  REPORT_NAME,
  type ReportFinding,
  type ReportStatus,
  VulnerabilityReport,
} from '#gap/advisories/report/report-kind.ts';
import { OSV_SAMPLE, TRACKER_SAMPLE, VEX_SAMPLE } from '#gap/advisories/testing/samples.ts';
import { organizationRealm } from '#kernel/realm-id.ts';
import { runCli, startTestCli } from '../resources/test-cli.ts';

describe('casemate advisories', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'casemate-advisories-'));
    const osv = OSV_SAMPLE.map((one) => JSON.stringify(one, null, 2)).join('\n');
    const lock = {
      lockfileVersion: 3,
      packages: {
        'node_modules/left-kettle': { version: '1.3.0', license: 'MIT' },
        'node_modules/spout': { version: '1.0.0' },
      },
    };
    for (const [name, text] of [
      ['region.yaml', ''],
      ['tracker.json', JSON.stringify(TRACKER_SAMPLE)],
      ['osv.json', osv],
      ['vex.json', JSON.stringify(VEX_SAMPLE)],
      ['package-lock.json', JSON.stringify(lock)],
      ['policy.yaml', 'severities: {block: [critical]}\nlicences: {allow: [ISC], unknown: block}\n'],
    ] as const) {
      await writeFile(join(folder, name), text);
    }
  });
  after(() => rm(folder, { recursive: true }));
  const run = (...args: string[]) => runCli(['advisories', ...args], folder, { CASEMATE_DATA: folder });

  it('cannot scan before anything was loaded, nor load into no region', async () => {
    const scan = await run('scan', 'package-lock.json');
    assert.equal(scan.code, 1);
    assert.match(scan.stderr, /there is no advisory data in this region: casemate advisories load/);
    const load = await run('load', '--osv', 'osv.json', '--data', join(folder, 'nowhere'));
    assert.match(load.stderr, /there is no region in .*nowhere\n.*--data says where/);
    assert.equal((await run('load')).code, 2);
  });

  it('load says what there is, and refuses what is wrong by its name', async () => {
    const wrong = await run('load', '--osv', 'tracker.json');
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /osv: an entry: id is nothing/);
    const { stdout, stderr } = await run(
      'load',
      '--debian-tracker',
      'tracker.json',
      '--osv',
      'osv.json',
      '--openvex',
      'vex.json',
    );
    assert.match(
      stdout,
      /^9 advisories and 2 VEX statements on 4 packages, as of 2026-10-03T08:00:00Z\n/,
      stderr,
    );
    assert.equal((await stat(join(folder, 'advisories/newest.json'))).mode & 0o777, 0o644);
  });

  it('scan names what is found and, with a policy, what is refused, the rule and what to take', async () => {
    const { code, stdout } = await run('scan', 'package-lock.json', '--policy', 'policy.yaml');
    assert.equal(code, 4);
    assert.match(
      stdout,
      /TEST-0000-npm-1 +critical +left-kettle +1\.3\.0 +affected +pkg:npm\/left-kettle@1\.3\.1/,
    );
    assert.match(
      stdout,
      /severities\.block: left-kettle 1\.3\.0 has TEST-0000-npm-1 of severity critical: take 1\.3\.1 or later/,
    );
    assert.match(stdout, /licences\.allow: left-kettle 1\.3\.0 is under "MIT"; allowed are ISC/);
    assert.match(stdout, /licences\.unknown: spout 1\.0\.0 names no licence/);
    const data = JSON.parse((await run('scan', 'package-lock.json', '-o', 'json')).stdout);
    assert.deepEqual([data.packages, data.findings.length, data.refusals], [2, 1, []]);
  });
});

describe('casemate vulnerabilities', () => {
  const finding: ReportFinding = {
    id: 'CVE-0000-0001',
    aliases: ['TEST-0000-deb-1'],
    severity: 'high',
    state: 'affected',
    open: true,
    package: 'kettle-ssl',
    version: '3.0.1-1',
    purl: 'pkg:deb/debian/kettle-ssl@3.0.1-1?arch=source',
    fixedIn: '3.0.1-2',
    import: 'pkg:deb/debian/kettle-ssl@3.0.1-2?arch=source',
    summary: 'Made up.',
    where: ['shop/web', 'shop/db'],
    places: 3,
  };
  const status: ReportStatus = {
    observedGeneration: 1,
    data: {
      digest: '0'.repeat(64),
      asOf: '2026-01-01T00:00:00Z',
      loadedAt: '2026-01-02T00:00:00Z',
      skipped: 2,
    },
    scannedAt: '2026-01-03T00:00:00Z',
    subjects: [{ kind: 'instance', project: 'shop', name: 'web', packages: 90 }],
    findings: [
      finding,
      {
        ...finding,
        id: 'CVE-0000-0002',
        aliases: [],
        state: 'undetermined',
        note: 'removed',
        where: ['shop/web'],
        places: 1,
      },
    ],
    omitted: 0,
  };

  it('shows what has to be dealt with, all there is, and a page about one', async (t) => {
    const cli = await startTestCli(t, { kinds: [VulnerabilityReport] });
    const none = await cli.run(['vulnerabilities']);
    assert.equal(none.code, 1);
    assert.match(
      none.stderr,
      /there is no report: no instance runs here, or no advisory data was ever imported/,
    );
    const { realms } = cli.server.testRealms;
    const acme = organizationRealm('acme');
    await realms.use(acme, async ({ resources }) => {
      const context = cli.server.testRealms.context(acme);
      await resources.create(
        VulnerabilityReport,
        undefined,
        { metadata: { name: REPORT_NAME }, spec: {} },
        context,
      );
      await resources.modify(
        VulnerabilityReport,
        REPORT_KEY,
        context,
        (current) => ({ ...current, status }),
        {
          subresource: 'status',
        },
      );
    });
    const { stdout } = await cli.run(['vulnerabilities']);
    assert.match(
      stdout,
      /^1 looked into, 90 packages; advisories as of 2026-01-01T00:00:00Z \(\d+ days old\)/,
    );
    assert.match(stdout, /2 entries of the advisory data could not be read/);
    assert.match(
      stdout,
      /CVE-0000-0001 +high +kettle-ssl +3\.0\.1-1 +affected +3\.0\.1-2 +shop\/web and 2 more/,
    );
    assert.doesNotMatch(stdout, /CVE-0000-0002/);
    assert.match(stdout, /1 more are settled, negligible or not determined: --all/);
    assert.match((await cli.run(['vulnerabilities', '--all'])).stdout, /CVE-0000-0002 +high .* removed/);
    const page = (await cli.run(['vulnerabilities', 'TEST-0000-deb-1'])).stdout;
    assert.match(
      page,
      /^CVE-0000-0001\n +Severity +high\n[\s\S]*Import next +pkg:deb\/debian\/kettle-ssl@3\.0\.1-2/,
    );
    assert.match(
      (await cli.run(['vulnerabilities', 'CVE-0000-0002'])).stdout,
      /Because +the package was removed from this release, which does not mean/,
    );
    assert.match(
      (await cli.run(['vulnerabilities', 'CVE-0000-0009'])).stderr,
      /CVE-0000-0009 is not found in what runs here/,
    );
    const json = JSON.parse((await cli.run(['vulnerabilities', 'CVE-0000-0001', '-o', 'json'])).stdout);
    assert.deepEqual(json.findings, [finding]);
  });
});
