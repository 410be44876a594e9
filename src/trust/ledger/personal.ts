/**
 * What a log holds beside its leaves of persons, as somebody outside reads and checks it: each record against the digest in its leaf. A record
 * may be gone: then a later leaf of the log has to say that it was erased.
 */
import type { AccessLeafV2, ErasureLeaf } from '#kernel/log/leaf.ts';
import { isLogError, LogError } from '#kernel/log/log-error.ts';
import { encodePersonal, type PersonalRecord, parsePersonal, personalDigest } from '#kernel/log/personal.ts';
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
  leaf: AccessLeafV2,
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

/** Leaves one after the other that share something; both ends included. */
interface Run {
  readonly from: number;
  to: number;
}

/** Runs remembered of leaves whose record is gone; erasing goes by age, so they are few. */
const RUNS_MAX = 100_000;

export interface RecordsReport {
  /** Records that are there, and are those that the leaves were written with. */
  readonly kept: number;
  readonly erased: number;
  /** What the log says of erasing, in its own words. */
  readonly erasures: readonly ErasureLeaf[];
}

const ERASURES_MAX = 100;

/** Follows the leaves of an access log in order. */
export class RecordsWalk {
  #kept = 0;
  #erased = 0;
  #said = 0;
  readonly #gone: Run[] = [];
  readonly #erasures: ErasureLeaf[] = [];
  readonly #problems: Problem[] = [];

  leaf(leaf: AccessLeafV2, records: ReadonlyMap<number, unknown>): void {
    try {
      if (openPersonal(leaf, records)) this.#kept += 1;
      else this.#missing(leaf.index);
    } catch (error) {
      if (!isLogError(error)) throw error;
      this.#problems.push({ code: 'RECORD_CHANGED', leaf: leaf.index, message: error.message });
    }
  }

  #missing(index: number): void {
    const last = this.#gone.at(-1);
    if (last?.to === index - 1) last.to = index;
    else if (this.#gone.length < RUNS_MAX) this.#gone.push({ from: index, to: index });
  }

  erasure(leaf: ErasureLeaf): void {
    this.#said += 1;
    if (this.#erasures.length < ERASURES_MAX) this.#erasures.push(leaf);
    // What an erasure accounts for is what stood before it.
    const rest = this.#gone.splice(0).flatMap((run) => {
      const from = Math.max(run.from, leaf.from);
      const to = Math.min(run.to, leaf.to);
      if (from > to) return [run];
      this.#erased += to - from + 1;
      const before = run.from < from ? [{ from: run.from, to: from - 1 }] : [];
      const after = run.to > to ? [{ from: to + 1, to: run.to }] : [];
      return [...before, ...after];
    });
    this.#gone.push(...rest);
  }

  problems(): readonly Problem[] {
    return [
      ...this.#problems,
      ...this.#gone.map(
        ({ from, to }): Problem => ({
          code: 'RECORD_MISSING',
          leaf: from,
          message:
            from === to
              ? `the record beside leaf ${from} is gone, and no leaf says that it was erased`
              : `the records beside leaves ${from} to ${to} are gone, and no leaf says that they were erased`,
        }),
      ),
    ];
  }

  report(): RecordsReport | undefined {
    if (this.#kept + this.#erased + this.#said === 0) return undefined;
    return { kept: this.#kept, erased: this.#erased, erasures: this.#erasures };
  }
}
