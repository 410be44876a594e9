/**
 * Makes the advisory file from inputs of any size, with the memory of one run of the sorter: reads each as a stream, judges every entry, sorts by
 * package, writes. An entry that cannot be read refuses the whole, unless the caller takes that on itself: then it is left out, and the file says so.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { rfc3339 } from '#kernel/clock.ts';
import { jsonPieces, type Piece } from '../json-pieces.ts';
import { AdvisoryError } from '../problem.ts';
import { parseTrackerEntry, TRACKER_DEPTH } from '../sources/debian-tracker.ts';
import { parseVexDocument } from '../sources/openvex.ts';
import { parseOsvEntry } from '../sources/osv.ts';
import {
  BLOCK_BYTES,
  lineOf,
  MAGIC,
  pack,
  type StoredIndex,
  type StoredSource,
  TRAILER_BYTES,
} from './format.ts';
import { LineSorter } from './sorter.ts';

export interface BuildInput {
  readonly kind: StoredSource['kind'];
  /** For messages: the file's name. */
  readonly name: string;
  /** `osv`: entries one after the other (`unzip -p all.zip`), or one list; `openvex`: documents, likewise. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface BuildOptions {
  /** Where the file goes; a scratch folder stands beside it meanwhile. It must not exist. */
  readonly path: string;
  readonly inputs: readonly BuildInput[];
  /** RFC 3339: when the inputs were current. Default: the newest date in them, which Debian's tracker has none of. */
  readonly asOf?: string;
  /** How many entries of each input may be left out when they cannot be read; default none. */
  readonly skip_max?: number;
  /** For tests: characters in memory at once. */
  readonly run_max?: number;
}

export interface Built {
  readonly path: string;
  readonly sha256: string;
  readonly size_bytes: number;
  readonly index: StoredIndex;
}

const INPUTS_MAX = 64;
export const SKIPPED_MAX = 100;

/** Throws an AdvisoryError that names the input, the entry and the field; then nothing is left of the file. */
export async function buildStore(options: BuildOptions): Promise<Built> {
  const { inputs, path } = options;
  if (inputs.length === 0 || inputs.length > INPUTS_MAX) {
    throw new AdvisoryError(
      'Missing',
      `advisory data is made of 1 to ${INPUTS_MAX} inputs; these are ${inputs.length}`,
    );
  }
  const scratch = await mkdtemp(join(dirname(path), '.advisories-'));
  try {
    const sorter = new LineSorter(scratch, options.run_max);
    const sources: StoredSource[] = [];
    let newest_ms = Number.NEGATIVE_INFINITY;
    for (const input of inputs) {
      const read = await readInput(input, sorter, Math.min(options.skip_max ?? 0, SKIPPED_MAX));
      sources.push(read.source);
      newest_ms = Math.max(newest_ms, read.newest_ms);
    }
    const asOf = asOfText(options.asOf, newest_ms);
    sources.sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
    return await write(path, sorter, { asOf, sources });
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function asOfText(given: string | undefined, newest_ms: number): string {
  const time_ms = given === undefined ? newest_ms : Date.parse(given);
  if (Number.isFinite(time_ms)) return rfc3339(time_ms);
  throw new AdvisoryError(
    'Missing',
    given === undefined
      ? 'the inputs do not say when they were made, as Debian’s tracker never does: say it, such as 2026-01-31T12:00:00Z'
      : `${JSON.stringify(given)} is no time; it must be such as 2026-01-31T12:00:00Z`,
  );
}

async function readInput(
  { kind, name, chunks }: BuildInput,
  sorter: LineSorter,
  skip_max: number,
): Promise<{ readonly source: StoredSource; readonly newest_ms: number }> {
  const digest = createHash('sha256');
  async function* hashed() {
    for await (const chunk of chunks) {
      digest.update(chunk);
      yield chunk;
    }
  }
  const skipped: string[] = [];
  let entries = 0;
  let newest_ms = Number.NEGATIVE_INFINITY;
  for await (const pieces of jsonPieces(hashed(), {
    source: name,
    depth: kind === 'debian-tracker' ? TRACKER_DEPTH : 0,
  })) {
    for (const piece of pieces) {
      entries++;
      try {
        const { lines, time_ms } = linesOf(kind, piece);
        for (const line of lines) await sorter.add(line);
        newest_ms = Math.max(newest_ms, time_ms);
      } catch (error) {
        if (!(error instanceof AdvisoryError) || skipped.length >= skip_max) throw error;
        skipped.push(error.message);
      }
    }
  }
  return { source: { kind, sha256: digest.digest('hex'), entries, skipped }, newest_ms };
}

/** Sorted by package, then advisories before statements, then by what they say. */
function linesOf(
  kind: StoredSource['kind'],
  piece: Piece,
): { readonly lines: readonly string[]; readonly time_ms: number } {
  switch (kind) {
    case 'debian-tracker': {
      const { key, advisory } = parseTrackerEntry(piece);
      return { lines: [`${key}\ta\t${textOf(advisory)}`], time_ms: Number.NEGATIVE_INFINITY };
    }
    case 'osv': {
      const { advisories, modified_ms } = parseOsvEntry(piece.value);
      const lines = advisories.map(({ key, advisory }) => `${key}\ta\t${textOf(advisory)}`);
      return { lines, time_ms: modified_ms };
    }
    case 'openvex': {
      const { statements, issued_ms } = parseVexDocument(piece.value);
      const lines = statements.map(({ key, statement }) => `${key}\tv\t${textOf(statement)}`);
      return { lines, time_ms: issued_ms };
    }
  }
}

/** JSON on one line for everybody: some take these two for the end of a line. */
const textOf = (value: unknown): string =>
  JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');

interface Group {
  readonly key: string;
  readonly advisories: string[];
  readonly statements: string[];
}

async function* groups(sorter: LineSorter): AsyncGenerator<Group> {
  let group: Group | undefined;
  for await (const line of sorter.sorted()) {
    const [key = '', type, text = ''] = line.split('\t', 3);
    if (key !== group?.key) {
      if (group) yield group;
      group = { key, advisories: [], statements: [] };
    }
    (type === 'a' ? group.advisories : group.statements).push(text);
  }
  if (group) yield group;
}

async function write(
  path: string,
  sorter: LineSorter,
  about: Pick<StoredIndex, 'asOf' | 'sources'>,
): Promise<Built> {
  const file = await open(path, 'wx', 0o644);
  try {
    const digest = createHash('sha256');
    let offset = 0;
    const put = async (bytes: Buffer) => {
      digest.update(bytes);
      await file.write(bytes);
      offset += bytes.length;
    };
    await put(MAGIC);
    const blocks: [string, number, number][] = [];
    const counts = { packages: 0, advisories: 0, statements: 0 };
    let lines: string[] = [];
    let size = 0;
    let first = '';
    const close = async () => {
      const block = pack(lines.join(''));
      blocks.push([first, offset, block.length]);
      await put(block);
      lines = [];
      size = 0;
    };
    for await (const { key, advisories, statements } of groups(sorter)) {
      if (lines.length === 0) first = key;
      const line = lineOf(key, advisories, statements);
      lines.push(line);
      size += line.length;
      counts.packages++;
      counts.advisories += advisories.length;
      counts.statements += statements.length;
      if (size >= BLOCK_BYTES) await close();
    }
    if (lines.length > 0) await close();
    const index: StoredIndex = { ...about, ...counts, blocks };
    const at = offset;
    const packed = pack(JSON.stringify(index));
    await put(packed);
    const trailer = Buffer.alloc(TRAILER_BYTES);
    trailer.writeBigUInt64BE(BigInt(at), 0);
    trailer.writeBigUInt64BE(BigInt(packed.length), 8);
    MAGIC.copy(trailer, 16);
    await put(trailer);
    await file.sync();
    return { path, sha256: digest.digest('hex'), size_bytes: offset, index };
  } finally {
    await file.close();
  }
}
