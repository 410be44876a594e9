import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { copyOf, OSV_SAMPLE, TRACKER_SAMPLE, VEX_SAMPLE } from '../testing/samples.ts';
import { baseScore, ratingOf } from './cvss.ts';
import { parseTrackerEntry } from './debian-tracker.ts';
import { parseVexDocument } from './openvex.ts';
import { parseOsvEntry } from './osv.ts';

/** Sets what a dotted path leads to. */
function spoil(sample: unknown, path: string, value: unknown): unknown {
  const copy = copyOf(sample);
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let at: Record<string, unknown> = copy;
  for (const key of keys) at = at[key] as Record<string, unknown>;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
}

const entry = TRACKER_SAMPLE['kettle-ssl']['CVE-0000-0002'];
const track = (value: unknown, path = ['kettle-ssl', 'CVE-0000-0002']) => parseTrackerEntry({ path, value });

describe('an entry of Debian’s tracker', () => {
  it('keeps open, resolved, undetermined, removed and no-dsa apart', () => {
    assert.deepEqual(track(entry), {
      key: 'debian/kettle-ssl',
      advisory: {
        id: 'CVE-0000-0002',
        aliases: [],
        severity: 'low',
        summary: 'Made up; Debian will not issue an advisory.',
        releases: {
          bookworm: { status: 'open', severity: 'low', noDsa: 'ignored' },
          sid: { status: 'open', severity: 'low' },
        },
      },
    });
    assert.deepEqual(track(TRACKER_SAMPLE.teapotd['CVE-0000-0006']).advisory.releases, {
      bookworm: { status: 'removed', severity: 'unknown', endOfLife: true },
    });
  });

  it('that is wrong is refused by its name and the field', () => {
    const cases: readonly (readonly [string, unknown, string])[] = [
      ['releases', undefined, 'releases is nothing; it must be an object'],
      ['releases.bookworm', 7, 'releases.bookworm is 7; it must be an object'],
      [
        'releases.bookworm.status',
        'fixed',
        'releases.bookworm.status is "fixed"; it must be open, resolved, undetermined, removed',
      ],
      [
        'releases.bookworm.status',
        'resolved',
        'releases.bookworm.fixed_version is missing; a resolved release says in which version, or 0 for never affected',
      ],
      [
        'releases.bookworm.fixed_version',
        'x y',
        'releases.bookworm.fixed_version is "x y", which is no Debian version',
      ],
    ];
    for (const [path, value, message] of cases) {
      assert.throws(() => track(spoil(entry, path, value)), {
        message: `debian-tracker: kettle-ssl CVE-0000-0002: ${message}`,
      });
    }
    assert.throws(
      () => track(spoil(entry, 'releases.bookworm.urgency', 'dire')),
      /urgency is "dire"; it must be one of high/,
    );
    assert.throws(
      () => track(entry, ['Not A Package', 'CVE-0000-0002']),
      /the source package is called "Not A Package"/,
    );
  });
});

describe('an entry of OSV', () => {
  it('gives each package its ranges, and its severity from the vector or the database', () => {
    const [first, second, withdrawn, debian] = OSV_SAMPLE.map((one) => parseOsvEntry(one));
    assert.deepEqual(
      first?.advisories.map(({ key, advisory }) => [key, advisory.severity, advisory.affected?.length]),
      [['npm/left-kettle', 'critical', 1]],
    );
    assert.equal(first?.advisories[0]?.advisory.affected?.[0]?.ranges.length, 1, 'commits are left out');
    assert.equal(second?.advisories[0]?.advisory.severity, 'medium');
    assert.deepEqual(withdrawn?.advisories, []);
    assert.deepEqual(
      debian?.advisories.map(({ key, advisory }) => [key, advisory.aliases, advisory.affected?.[0]?.release]),
      [['debian/kettle-ssl', ['CVE-0000-0001'], '12']],
    );
  });

  it('that is wrong is refused by its name and the field', () => {
    const refused = (path: string, value: unknown, message: string | RegExp) =>
      assert.throws(() => parseOsvEntry(spoil(OSV_SAMPLE[1], path, value)), { message });
    refused('id', undefined, 'osv: an entry: id is nothing; it must be a text that is not empty');
    refused('schema_version', '2.0.0', 'osv: TEST-0000-npm-2: schema_version is "2.0.0"; 1.x is read');
    refused('modified', 'yesterday', /modified is "yesterday"; it must be a time such as/);
    refused('affected', {}, 'osv: TEST-0000-npm-2: affected is {}; it must be a list');
    refused(
      'affected.0.ranges.0.type',
      'OTHER',
      /affected\[0\]\.ranges\[0\]\.type is "OTHER"; it must be SEMVER, ECOSYSTEM, GIT/,
    );
    refused(
      'affected.0.ranges.0.events.0',
      { fixed: '1.0.0' },
      /affected\[0\]\.ranges\[0\]\.events have no introduced/,
    );
    refused(
      'affected.0.ranges.0.events.1',
      { fixed: 'next' },
      /events\[1\]\.fixed is "next", which is no version of this ecosystem/,
    );
    refused('affected.0.ranges.0.events.1', { fixed: '1.0.0', limit: '2.0.0' }, /events\[1\] has 2 fields/);
  });
});

describe('a CVSS 3.1 vector', () => {
  it('comes to the scores that the specification’s examples have', () => {
    const scores = {
      'CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N': 6.4,
      'CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N': 3.1,
      'CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H': 10,
      'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H': 9.8,
      'CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:N': 0,
    };
    assert.deepEqual(Object.keys(scores).map(baseScore), Object.values(scores));
    assert.deepEqual([9.8, 6.4, 3.1, 0].map(ratingOf), ['critical', 'medium', 'low', 'negligible']);
    assert.equal(baseScore('CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N'), undefined);
    assert.equal(baseScore('CVSS:3.1/AV:N'), undefined);
  });
});

describe('an OpenVEX document', () => {
  it('gives a statement for each package, within its product where it names parts', () => {
    const { statements } = parseVexDocument(VEX_SAMPLE);
    assert.deepEqual(
      statements.map(({ key, statement }) => [key, statement.status, statement.within]),
      [
        ['debian/kettle-ssl', 'not_affected', undefined],
        ['npm/left-kettle', 'not_affected', 'pkg:npm/shop@1.0.0'],
      ],
    );
  });

  it('without a justification of not_affected is refused, like everything else that the standard asks for', () => {
    const refused = (path: string, value: unknown, message: RegExp) =>
      assert.throws(() => parseVexDocument(spoil(VEX_SAMPLE, path, value)), { message });
    refused(
      'statements.0.justification',
      undefined,
      /vex\/1 statement 1: justification is missing; not_affected needs one of component_not_present/,
    );
    refused(
      'statements.0.justification',
      'because',
      /justification is "because"; it must be component_not_present/,
    );
    refused(
      'statements.0.status',
      'fine',
      /status is "fine"; it must be not_affected, affected, fixed, under_investigation/,
    );
    refused('statements.0.status', 'affected', /action_statement is missing/);
    refused('statements.0.products', [], /products are missing/);
    refused(
      'statements.0.products.0.@id',
      'openssl',
      /products\[0\]\.@id is "openssl"; products are told by a package URL/,
    );
    refused(
      'statements.0.vulnerability',
      'CVE-0000-0002',
      /vulnerability is "CVE-0000-0002"; it must be an object/,
    );
    refused('@context', 'https://openvex.dev/ns/v9', /OpenVEX 0\.2\.0 is read/);
    refused('author', undefined, /author is nothing/);
  });
});
