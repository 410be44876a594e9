// What is signed and still not wanted is refused by item, package and rule; an SBOM that is none, by its item.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FolderSource } from '../advisories/store/folder.ts';
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

async function scanned(sbom: object, policy: Parameters<typeof scanBundle>[0]['policy']) {
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
  const source = new FolderSource('/nonexistent');
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
