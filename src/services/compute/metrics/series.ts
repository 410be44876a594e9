/**
 * A ring of rows of figures, one a period. Periods are counted from the Unix epoch, so a row's place says its time and nothing else has to be
 * kept of it; a period without a row is a gap. What it takes is fixed when it is made.
 */

/** What is measured, in the order of a row. */
export const LANES = ['cpu', 'memory', 'disk', 'received', 'sent'] as const;
export type Lane = (typeof LANES)[number];
/** One figure a lane; not a number where it is not known. */
export type Row = readonly number[];

export interface TimedRow {
  /** Start of its period, in milliseconds since the Unix epoch. */
  readonly at_ms: number;
  readonly row: Row;
}

export class Series {
  readonly period_ms: number;
  readonly length: number;
  readonly #values: Float32Array;
  /** The newest period that was written. */
  #newest = -1;

  constructor(period_ms: number, length: number) {
    this.period_ms = period_ms;
    this.length = length;
    this.#values = new Float32Array(length * LANES.length).fill(Number.NaN);
  }

  periodOf(at_ms: number): number {
    return Math.floor(at_ms / this.period_ms);
  }

  /** Replaces the row of a period. One that is too old to be kept is not. */
  write(period: number, row: Row): void {
    if (period <= this.#newest - this.length) return;
    // What lies where newer periods go is of the round before.
    const from = Math.max(this.#newest + 1, period - this.length + 1);
    for (let blank = from; blank < period; blank++) this.#set(blank, []);
    this.#newest = Math.max(this.#newest, period);
    this.#set(period, row);
  }

  /** Undefined for a gap. */
  row(period: number): Row | undefined {
    if (period > this.#newest || period <= this.#newest - this.length || period < 0) return undefined;
    const start = (period % this.length) * LANES.length;
    const row = Array.from(this.#values.subarray(start, start + LANES.length));
    return row.every(Number.isNaN) ? undefined : row;
  }

  /** The oldest first, up to and with the period of `now_ms`. */
  rows(now_ms: number): readonly TimedRow[] {
    const last = this.periodOf(now_ms);
    const found: TimedRow[] = [];
    for (let period = last - this.length + 1; period <= last; period++) {
      const row = this.row(period);
      if (row !== undefined) found.push({ at_ms: period * this.period_ms, row });
    }
    return found;
  }

  #set(period: number, row: Row): void {
    const start = (period % this.length) * LANES.length;
    for (let lane = 0; lane < LANES.length; lane++) this.#values[start + lane] = row[lane] ?? Number.NaN;
  }
}

/** Lane by lane, over what is known. */
export function meanOf(rows: readonly Row[]): Row {
  return LANES.map((_name, lane) => {
    const known = rows.map((row) => row[lane] ?? Number.NaN).filter((value) => !Number.isNaN(value));
    return known.length === 0 ? Number.NaN : known.reduce((sum, value) => sum + value, 0) / known.length;
  });
}
