/**
 * The file that advisories are carried and looked up in. It begins with a magic line; then come blocks, each a zstd frame of lines sorted by package
 * key, one JSON text a package; then an index of the blocks' first keys and what the data is, as a zstd frame; then the index's place. Looking a
 * package up reads one block. The same inputs give the same bytes with the same program (zstd gives the same on every machine, but not in every version).
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { PackageFacts } from '../model.ts';
import { AdvisoryError } from '../problem.ts';

export const MAGIC = Buffer.from('casemate-advisories/1\n');
/** Where the index is: offset and length as 64-bit big-endian numbers, then the magic again. */
export const TRAILER_BYTES = 16 + MAGIC.length;
/** A block is closed when it has this much; one package's line is never split. */
export const BLOCK_BYTES = 64 * 1024;
export const BLOCK_BYTES_MAX = 64 * 1024 * 1024;
export const INDEX_BYTES_MAX = 64 * 1024 * 1024;
const LEVEL = 9;

/** An input that went in. */
export interface StoredSource {
  readonly kind: 'debian-tracker' | 'osv' | 'openvex';
  /** Of the file as it was, in hexadecimal. */
  readonly sha256: string;
  readonly entries: number;
  /** Entries that could not be read and were left out, because whoever built it said so. */
  readonly skipped: readonly string[];
}

export interface StoredIndex {
  /** RFC 3339: how things stood at this moment. */
  readonly asOf: string;
  readonly sources: readonly StoredSource[];
  readonly packages: number;
  readonly advisories: number;
  readonly statements: number;
  /** First key, offset and length of each block, in the order of keys. */
  readonly blocks: readonly (readonly [string, number, number])[];
}

export const pack = (text: string): Buffer =>
  zstdCompressSync(text, {
    params: {
      [constants.ZSTD_c_compressionLevel]: LEVEL,
      [constants.ZSTD_c_checksumFlag]: 1,
    },
  });

/** Throws an AdvisoryError where the bytes are not what was packed. */
export function unpack(bytes: Buffer, bytes_max: number, what: string): string {
  try {
    return zstdDecompressSync(bytes, { maxOutputLength: bytes_max }).toString('utf8');
  } catch (error) {
    throw damaged(`${what} cannot be unpacked: ${error instanceof Error ? error.message : error}`);
  }
}

export const damaged = (problem: string): AdvisoryError =>
  new AdvisoryError('Damaged', `the advisory data is damaged: ${problem}; load it again`);

/** One line of a block. The key stands first, so that it is found without parsing. */
export const lineOf = (key: string, advisories: readonly string[], statements: readonly string[]): string =>
  `${key}\t{"advisories":[${advisories.join(',')}],"statements":[${statements.join(',')}]}\n`;

export function factsOf(line: string): PackageFacts {
  const tab = line.indexOf('\t');
  const facts = JSON.parse(line.slice(tab + 1)) as Omit<PackageFacts, 'key'>;
  return { key: line.slice(0, tab) as PackageFacts['key'], ...facts };
}
