// What is signed and still not wanted is refused by item, package and rule; an SBOM that is none, by its item.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOsvEntry } from '../advisories/sources/osv.ts';
import { type AdvisorySource, FolderSource } from '../advisories/store/folder.ts';
import { OSV_SAMPLE } from '../advisories/testing/samples.ts';
import type { Item } from '../bundle/contents.ts';
import { describe, MEDIA } from '../bundle/descriptor.ts';
import { scanBundle } from './scan.ts';

const SBOM = {
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  components: [
    {
      type: 'library',
      name: 'left',
      version: '1.0.0',
      purl: 'pkg:npm/left@1.0.0',
      licenses: [{ license: { id: 'Apache-2.0' } }],
    },
  ],
};

async function scanned(
  sbom: object,
  policy: Parameters<typeof scanBundle>[0]['policy'],
  source: AdvisorySource = new FolderSource('/nonexistent'),
) {
  const bytes = Buffer.from(JSON.stringify(sbom));
  const descriptor = describe(MEDIA.sbom, bytes);
  const item: Item = {
    path: 'npm/left/1',
    artifactType: undefined,
    manifest: descriptor,
    companion: descriptor,
    small: [descriptor],
    mediaType: MEDIA.manifest,
    layers: [],
    statements: [descriptor],
  };
  return scanBundle({ items: [item], read: async () => bytes, source, policy });
}

test('a policy refuses by item, package and rule, also where there are no advisories', async () => {
  const { scan, refusals } = await scanned(SBOM, { licences: { deny: ['Apache-2.0'] } });
  assert.equal(scan.packages, 1);
  assert.match(scan.message, /no advisory data was ever imported/);
  assert.deepEqual(
    refusals.map(({ reason, part }) => [reason, part]),
    [['Policy', 'npm/left/1: pkg:npm/left@1.0.0']],
  );
  assert.match(refusals[0]?.message ?? '', /^licences\.deny: left 1\.0\.0 is under/);
});

test('without a policy nothing of it is refused', async () => {
  assert.deepEqual((await scanned(SBOM, {})).refusals, []);
});

test('an SBOM that is none is refused by its item', async () => {
  const { refusals } = await scanned({ bomFormat: 'other' }, {});
  assert.deepEqual(
    refusals.map(({ reason, part }) => [reason, part]),
    [['Malformed', 'npm/left/1: SBOM']],
  );
});

test('what is found is named, the worst first, with what to take instead', async () => {
  const keyed = OSV_SAMPLE.flatMap((one) => parseOsvEntry(one).advisories);
  const lookup = {
    facts: async (key: string) => {
      const advisories = keyed.filter((one) => one.key === key).map(({ advisory }) => advisory);
      return advisories.length === 0 ? undefined : { key, advisories, statements: [] };
    },
  };
  const source: AdvisorySource = {
    newest: async () => ({ digest: '0', asOf: '2026-10-03T00:00:00Z', loadedAt: '2026-10-04T00:00:00Z' }),
    use: (_digest, work) => work(lookup as Parameters<typeof work>[0], 0),
  };
  const component = (name: string, version: string, purl: string) => ({
    type: 'library',
    name,
    version,
    purl,
  });
  const components = [
    component('pot', '0.6.0', 'pkg:npm/%40tea/pot@0.6.0'),
    component('left-kettle', '1.3.0', 'pkg:npm/left-kettle@1.3.0'),
  ];
  const { scan } = await scanned({ ...SBOM, components }, {}, source);
  assert.deepEqual(scan.open, { critical: 1, medium: 1 });
  assert.deepEqual(scan.findings, [
    {
      id: 'TEST-0000-npm-1',
      severity: 'critical',
      item: 'npm/left/1',
      package: 'left-kettle 1.3.0',
      fixedIn: '1.3.1',
      open: true,
    },
    {
      id: 'TEST-0000-npm-2',
      severity: 'medium',
      item: 'npm/left/1',
      package: '@tea/pot 0.6.0',
      open: true,
    },
  ]);
});
