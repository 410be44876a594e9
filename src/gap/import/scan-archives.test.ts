// A bundle that was signed by enough people and still holds an archive made to harm whoever unpacks it is refused before anybody is asked, by its item and its file.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { tarOf } from '../archive/testing/archives.ts';
import { blobPath, MEDIA, REF_NAME, sha256 } from '../bundle/descriptor.ts';
import { type BundleWorld, RECIPE } from '../bundle/testing/bundle-world.ts';
import { startImportWorld } from './testing/import-world.ts';

const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

/** An OCI image layout with one image of these layers, called web; and a recipe that carries it. */
async function imageOf(world: BundleWorld, name: string, layers: readonly Buffer[]): Promise<string> {
  const put = async (bytes: Buffer) => {
    const path = world.path(`${name}/${blobPath(sha256(bytes))}`);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
    return { digest: sha256(bytes), size: bytes.length };
  };
  const config = Buffer.from(
    JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers' } }),
  );
  const described = [];
  for (const layer of layers) described.push({ mediaType: LAYER, ...(await put(layer)) });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...(await put(config)) },
      layers: described,
    }),
  );
  const image = { mediaType: MEDIA.manifest, ...(await put(manifest)), annotations: { [REF_NAME]: 'web' } };
  await writeFile(world.path(`${name}/index.json`), JSON.stringify({ schemaVersion: 2, manifests: [image] }));
  return `${RECIPE.slice(0, RECIPE.indexOf('items:'))}items:
  - {type: oci-image, name: web, version: "1.0", licence: EUPL-1.2, layout: ${name}, reference: web}
`;
}

test('an archive that would write elsewhere is refused, with every signature in place; one that would not is let before people', async (t) => {
  const world = await startImportWorld(t);
  await world.trust();
  const bring = async (name: string, layers: readonly Buffer[]) => {
    const recipe = await imageOf(world.bundles, `layout-${name}`, layers);
    await world.bundles.signed(name, 'tar', { recipe });
    await world.carry(name);
    return world.bring(name);
  };
  const good = gzipSync(tarOf([{ name: 'etc/motd', content: 'welcome\n' }]));
  const bad = gzipSync(
    tarOf([
      { name: 'x', type: '2', link: '/etc' },
      { name: 'x/passwd', content: 'root::0' },
    ]),
  );
  const refused = await bring('bad', [good, bad]);
  assert.equal(refused.phase, 'Refused');
  assert.deepEqual(refused.refusals, [
    {
      reason: 'Archive',
      part: `oci-image/web/1.0: ${sha256(bad)}`,
      message: `oci-image/web/1.0: ${sha256(bad)}: "x/passwd" leads through "x", a link`,
    },
  ]);
  const waiting = await bring('good', [good]);
  assert.equal(waiting.phase, 'AwaitingApproval');
  assert.deepEqual(waiting.scan?.archives, { opened: 1, entries: 1 });
});
