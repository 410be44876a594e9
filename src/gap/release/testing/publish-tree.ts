/** A tree as content of a region: collected as a bundle would be, and published without the bundle around it. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { releaseType } from '../../bundle/content/release.ts';
import { blobPath, sha256 } from '../../bundle/descriptor.ts';
import { manifestBytes } from '../../bundle/manifest.ts';
import { ContentStore } from '../../import/content-store.ts';
import { releasePath } from '../published.ts';

export interface PublishedTree {
  readonly content: ContentStore;
  readonly release: { readonly version: string; readonly digest: string };
}

/** The version stands in the tree. Again with another tree adds to what was published. */
export async function publishTree(folder: string, tree: string): Promise<PublishedTree> {
  const { version } = JSON.parse(await readFile(join(tree, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  const { config, layers, artifactType } = await releaseType.collect(
    { type: 'release', name: 'casemate', version, licence: 'EUPL-1.2', tree: basename(tree) },
    { folder: dirname(tree), report: () => {}, scratch: folder, created: '2026-11-22T00:00:00Z' },
  );
  const quarantine = `${folder}.quarantine`;
  const put = async (digest: string, bytes: Buffer) => {
    await mkdir(dirname(join(quarantine, blobPath(digest))), { recursive: true });
    await writeFile(join(quarantine, blobPath(digest)), bytes);
  };
  for (const { blob } of [config, ...layers])
    await put(blob.digest, typeof blob.content === 'string' ? await readFile(blob.content) : blob.content);
  const descriptors = [config, ...layers].map(({ mediaType, blob: { digest, size } }) => ({
    mediaType,
    digest,
    size,
  }));
  const [first, ...rest] = descriptors;
  if (first === undefined) throw new Error('there is no config');
  const manifest = manifestBytes({
    ...(artifactType === undefined ? {} : { artifactType }),
    config: first,
    layers: rest,
  });
  const digest = sha256(manifest);
  await put(digest, manifest);
  const content = new ContentStore(folder);
  const number = (await content.bundles()).length + 1;
  await content.publish(quarantine, {
    name: 'casemate',
    version: number,
    created: '2026-11-22T00:00:00Z',
    digest: sha256(`bundle of ${digest}`),
    metadata: digest,
    publishedAt: '2026-11-22T00:00:00Z',
    import: `casemate-${number}`,
    items: [
      {
        path: releasePath(version),
        manifest: { digest, size: manifest.length },
        companion: { digest, size: manifest.length },
      },
    ],
  });
  return { content, release: { version, digest } };
}
