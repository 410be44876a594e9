/** Lists what is published: from `published.json` and the manifests that it names, each held against its digest. */
import { readFile } from 'node:fs/promises';
import { hadItem } from '../bundle/delta/against.ts';
import { type Descriptor, sha256 } from '../bundle/descriptor.ts';
import { readManifest, readManifestOrList } from '../bundle/manifest.ts';
import { BundleError } from '../bundle/problem.ts';
import type { ContentStore } from '../import/content-store.ts';
import type { Inventory } from './inventory.ts';

/** Throws BundleError when what was published is damaged. */
export async function takeInventory(
  content: Pick<ContentStore, 'bundles' | 'blobPath'>,
  takenAt: string,
): Promise<Inventory> {
  const bundles: Inventory['bundles'] = [];
  const listed = new Set<string>();
  for (const { name, version, digest, created, items } of (await content.bundles()).toReversed()) {
    const own: Inventory['bundles'][number]['items'] = [];
    for (const { path, manifest } of items) {
      const isListed = listed.has(manifest.digest);
      listed.add(manifest.digest);
      own.push({
        path,
        digest: manifest.digest,
        ...(isListed ? {} : { layers: await layersOf(content, path, manifest.digest) }),
      });
    }
    bundles.push({ name, version, digest, created, items: own });
  }
  return { format: 'casemate-inventory-v1', takenAt, bundles };
}

async function layersOf(content: Pick<ContentStore, 'blobPath'>, path: string, digest: string) {
  const read = readManifestOrList(await readDigest(content, path, digest), path);
  const layers = new Map<string, Descriptor>();
  for (const image of 'list' in read ? read.list.manifests : []) {
    const own = readManifest(await readDigest(content, path, image.digest), path);
    for (const layer of own.layers) layers.set(layer.digest, layer);
  }
  const all = 'manifest' in read ? read.manifest.layers : [...layers.values()];
  return hadItem({ path, layers: all.map((descriptor) => ({ descriptor, blocks: [] })) }).layers.map(
    ({ digest: layer, size, title }) => ({
      digest: layer,
      size,
      ...(title === undefined ? {} : { title }),
    }),
  );
}

async function readDigest(content: Pick<ContentStore, 'blobPath'>, path: string, digest: string) {
  const bytes = await readFile(content.blobPath(digest));
  if (sha256(bytes) === digest) return bytes;
  throw new BundleError('WrongDigest', path, 'its manifest in the region’s content is damaged');
}

/** What its object says of it. */
export function summaryOf({ takenAt, bundles }: Inventory, sha256Digest: string) {
  const blobs = new Map(
    bundles.flatMap(({ items }) =>
      items.flatMap(({ layers = [] }) => layers.map(({ digest, size }) => [digest, size])),
    ),
  );
  return {
    takenAt,
    sha256: sha256Digest,
    blobs: blobs.size,
    bytes: [...blobs.values()].reduce((sum, size) => sum + size, 0),
    bundles: bundles.map(({ name, version, digest }) => ({ name, version, digest })),
  };
}
