/**
 * What the mirror serves: every path with the one file behind it, and where each package came from. It is one file, replaced in one step; whatever is not in it is not there. The
 * mirror's process reads it with nothing but this: it must not import what else a region is made of.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TREE_BYTES_MAX } from './limits.ts';

export interface ServedFile {
  /** `content`: as a bundle brought it. `made`: an index of ours. */
  readonly from: 'content' | 'made';
  /** SHA-256, in hexadecimal: it is the file's name, too. */
  readonly sha256: string;
  readonly size: number;
  readonly type: string;
  /** When it was published. Milliseconds since the Unix epoch. */
  readonly modified_ms: number;
  /** Only what was in the tree before as well: whoever has just read an index still finds what that names. */
  readonly isOld?: true;
}

/** The bundle that something came in. */
export interface Origin {
  readonly bundle: string;
  readonly version: number;
  /** `sha256:` and the digest that people agreed to. */
  readonly digest: string;
  /** When it was made, by its own word. */
  readonly created: string;
  readonly publishedAt: string;
  /** The BundleImport, whose receipt proves it. */
  readonly import: string;
  /** Absent: it was published by a release that did not write that down. */
  readonly signers?: readonly string[];
  readonly threshold?: number;
}

export interface MirroredPackage {
  readonly ecosystem: 'apt' | 'npm';
  readonly name: string;
  readonly version: string;
  /** Of a Debian package. */
  readonly architecture?: string;
  /** Where apt finds it. */
  readonly suites?: readonly string[];
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
  /** `<type>/<name>/<version>` in its bundle. */
  readonly item: string;
  /** Index into the tree's origins. */
  readonly origin: number;
  /** Of the in-toto statement about the item, which the mirror serves. */
  readonly provenance?: string;
}

export interface Tree {
  readonly format: 1;
  /** What it was made of: the same again is not made again. */
  readonly inputs: string;
  /** By path, which begins with a slash and is not encoded. */
  readonly files: Readonly<Record<string, ServedFile>>;
  readonly origins: readonly Origin[];
  readonly packages: readonly MirroredPackage[];
  /** Packages that are not served, and why. */
  readonly notes: readonly string[];
}

export const EMPTY_TREE: Tree = { format: 1, inputs: '', files: {}, origins: [], packages: [], notes: [] };

/** Below the region's folder of content. */
export const mirrorFolders = (content: string) => ({
  tree: join(content, 'mirror/tree.json'),
  made: join(content, 'mirror/made'),
  blobs: join(content, 'blobs/sha256'),
});
export type MirrorFolders = ReturnType<typeof mirrorFolders>;

export const fileOf = ({ made, blobs }: MirrorFolders, { from, sha256 }: ServedFile): string =>
  join(from === 'made' ? made : blobs, sha256);

const HEX = /^[0-9a-f]{64}$/;

/** The tree as it was written; undefined when there is none. Throws a TypeError when it is not one. */
export async function readTree(path: string): Promise<Tree | undefined> {
  try {
    if ((await stat(path)).size > TREE_BYTES_MAX) throw new TypeError(`${path} is too large`);
    const tree = JSON.parse(await readFile(path, 'utf8')) as Partial<Tree>;
    const isOne = tree.format === 1 && typeof tree.files === 'object' && Array.isArray(tree.packages);
    // The only thing that leads to the disk.
    if (!isOne || !Object.values(tree.files ?? {}).every(({ sha256 }) => HEX.test(sha256)))
      throw new TypeError(`${path} is no list of what the mirror serves`);
    return tree as Tree;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
