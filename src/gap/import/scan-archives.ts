/**
 * Looks into the archives of a bundle that instances, npm, dpkg or the region's engine will unpack one day. What nobody in the region unpacks (files, models) is bytes and stays so.
 * The region itself unpacks none of them here: entries are read, judged and forgotten.
 */
import { ArchiveError } from '../archive/archive-error.ts';
import { type ArchiveKind, checkArchive } from '../archive/check.ts';
import type { Item } from '../bundle/contents.ts';
import { blobPath, type Descriptor, TITLE } from '../bundle/descriptor.ts';
import type { BundleSource } from '../bundle/source.ts';
import { type ArchivesStatus, type ImportRefusal, REFUSALS_MAX } from './import-kind.ts';

/** By an item's type: which of its layers are archives, and of what. */
const ARCHIVES: Readonly<Record<string, { readonly kind: ArchiveKind; readonly mediaType: RegExp }>> = {
  npm: { kind: 'npm', mediaType: /\.tar\+gzip$/ },
  'debian-repository': { kind: 'debian', mediaType: /^application\/vnd\.debian\.binary-package$/ },
  // What is encrypted, or no file system (statements of builders), is bytes to us.
  'oci-image': {
    kind: 'layer',
    mediaType:
      /^application\/vnd\.(?:oci\.image\.layer|docker\.image\.rootfs)\.[a-z0-9.]*tar(?:[+.](?:gzip|zstd))?$/,
  },
  'base-image': { kind: 'image', mediaType: /\.tar\+zstd$/ },
};

export interface LookedInto {
  readonly archives: ArchivesStatus;
  readonly refusals: readonly ImportRefusal[];
}

/** Each archive once, however often the bundle names it. Throws what the source throws. */
export async function scanArchives(
  items: readonly Item[],
  pieces: BundleSource['pieces'],
): Promise<LookedInto> {
  const seen = new Set<string>();
  const refusals: ImportRefusal[] = [];
  let [opened, entries] = [0, 0];
  for (const { item, layer, kind } of archivesOf(items)) {
    if (seen.has(layer.digest) || refusals.length >= REFUSALS_MAX) continue;
    seen.add(layer.digest);
    const part = `${item.path}: ${layer.annotations?.[TITLE] ?? layer.digest}`;
    try {
      entries += await checkArchive(bytesOf(layer, part, pieces), kind);
      opened += 1;
    } catch (error) {
      if (!(error instanceof ArchiveError)) throw error;
      refusals.push({ reason: 'Archive', part, message: `${part}: ${error.message}` });
    }
  }
  return { archives: { opened, entries }, refusals };
}

function* archivesOf(items: readonly Item[]) {
  for (const item of items) {
    const found = ARCHIVES[item.path.slice(0, item.path.indexOf('/'))];
    if (found === undefined) continue;
    for (const { descriptor } of item.layers) {
      if (found.mediaType.test(descriptor.mediaType)) yield { item, layer: descriptor, kind: found.kind };
    }
  }
}

/** What unpacks may still be at a piece when the next one is read. */
const ownRoom = async (bytes: number) => Buffer.allocUnsafe(bytes);

const bytesOf = ({ digest }: Descriptor, part: string, pieces: BundleSource['pieces']) =>
  pieces(blobPath(digest), part, 0, ownRoom);
