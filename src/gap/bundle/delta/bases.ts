/** Old content, wherever it lies: in older bundles, or in a region's folder of content. Bytes are read by their place; that they are right shows in what is made of them. */
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { blobPath, hexOf } from '../descriptor.ts';
import { BundleError } from '../problem.ts';
import { type BundleSource, openBundle } from '../source.ts';

export interface BaseBlob {
  /** Exactly those bytes. Throws when they are not there. */
  read(start: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

export interface Bases {
  /** Whether there is a blob of that name and size. */
  has(digest: string, size: number): Promise<boolean>;
  /** To be closed. Undefined when it is not there, or has another size. */
  open(digest: string, size: number): Promise<BaseBlob | undefined>;
}

export const NO_BASES: Bases = { has: async () => false, open: async () => undefined };

/** Files by digest. */
export function fileBases(pathOf: (digest: string) => string): Bases {
  const openFile = async (digest: string, size: number): Promise<FileHandle | undefined> => {
    let file: FileHandle;
    try {
      file = await open(pathOf(digest), 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    if ((await file.stat()).size === size) return file;
    await file.close();
    return undefined;
  };
  return {
    async has(digest, size) {
      const file = await openFile(digest, size);
      await file?.close();
      return file !== undefined;
    },
    async open(digest, size) {
      const file = await openFile(digest, size);
      if (file === undefined) return undefined;
      return { read: (start, length) => readFully(file, start, length, digest), close: () => file.close() };
    },
  };
}

async function readFully(file: FileHandle, start: number, length: number, digest: string): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, start + done);
    if (bytesRead === 0) throw tooShort(digest);
    done += bytesRead;
  }
  return bytes;
}

const tooShort = (digest: string) =>
  new BundleError('Missing', `the old content ${digest}`, 'is shorter than it was');

/** What lies whole in a bundle. */
export function bundleBases(source: BundleSource): Bases {
  const isThere = (digest: string, size: number) => source.entries.get(blobPath(digest))?.size === size;
  return {
    has: async (digest, size) => isThere(digest, size),
    async open(digest, size) {
      if (!isThere(digest, size)) return undefined;
      return {
        async read(start, length) {
          const bytes = Buffer.allocUnsafe(length);
          let done = 0;
          if (length === 0) return bytes;
          for await (const piece of source.pieces(blobPath(digest), digest, start)) {
            done += piece.copy(bytes, done);
            if (done === length) return bytes;
          }
          throw tooShort(digest);
        },
        close: async () => {},
      };
    },
  };
}

/** The first of them that has it. */
export const anyOf = (all: readonly Bases[]): Bases => ({
  async has(digest, size) {
    for (const one of all) if (await one.has(digest, size)) return true;
    return false;
  },
  async open(digest, size) {
    for (const one of all) {
      const found = await one.open(digest, size);
      if (found !== undefined) return found;
    }
    return undefined;
  },
});

/** Bundles, and folders of blobs such as a region's content. `close` when nothing is read any more. */
export async function openBases(
  paths: readonly string[],
): Promise<{ readonly bases: Bases; close(): Promise<void> }> {
  const sources: BundleSource[] = [];
  const close = async () => {
    for (const source of sources) await source.close();
  };
  const all: Bases[] = [];
  try {
    for (const path of paths) {
      if (await isContentFolder(path)) {
        all.push(fileBases((digest) => join(path, 'blobs/sha256', hexOf(digest))));
        continue;
      }
      const source = await openBundle(path);
      sources.push(source);
      all.push(bundleBases(source));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { bases: anyOf(all), close };
}

/** It has blobs, and no `oci-layout`. */
async function isContentFolder(path: string): Promise<boolean> {
  const names = await readdir(path).catch((): string[] => []);
  return names.includes('blobs') && !names.includes('oci-layout');
}
