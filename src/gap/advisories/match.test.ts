import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { debianInventory } from './inventory/dpkg.ts';
import { expressionOf, holds } from './licence.ts';
import { type Finding, match } from './match.ts';
import type { Inventory, PackageFacts, PackageKey } from './model.ts';
import { judge, parsePolicy } from './policy.ts';
import { npmPurl } from './purl.ts';
import { parseTrackerEntry } from './sources/debian-tracker.ts';
import { parseVexDocument } from './sources/openvex.ts';
import { parseOsvEntry } from './sources/osv.ts';
import type { AdvisoryLookup } from './store/store.ts';
import { OSV_SAMPLE, TRACKER_SAMPLE, VEX_SAMPLE } from './testing/samples.ts';

/** The samples, looked up as the store does. */
function lookupOf(vex: unknown = VEX_SAMPLE): AdvisoryLookup {
  const keyed = [
    ...Object.entries(TRACKER_SAMPLE).flatMap(([name, all]) =>
      Object.entries(all).map(([id, value]) => parseTrackerEntry({ path: [name, id], value })),
    ),
    ...OSV_SAMPLE.flatMap((one) => parseOsvEntry(one).advisories),
  ];
  const { statements } = parseVexDocument(vex);
  return {
    async facts(key: PackageKey): Promise<PackageFacts | undefined> {
      const advisories = keyed.filter((one) => one.key === key).map(({ advisory }) => advisory);
      const said = statements.filter((one) => one.key === key).map(({ statement }) => statement);
      return advisories.length > 0 ? { key, advisories, statements: said } : undefined;
    },
  };
}

const machine = (name: string, version: string, codeName = 'bookworm') =>
  debianInventory(
    `Package: ${name}\nStatus: install ok installed\nVersion: ${version}\n`,
    `ID=debian\n${codeName === '' ? '' : `VERSION_CODENAME=${codeName}\n`}VERSION_ID="?"\n`,
  );

const npm = (name: string, version: string, licence?: string, purl?: string): Inventory => ({
  ...(purl === undefined ? {} : { purl }),
  packages: [
    {
      ecosystem: 'npm',
      name,
      version,
      purl: npmPurl(name, version),
      ...(licence === undefined ? {} : { licence }),
    },
  ],
  unidentified: [],
});

const brief = (findings: readonly Finding[]) =>
  findings.map(({ id, severity, state, fixedIn, note, isOpen }) =>
    [id, severity, state, fixedIn, note, isOpen ? 'open' : 'settled']
      .filter((one) => one !== undefined)
      .join(' '),
  );
const found = async (inventory: Inventory, vex?: unknown) => brief(await match(inventory, lookupOf(vex)));

describe('what is found in a Debian machine', () => {
  it('is what its own release has, with the fix to import, and what VEX settles comes last', async () => {
    const findings = await match(machine('kettle-ssl', '3.0.1-1~deb12u1'), lookupOf());
    assert.deepEqual(brief(findings), [
      'CVE-0000-0001 high affected 3.0.1-1~deb12u2 open',
      'CVE-0000-0004 unknown undetermined undetermined open',
      'CVE-0000-0002 low affected no-dsa settled',
    ]);
    assert.equal(findings[0]?.import, 'pkg:deb/debian/kettle-ssl@3.0.1-1~deb12u2?arch=source');
    assert.deepEqual(findings[0]?.aliases, ['TEST-0000-deb-1'], 'two sources, one finding');
    assert.equal(findings[2]?.vex?.justification, 'vulnerable_code_not_in_execute_path');
    assert.equal(findings[2]?.detail, 'ignored');
  });

  it('is gone with the fix, also with that of a later version from unstable', async () => {
    const rest = [
      'CVE-0000-0004 unknown undetermined undetermined open',
      'CVE-0000-0002 low affected no-dsa settled',
    ];
    assert.deepEqual(await found(machine('kettle-ssl', '3.0.1-1~deb12u2')), rest);
    assert.deepEqual(await found(machine('kettle-ssl', '3.2.0-1')), rest);
  });

  it('is not held to be clean when the package was removed or the release is not known', async () => {
    assert.deepEqual(await found(machine('teapotd', '1.0-1')), [
      'CVE-0000-0005 medium undetermined unlisted open',
      'CVE-0000-0006 unknown undetermined removed open',
    ]);
    assert.deepEqual(await found(machine('teapotd', '2.0-1~bpo12+1')), [
      'CVE-0000-0005 medium undetermined unlisted open',
      'CVE-0000-0006 unknown undetermined removed open',
    ]);
    assert.deepEqual(await found(machine('teapotd', '2.0-1')), [
      'CVE-0000-0006 unknown undetermined removed open',
    ]);
    assert.deepEqual(await found(machine('kettle-ssl', '3.0.1-1~deb12u1', '')), [
      'CVE-0000-0001 high undetermined no-release open',
      'CVE-0000-0003 negligible undetermined no-release open',
      'CVE-0000-0004 unknown undetermined no-release open',
      'CVE-0000-0002 low undetermined no-release settled',
    ]);
  });
});

describe('what is found among npm packages', () => {
  it('follows ranges, last_affected and listed versions', async () => {
    assert.deepEqual(await found(npm('left-kettle', '1.3.0')), [
      'TEST-0000-npm-1 critical affected 1.3.1 open',
    ]);
    assert.deepEqual(await found(npm('left-kettle', '1.3.1')), []);
    assert.deepEqual(await found(npm('left-kettle', '2.0.5')), [
      'TEST-0000-npm-1 critical affected 2.1.0 open',
    ]);
    assert.deepEqual(await found(npm('@tea/pot', '0.9.2')), ['TEST-0000-npm-2 medium affected open']);
    assert.deepEqual(await found(npm('@tea/pot', '0.4.9')), ['TEST-0000-npm-2 medium affected open']);
    assert.deepEqual(await found(npm('@tea/pot', '0.9.3')), []);
    assert.deepEqual(await found(npm('left-kettle', 'latest')), [
      'TEST-0000-npm-1 critical undetermined no-version open',
    ]);
  });

  it('is settled by a statement only within the product that it names', async () => {
    const shop = npm('left-kettle', '1.3.0', undefined, 'pkg:npm/shop@1.0.0');
    assert.deepEqual(await found(shop), ['TEST-0000-npm-1 critical affected 1.3.1 settled']);
    const other = npm('left-kettle', '1.3.0', undefined, 'pkg:npm/shop@1.0.1');
    assert.deepEqual(await found(other), ['TEST-0000-npm-1 critical affected 1.3.1 open']);
  });

  it('is opened again by a newer statement', async () => {
    const [, statement] = VEX_SAMPLE.statements;
    const later = {
      ...statement,
      status: 'affected',
      action_statement: 'Update.',
      timestamp: '2026-10-09T00:00:00Z',
    };
    const vex = { ...VEX_SAMPLE, statements: [later, ...VEX_SAMPLE.statements] };
    const shop = npm('left-kettle', '1.3.0', undefined, 'pkg:npm/shop@1.0.0');
    assert.deepEqual(await found(shop, vex), ['TEST-0000-npm-1 critical affected 1.3.1 open']);
  });
});

describe('a policy', () => {
  const refusals = async (policy: unknown, inventory: Inventory) =>
    judge(parsePolicy(policy), inventory, await match(inventory, lookupOf()));

  it('refuses severities by the package, the rule and what to take instead', async () => {
    const machineRefusals = await refusals(
      { severities: { block: ['high', 'low', 'unknown'] } },
      machine('kettle-ssl', '3.0.1-1~deb12u1'),
    );
    assert.deepEqual(machineRefusals, [
      {
        package: 'pkg:deb/debian/kettle-ssl@3.0.1-1~deb12u1?arch=source',
        rule: 'severities.block',
        message:
          'kettle-ssl 3.0.1-1~deb12u1 has CVE-0000-0001 of severity high: take 3.0.1-1~deb12u2 or later',
      },
    ]);
    const unsure = await refusals(
      { severities: { block: ['unknown'], undetermined: 'block' } },
      machine('kettle-ssl', '3.0.1-1~deb12u2'),
    );
    assert.deepEqual(
      unsure.map(({ rule }) => rule),
      ['severities.undetermined'],
    );
    const unfixed = npm('@tea/pot', '0.9.2');
    assert.equal((await refusals({ severities: { block: ['medium'] } }, unfixed)).length, 1);
    assert.equal((await refusals({ severities: { block: ['medium'], onlyFixed: true } }, unfixed)).length, 0);
  });

  it('refuses licences and sources', async () => {
    const licences = { allow: ['MIT', 'Apache-2.0'], deny: ['AGPL-3.0-only'], unknown: 'block' };
    const rules = async (licence?: string) =>
      (await refusals({ licences }, npm('spout', '1.0.0', licence))).map(({ rule }) => rule);
    assert.deepEqual(await rules('MIT'), []);
    assert.deepEqual(await rules('(GPL-2.0-only OR MIT) AND Apache-2.0'), []);
    assert.deepEqual(await rules('MIT AND GPL-2.0-only'), ['licences.allow']);
    assert.deepEqual(await rules('AGPL-3.0-only'), ['licences.deny']);
    assert.deepEqual(await rules('AGPL-3.0-only OR MIT'), []);
    assert.deepEqual(await rules(), ['licences.unknown']);
    const sources = { allow: ['pkg:deb/debian', 'pkg:npm/%40tea'] };
    assert.deepEqual(await refusals({ sources }, npm('@tea/cup', '1.0.0')), []);
    assert.deepEqual(await refusals({ sources }, npm('spout', '1.0.0')), [
      {
        package: 'pkg:npm/spout@1.0.0',
        rule: 'sources.allow',
        message: 'spout 1.0.0 is pkg:npm/spout@1.0.0; packages may come from pkg:deb/debian, pkg:npm/%40tea',
      },
    ]);
    const vendored: Inventory = {
      packages: [],
      unidentified: [{ name: 'vendored', why: 'it has no package URL (purl)' }],
    };
    assert.deepEqual(await refusals({ unidentified: 'block' }, vendored), [
      {
        package: 'vendored',
        rule: 'unidentified',
        message: 'vendored cannot be looked up: it has no package URL (purl)',
      },
    ]);
  });

  it('that is wrong is refused by its field', () => {
    assert.throws(() => parsePolicy({ severities: { block: ['severe'] } }), {
      code: 'Invalid',
      message: /policy: severities\.block\.0 .*"severe"/,
    });
    assert.throws(() => parsePolicy({ severity: {} }), { code: 'Invalid' });
    assert.throws(
      () => parsePolicy({ sources: { allow: ['npm'] } }),
      /sources\.allow has "npm"; it must begin a package URL/,
    );
    assert.throws(() => parsePolicy([]), { code: 'Invalid' });
  });

  it('reads licence expressions by the standard, and other texts as one name', () => {
    const ids = (text: string) => JSON.stringify(expressionOf(text));
    assert.equal(
      ids('GPL-2.0-only WITH Classpath-exception-2.0'),
      '{"id":"GPL-2.0-only WITH Classpath-exception-2.0"}',
    );
    assert.equal(ids('A OR B AND C'), '{"any":[{"id":"A"},{"all":[{"id":"B"},{"id":"C"}]}]}');
    for (const text of [
      'SEE LICENSE IN x',
      'A OR',
      '(A',
      'A AND OR B',
      'Kettle licence, v1',
      `${'('.repeat(50)}A${')'.repeat(50)}`,
    ]) {
      assert.deepEqual(expressionOf(text), { id: text });
    }
    assert.equal(
      holds(expressionOf('GPL-2.0-only WITH Classpath-exception-2.0'), (id) => id === 'GPL-2.0-only'),
      true,
    );
  });
});
