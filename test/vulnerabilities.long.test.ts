/**
 * What is vulnerable inside, end to end: the operator loads advisories, each tenant sees what is found in their own instances and nobody else's,
 * and a later load settles it. The vulnerabilities are made up, in packages that every image has.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { baseImage, createOrganization, type Member, manifest } from './support/project.ts';
import { startRegion, type TestRegion } from './support/region.ts';

/** No real package ever has it, so everything that is installed is older. */
const FIXED = '99999:1-1';

suite('what is vulnerable inside', { timeout: 300_000 }, () => {
  let region: TestRegion;
  let ministry: Member;
  let hospital: Member;
  let image: string;

  before(async () => {
    region = await startRegion();
    image = await baseImage(region);
    ministry = await createOrganization(region, 'ministry');
    hospital = await createOrganization(region, 'hospital');
    for (const [who, project, name] of [
      [ministry, 'web', 'front'],
      [hospital, 'ward', 'records'],
    ] as const) {
      await who.kubectl('create', 'namespace', project);
      await who.apply(manifest([], [{ name, image }]), '-n', project);
      await who.kubectl('-n', project, 'wait', '--for=condition=Ready', `instance/${name}`, '--timeout=60s');
    }
  });
  after(() => region?.destroy());

  const file = (name: string, value: unknown) => {
    const path = join(region.scratch, name);
    writeFileSync(path, JSON.stringify(value));
    return path;
  };
  const tracker = (name: string) => ({
    [name]: {
      'CVE-0000-7777': {
        description: 'Made up.',
        releases: { bookworm: { status: 'resolved', fixed_version: FIXED, urgency: 'high' } },
      },
    },
  });
  interface Report {
    readonly findings: readonly { id: string; where: string[]; import: string; open: boolean }[];
    readonly subjects: readonly { name: string; packages: number; problem?: string }[];
  }
  const report = async (who: Pick<Member, 'casemate'>): Promise<Report> =>
    JSON.parse(await who.casemate('vulnerabilities', '--again', '-o', 'json'));

  test('says that there is no data, as long as there is none', async () => {
    const { code, stderr } = await ministry.tryCasemate('vulnerabilities');
    assert.equal(code, 1);
    assert.match(stderr, /no advisory data was ever imported/);
  });

  test('is shown to each tenant of their own instances, with what to import next', async () => {
    const said = await region.casemate(
      ...['advisories', 'load', '--debian-tracker', file('tracker.json', tracker('bash'))],
      ...['--as-of', new Date().toISOString()],
    );
    assert.match(said, /^1 advisories and 0 VEX statements on 1 packages/);
    for (const [who, own, other] of [
      [ministry, 'web/front', 'records'],
      [hospital, 'ward/records', 'front'],
    ] as const) {
      const { findings, subjects } = await report(who);
      assert.deepEqual(
        findings.map(({ id, where }) => [id, where]),
        [['CVE-0000-7777', [own]]],
      );
      assert.equal(findings[0]?.import, `pkg:deb/debian/bash@${FIXED}?arch=source`);
      assert.deepEqual(
        subjects.map(({ problem }) => problem),
        [undefined],
      );
      assert.doesNotMatch(await who.kubectl('get', 'vulnerabilityreports', '-o', 'yaml'), new RegExp(other));
    }
    const page = await ministry.casemate('vulnerabilities', 'CVE-0000-7777');
    assert.match(page, /Severity +high[\s\S]*Fixed in +99999:1-1[\s\S]*Where +web\/front/);
    const { subjects } = await report(region);
    assert.deepEqual(
      subjects.map(({ name, problem }) => [name, problem]),
      [
        ['casemate', undefined],
        ['this machine', undefined],
        [image, undefined],
      ],
    );
    assert.ok(subjects.every(({ packages }) => packages > 50));
  });

  test('is shown to nobody else: not to another tenant, not to the operator', async () => {
    const path = '/orgs/ministry/apis/advisories.casemate.internal/v1/vulnerabilityreports/newest';
    await assert.rejects(region.kubectl('get', '--raw', path), /must be logged in/);
    await assert.rejects(
      hospital.kubectl('--server', `${region.url}/orgs/ministry`, 'get', 'vulnerabilityreports'),
      /must be logged in/,
    );
    await assert.rejects(
      ministry.kubectl(
        'patch',
        'vulnerabilityreport',
        'newest',
        '--subresource=status',
        '--type=merge',
        '-p',
        '{"status":{"findings":[]}}',
      ),
      /[Ff]orbidden/,
    );
  });

  test('is settled by a VEX statement, and gone with newer data that says so', async () => {
    const vex = {
      '@context': 'https://openvex.dev/ns/v0.2.0',
      '@id': 'https://example.invalid/vex',
      author: 'Region security',
      timestamp: new Date().toISOString(),
      statements: [
        {
          vulnerability: { name: 'CVE-0000-7777' },
          products: [{ '@id': 'pkg:deb/debian/bash' }],
          status: 'not_affected',
          justification: 'inline_mitigations_already_exist',
        },
      ],
    };
    const both = [
      '--debian-tracker',
      file('tracker.json', tracker('bash')),
      '--openvex',
      file('vex.json', vex),
    ];
    await region.casemate('advisories', 'load', ...both);
    assert.deepEqual(
      (await report(ministry)).findings.map(({ open }) => open),
      [false],
    );
    await region.casemate(
      'advisories',
      'load',
      '--debian-tracker',
      file('other.json', tracker('no-such-package')),
      '--as-of',
      new Date().toISOString(),
    );
    assert.deepEqual((await report(ministry)).findings, []);
  });
});
