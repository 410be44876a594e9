/**
 * Gives a bundle on disk other metadata about the same content: more signatures. Only the metadata manifest and the index change. A folder is changed in place, so
 * that every moment leaves a bundle that can be read; a tar file, whose metadata stands first and grows, is written anew beside itself.
 */
import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TAR_END, tarHeader, tarPadding } from '#kernel/tar-header.ts';
import { syncFolder, writeDurably } from '#trust/files.ts';
import { layoutHead, metadataBlobs } from './assemble.ts';
import { expectedEntries, readDeltas, readHead, readItems } from './contents.ts';
import { blobFile, type OutputFile } from './output.ts';
import { type BundleSource, openBundle } from './source.ts';
import type { BundleMetadata } from './tuf/client.ts';
import { allTargets } from './tuf/delegations.ts';

/** Puts in the metadata that `change` makes of what is there. Throws BundleError. */
export async function rewriteMetadata(
  path: string,
  change: (metadata: BundleMetadata) => BundleMetadata,
): Promise<BundleMetadata> {
  const source = await openBundle(path);
  try {
    const { metadata: before } = await readHead(source);
    const items = await readItems(source, allTargets(before.targets, before.delegated));
    const metadata = change(before);
    const deltas = await readDeltas(source, before, items);
    const { index, entries } = expectedEntries(metadata, items, deltas);
    const head = [...layoutHead(index), ...metadataBlobs(metadata).blobs.map(blobFile)];
    if (source.form === 'folder') await replaceInFolder(path, source, head, new Set(entries.keys()));
    else await replaceInTar(path, source, head, [...entries.keys()]);
    return metadata;
  } finally {
    await source.close();
  }
}

const bytesOf = ({ blob: { content } }: OutputFile): Buffer =>
  typeof content === 'string' ? Buffer.alloc(0) : content;

/** The index last: until then the bundle is what it was. Whatever an earlier attempt left behind goes as well. */
async function replaceInFolder(
  path: string,
  source: BundleSource,
  head: readonly OutputFile[],
  expected: ReadonlySet<string>,
): Promise<void> {
  const indexLast = head.toSorted(
    (a, b) => Number(a.name === 'index.json') - Number(b.name === 'index.json'),
  );
  for (const file of indexLast)
    await writeDurably(join(path, file.name), bytesOf(file).toString('utf8'), 0o644);
  for (const name of source.entries.keys()) {
    if (!expected.has(name)) await rm(join(path, name), { force: true });
  }
  await syncFolder(join(path, 'blobs/sha256'));
}

async function replaceInTar(
  path: string,
  source: BundleSource,
  head: readonly OutputFile[],
  expected: readonly string[],
): Promise<void> {
  const draft = `${path}.${randomBytes(4).toString('hex')}.new`;
  const fresh = new Map(head.map((file) => [file.name, bytesOf(file)]));
  try {
    const file = await open(draft, 'wx');
    try {
      for (const name of expected) {
        const bytes = fresh.get(name);
        const size = bytes?.length ?? source.entries.get(name)?.size ?? 0;
        await file.appendFile(tarHeader({ name, size }));
        if (bytes !== undefined) await file.appendFile(bytes);
        else for await (const piece of source.pieces(name, name)) await file.appendFile(piece);
        await file.appendFile(tarPadding(size));
      }
      await file.appendFile(TAR_END);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
