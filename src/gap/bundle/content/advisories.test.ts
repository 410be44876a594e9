// Advisories in a bundle: read and judged where it is built, carried as the file that regions look packages up in.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { AdvisoryStore } from '../../advisories/store/store.ts';
import { OSV_SAMPLE, TRACKER_SAMPLE, VEX_SAMPLE } from '../../advisories/testing/samples.ts';
import { advisoriesType } from './advisories.ts';

const ITEM = { type: 'advisories', name: 'all', version: '2026.11.22', licence: 'CC-BY-4.0' };
const FILES = [
  { kind: 'debian-tracker', path: 'tracker.json' },
  { kind: 'osv', path: 'osv.zip' },
  { kind: 'openvex', path: 'vex.json' },
];

async function startWorld(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'advisories-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'tracker.json'), JSON.stringify(TRACKER_SAMPLE));
  await writeFile(join(folder, 'vex.json'), JSON.stringify(VEX_SAMPLE));
  for (const [index, entry] of OSV_SAMPLE.entries()) {
    await writeFile(join(folder, `OSV-${index}.json`), JSON.stringify(entry));
  }
  const entries = OSV_SAMPLE.map((_, index) => `OSV-${index}.json`);
  execFileSync('python3', ['-m', 'zipfile', '-c', 'osv.zip', ...entries], { cwd: folder });
  const collect = async (more: object = {}) =>
    advisoriesType.collect(
      { ...ITEM, asOf: '2026-11-22T00:00:00Z', files: FILES, ...more },
      { folder, scratch: await mkdtemp(join(folder, 'scratch-')), report: () => {}, created: '' },
    );
  return { folder, collect };
}

test('tracker, OSV and VEX become one file that packages are looked up in; two collections are the same', async (t) => {
  const { collect } = await startWorld(t);
  const { config, layers, materials } = await collect();
  const about = JSON.parse(String(config.blob.content));
  assert.deepEqual([about.asOf, about.advisories, about.statements], ['2026-11-22T00:00:00Z', 9, 2]);
  assert.deepEqual(
    materials.map(({ name }) => name),
    ['tracker.json', 'osv.zip', 'vex.json'],
  );
  const store = await AdvisoryStore.open(String(layers[0]?.blob.content));
  t.after(() => store.close());
  assert.equal(store.index.advisories, 9);
  const again = await collect();
  assert.equal(again.layers[0]?.blob.digest, layers[0]?.blob.digest);
  assert.equal(again.config.blob.digest, config.blob.digest);
});

test('a file with a wrong entry is refused by the entry, one that is not there or a link by its path', async (t) => {
  const { folder, collect } = await startWorld(t);
  const one = (kind: string, path: string) => ({ files: [{ kind, path }] });
  await writeFile(join(folder, 'wrong.json'), JSON.stringify([{ id: 'X', modified: 'yesterday' }]));
  await assert.rejects(collect(one('osv', 'wrong.json')), {
    name: 'BundleError',
    part: 'advisories/all/2026.11.22',
    message: /wrong\.json|osv: X/,
  });
  await assert.rejects(collect(one('osv', 'nowhere.json')), { reason: 'Missing', message: /nowhere\.json/ });
  await symlink('tracker.json', join(folder, 'link.json'));
  await assert.rejects(collect(one('debian-tracker', 'link.json')), { message: /links are not followed/ });
  await writeFile(join(folder, 'no.zip'), 'this is no zip file');
  await assert.rejects(collect(one('osv', 'no.zip')), { message: /no\.zip: cannot be unzipped/ });
  await assert.rejects(collect({ ...one('debian-tracker', 'tracker.json'), asOf: undefined }), {
    name: 'BundleError',
  });
});
