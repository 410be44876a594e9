/**
 * What a log holds beside its leaves of persons, as somebody outside reads and checks it: each record against the digest in its leaf. A record
 * may be gone: then a later leaf of the log has to say that it was erased.
 */
import type { ErasureLeaf, RecordedLeaf } from '#kernel/log/leaf.ts';
import { isLogError, LogError } from '#kernel/log/log-error.ts';
import { encodePersonal, type PersonalRecord, parsePersonal, personalDigest } from '#kernel/log/personal.ts';
import { type Erased, GoneWalk } from './gone.ts';
import type { Problem } from './problem.ts';
import type { TileSource } from './source.ts';

export const personalPath = (bundle: number): string => `personal/${bundle}`;

/** The records of 256 leaves by index, unchecked. Undefined where they are not served. */
export async function readPersonal(
  source: TileSource,
  bundle: number,
): Promise<ReadonlyMap<number, unknown> | undefined> {
  const bytes = await source.read(personalPath(bundle));
  if (bytes === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw new LogError('MALFORMED_LEAF', `${personalPath(bundle)}: not JSON`);
  }
  if (typeof value !== 'object' || value === null) {
    throw new LogError('MALFORMED_LEAF', `${personalPath(bundle)}: not an object`);
  }
  return new Map(Object.entries(value).map(([index, record]) => [Number(index), record]));
}

/** The record of a leaf; undefined when it is gone. Throws a LogError when it is not the one that the leaf was written with. */
export function openPersonal(
  leaf: RecordedLeaf,
  records: ReadonlyMap<number, unknown>,
): PersonalRecord | undefined {
  if (!records.has(leaf.index)) return undefined;
  const record = parsePersonal(records.get(leaf.index));
  if (personalDigest(encodePersonal(record)) !== leaf.personal) {
    throw new LogError(
      'MALFORMED_LEAF',
      `the record beside leaf ${leaf.index} is not the one it was written with`,
    );
  }
  return record;
}

export interface RecordsReport extends Erased {
  /** Records that are there, and are those that the leaves were written with. */
  readonly kept: number;
}

/** Follows the leaves of a log in order. */
export class RecordsWalk {
  #kept = 0;
  readonly #gone = new GoneWalk();
  readonly #problems: Problem[] = [];

  leaf(leaf: RecordedLeaf, records: ReadonlyMap<number, unknown>): void {
    try {
      if (openPersonal(leaf, records)) this.#kept += 1;
      else this.#gone.missing(leaf.index);
    } catch (error) {
      if (!isLogError(error)) throw error;
      this.#problems.push({ code: 'RECORD_CHANGED', leaf: leaf.index, message: error.message });
    }
  }

  erasure(leaf: ErasureLeaf): void {
    this.#gone.erasure(leaf);
  }

  problems(): readonly Problem[] {
    return [...this.#problems, ...this.#gone.problems('RECORD_MISSING', ['record', 'records'])];
  }

  report(): RecordsReport | undefined {
    const gone = this.#gone.report();
    if (this.#kept === 0 && !gone.isAny) return undefined;
    return { kept: this.#kept, erased: gone.erased, erasures: gone.erasures };
  }
}
