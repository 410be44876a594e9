/** Where a bundle is read from: a folder, a tar file, or volumes of a tar file, told apart here and nowhere else. Everything is read in pieces of bounded size. */
import type { Stats } from 'node:fs';
import { constants, type FileHandle, lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TAR_END, TAR_RECORD_BYTES, tarPadding } from '#kernel/tar-header.ts';
import { messageOf } from './json.ts';
import { BLOBS_MAX, BLOCK_BYTES, MIB } from './limits.ts';
import { BundleError } from './problem.ts';
import { ENTRY_NAME, type Entry, headerBytes, parseTarHeader } from './tar-header.ts';
import type { Readable } from './volumes/salvage.ts';
import { VolumeFile } from './volumes/volume-file.ts';

const ENTRIES_MAX = BLOBS_MAX + 2;

/** Gives a place of exactly that many bytes. */
export type RoomFor = (bytes: number) => Promise<Buffer>;

export interface BundleSource {
  readonly form: 'folder' | 'tar';
  /** What there is; in a tar file in the order in which it stands there. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** All the bytes of a small entry. Throws BundleError when it is missing or larger than `bytes_max`. */
  read(name: string, bytes_max: number, part: string): Promise<Buffer>;
  /**
   * The bytes of an entry from `start`, in pieces of BLOCK_BYTES, the last one shorter. What is read, rather than made, is put where `roomFor` says; else a piece is
   * overwritten when the next one is asked for.
   */
  pieces(name: string, part: string, start?: number, roomFor?: RoomFor): AsyncGenerator<Buffer>;
  /** What old content an entry is made from, where it did not travel whole: its name and digest. */
  madeFrom?(name: string): string | undefined;
  /** At which byte of the one file it is an entry begins; undefined where it is several. */
  placeOf?(name: string): number | undefined;
  close(): Promise<void>;
}

/** Opens a bundle. Throws BundleError for what no bundle can hold. */
export async function openBundle(path: string): Promise<BundleSource> {
  const found = await lstat(path).catch((error: unknown) => {
    throw new BundleError('Missing', path, messageOf(error));
  });
  if (!found.isDirectory() && !found.isFile())
    throw new BundleError('Unexpected', path, 'is neither a folder nor a plain file');
  const volumes = (await mayBeVolumes(path, found)) ? await VolumeFile.open(path) : undefined;
  if (volumes !== undefined) return openTar(volumes, volumes.size, path);
  if (found.isDirectory()) return openFolder(path);
  const file = await openPlain(path);
  return openTar(file, (await file.stat()).size, path);
}

/** False as soon as it looks like one of the other forms, so that only what does not is searched through. */
async function mayBeVolumes(path: string, found: Stats): Promise<boolean> {
  if (found.isDirectory()) return !(await readdir(path)).some((name) => IN_FOLDER.has(name));
  const file = await openPlain(path);
  try {
    const first = Buffer.alloc(OCI_LAYOUT_NAME.length);
    await file.read(first, 0, first.length, 0);
    return first.toString('latin1') !== OCI_LAYOUT_NAME;
  } finally {
    await file.close();
  }
}

const OCI_LAYOUT_NAME = 'oci-layout';
const IN_FOLDER: ReadonlySet<string> = new Set([OCI_LAYOUT_NAME, 'index.json', 'blobs']);

async function openFolder(root: string): Promise<BundleSource> {
  const entries = new Map<string, Entry>();
  await addFolder(root, '', entries);
  const sorted = new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
  return source('folder', sorted, async (name) => ({
    file: await openPlain(join(root, name)),
    start: 0,
    owned: true,
  }));
}

const FOLDERS: ReadonlySet<string> = new Set(['blobs', 'blobs/sha256']);

async function addFolder(root: string, below: string, entries: Map<string, Entry>): Promise<void> {
  for (const item of await readdir(join(root, below), { withFileTypes: true })) {
    const name = below === '' ? item.name : `${below}/${item.name}`;
    if (item.isDirectory() && FOLDERS.has(name)) {
      await addFolder(root, name, entries);
    } else if (item.isFile() && ENTRY_NAME.test(name)) {
      if (entries.size >= ENTRIES_MAX) throw tooMany(root);
      entries.set(name, { name, size: (await lstat(join(root, name))).size });
    } else {
      const what =
        item.isFile() || item.isDirectory() ? 'a bundle has no such file' : 'is neither a file nor a folder';
      throw new BundleError('Unexpected', name, what);
    }
  }
}

const tooMany = (part: string) => new BundleError('TooLarge', part, `has more than ${ENTRIES_MAX} entries`);

/** Follows no link, and waits for no pipe, should one have taken a file's place since it was listed. */
const openPlain = (path: string): Promise<FileHandle> =>
  open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);

async function openTar(file: Opened['file'], size: number, path: string): Promise<BundleSource> {
  try {
    const { entries, starts } = await readEntries(file, size, path);
    const opened = source(
      'tar',
      entries,
      async (name) => ({ file, start: starts.get(name) ?? 0, owned: false }),
      () => file.close(),
    );
    return { ...opened, placeOf: (name) => starts.get(name) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readEntries(file: Readable, end: number, path: string) {
  const entries = new Map<string, Entry>();
  const starts = new Map<string, number>();
  let offset = 0;
  for (;;) {
    const first = await bytesAt(file, offset, TAR_RECORD_BYTES, path);
    if (first.every((byte) => byte === 0)) break;
    const header = await bytesAt(file, offset, headerBytes(first), path);
    const entry = parseTarHeader(header, offset);
    if (entries.has(entry.name))
      throw new BundleError('Unexpected', entry.name, 'stands in the tar file twice');
    if (entries.size >= ENTRIES_MAX) throw tooMany(path);
    const start = offset + header.length;
    const padding = tarPadding(entry.size).length;
    offset = start + entry.size + padding;
    if (offset > end)
      throw new BundleError('Missing', entry.name, `the file ends before it does: at byte ${end}`);
    const pad = await bytesAt(file, start + entry.size, padding, path);
    if (pad.some((byte) => byte !== 0))
      throw new BundleError('Malformed', entry.name, 'is followed by something');
    entries.set(entry.name, entry);
    starts.set(entry.name, start);
  }
  const last = await bytesAt(file, offset, TAR_END.length, path);
  if (!last.equals(TAR_END) || end !== offset + TAR_END.length) {
    throw new BundleError(
      'Malformed',
      path,
      `something stands after the end of the tar file, at byte ${offset}`,
    );
  }
  return { entries, starts };
}

async function bytesAt(file: Readable, offset: number, count: number, part: string): Promise<Buffer> {
  const bytes = Buffer.alloc(count);
  await fill(file, bytes, offset, part);
  return bytes;
}

async function fill(file: Readable, bytes: Buffer, offset: number, part: string): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, offset + done);
    if (bytesRead === 0) throw new BundleError('Missing', part, `ends at byte ${offset + done}, too early`);
    done += bytesRead;
  }
}

/** The same for all. */
function oneRoom(bytes_max: number): RoomFor {
  const room = Buffer.allocUnsafe(bytes_max);
  return async (bytes) => room.subarray(0, bytes);
}

interface Opened {
  readonly file: Readable & { close(): Promise<void> };
  readonly start: number;
  /** Whether it is closed after use. */
  readonly owned: boolean;
}

function source(
  form: BundleSource['form'],
  entries: ReadonlyMap<string, Entry>,
  openEntry: (name: string) => Promise<Opened>,
  close: () => Promise<void> = async () => {},
): BundleSource {
  const entryOf = (name: string, part: string): Entry => {
    const entry = entries.get(name);
    if (entry === undefined) throw new BundleError('Missing', part, `${name} is not in the bundle`);
    return entry;
  };
  return {
    form,
    entries,
    close,
    async read(name, bytes_max, part) {
      const { size } = entryOf(name, part);
      if (size > bytes_max) {
        throw new BundleError(
          'TooLarge',
          part,
          `has ${size} bytes; the most is ${(bytes_max / MIB).toFixed(1)} MiB`,
        );
      }
      const { file, start, owned } = await openEntry(name);
      try {
        return await bytesAt(file, start, size, part);
      } finally {
        if (owned) await file.close();
      }
    },
    async *pieces(name, part, from = 0, roomFor = oneRoom(Math.min(BLOCK_BYTES, entryOf(name, part).size))) {
      const { size } = entryOf(name, part);
      const { file, start, owned } = await openEntry(name);
      try {
        for (let at = from; at < size; at += BLOCK_BYTES) {
          const piece = await roomFor(Math.min(BLOCK_BYTES, size - at));
          await fill(file, piece, start + at, part);
          yield piece;
        }
      } finally {
        if (owned) await file.close();
      }
    },
  };
}
