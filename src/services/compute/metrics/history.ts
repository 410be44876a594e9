/**
 * What one instance used: the last hour by minutes, the last day by five minutes. The engine counts; what is kept is how much that was a second.
 * A row stands for the minute that it is of, and the newest grows until its minute is over.
 */
import type { MeasuredInstance } from '#engines/incus/metrics.ts';
import { meanOf, type Row, Series, type TimedRow } from './series.ts';

export const WINDOWS = ['1h', '24h'] as const;
export type Window = (typeof WINDOWS)[number];

const MINUTE_MS = 60_000;
const MINUTES_PER_LONG = 5;
const LONG_MS = MINUTES_PER_LONG * MINUTE_MS;
const HOUR_ROWS = 60;
const DAY_ROWS = 288;
/** Counters that are farther apart tell nothing of either minute. */
const APART_MS_MAX = 2 * MINUTE_MS;
/** Below this a rate is mostly chance. */
const APART_MS_MIN = 1_000;

export const PERIOD_MS: Readonly<Record<Window, number>> = { '1h': MINUTE_MS, '24h': LONG_MS };

type Counters = Pick<MeasuredInstance, 'cpu_s' | 'received_bytes' | 'sent_bytes'>;

export class InstanceHistory {
  /** When the engine last told something of it. */
  seen_ms = 0;
  /** Bytes of its disk; the engine is asked for that more seldom. */
  disk_bytes = Number.NaN;
  readonly #hour = new Series(MINUTE_MS, HOUR_ROWS);
  readonly #day = new Series(LONG_MS, DAY_ROWS);
  /** The first of the minute: what was counted since is this minute's. */
  #base: { readonly at_ms: number; readonly counters: Counters } | undefined;

  /** Adds what was measured at `at_ms`. */
  take(at_ms: number, measured: MeasuredInstance): void {
    this.seen_ms = at_ms;
    const passed_ms = at_ms - (this.#base?.at_ms ?? at_ms);
    if (this.#base !== undefined && (passed_ms > APART_MS_MAX || passed_ms < 0)) this.#base = undefined;
    const base = this.#base ?? { at_ms, counters: measured };
    const rate = (counter: keyof Counters) => {
      const grown = (measured[counter] ?? Number.NaN) - (base.counters[counter] ?? Number.NaN);
      // Counters begin anew when it is started anew.
      return at_ms - base.at_ms < APART_MS_MIN || grown < 0
        ? Number.NaN
        : (1_000 * grown) / (at_ms - base.at_ms);
    };
    const minute = this.#hour.periodOf(base.at_ms);
    const before = this.#hour.row(minute);
    const row = [
      rate('cpu_s'),
      measured.memory_bytes ?? Number.NaN,
      this.disk_bytes,
      rate('received_bytes'),
      rate('sent_bytes'),
    ];
    // Somebody who looks twice in a second loses nothing by it.
    this.#write(
      minute,
      row.map((value, lane) => (Number.isNaN(value) ? (before?.[lane] ?? value) : value)),
    );
    if (this.#base === undefined || this.#hour.periodOf(at_ms) > minute)
      this.#base = { at_ms, counters: measured };
  }

  /** The oldest first. */
  rows(window: Window, now_ms: number): readonly TimedRow[] {
    return (window === '1h' ? this.#hour : this.#day).rows(now_ms);
  }

  #write(minute: number, row: Row): void {
    this.#hour.write(minute, row);
    const long = Math.floor(minute / MINUTES_PER_LONG);
    const minutes = Array.from({ length: MINUTES_PER_LONG }, (_none, at) =>
      this.#hour.row(long * MINUTES_PER_LONG + at),
    );
    this.#day.write(long, meanOf(minutes.filter((one) => one !== undefined)));
  }
}
