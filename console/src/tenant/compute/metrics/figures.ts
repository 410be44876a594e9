/** What an instance used, as charts and tables need it: points with their gaps, scales, and amounts as somebody writes them. Pure. */
import type {
  InstanceMetricsAnswer,
  MetricsSample,
} from '../../../../../src/services/compute/metrics/answer.ts';

export type { InstanceMetricsAnswer, MetricsSample };

export const WINDOWS = ['1h', '24h'] as const;
export type Window = (typeof WINDOWS)[number];
export const WINDOW_MS: Readonly<Record<Window, number>> = { '1h': 3_600_000, '24h': 86_400_000 };

/** One of what is measured. */
export interface Figure {
  readonly name: string;
  value(sample: MetricsSample): number | undefined;
  amount(value: number): string;
}

export interface Point {
  readonly at_ms: number;
  readonly value: number;
}

/** What follows one another without a gap. */
export type Stretch = readonly Point[];

/** A sample may come this much later than its period and still follow the one before. */
const LATE = 1.5;
const MS_PER_S = 1_000;

/** Each stretch apart: over a time in which nothing was measured no line is drawn. */
export function stretchesOf(
  samples: readonly MetricsSample[],
  value: (sample: MetricsSample) => number | undefined,
  periodSeconds: number,
): readonly Stretch[] {
  const stretches: Point[][] = [];
  for (const sample of samples) {
    const figure = value(sample);
    if (figure === undefined) continue;
    const point = { at_ms: Date.parse(sample.at), value: figure };
    const stretch = stretches.at(-1);
    const before = stretch?.at(-1);
    if (stretch === undefined || before === undefined) stretches.push([point]);
    else if (point.at_ms - before.at_ms <= LATE * MS_PER_S * periodSeconds) stretch.push(point);
    else stretches.push([point]);
  }
  return stretches;
}

/** A round number that holds them: 1, 2 or 5 with noughts, and no less than `floor`. */
export function roundAbove(values: readonly number[], floor: number): number {
  const most = values.reduce((max, value) => Math.max(max, value), floor);
  const step = 10 ** Math.floor(Math.log10(most));
  return ([1, 2, 5].find((one) => one * step >= most) ?? 10) * step;
}

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;
/** French counts octets. */
const FRENCH = ['o', 'Kio', 'Mio', 'Gio', 'Tio', 'Pio'] as const;
const STEP = 1_024;
/** Below this one decimal is worth reading. */
const LARGE = 100;
const NO_BREAK = '\u00a0';

/** `117 MiB`, as sizes of instances are written; the same units for all of one scale by `like`. */
export function bytesText(bytes: number, locale: string, like = bytes): string {
  const at = like < 1 ? 0 : Math.min(BINARY.length - 1, Math.floor(Math.log(like) / Math.log(STEP)));
  const amount = bytes / STEP ** at;
  const number = new Intl.NumberFormat(locale, {
    maximumFractionDigits: at === 0 || amount >= LARGE ? 0 : 1,
  }).format(amount);
  return `${number}${NO_BREAK}${(locale.startsWith('fr') ? FRENCH : BINARY)[at] ?? 'B'}`;
}

export const percentText = (share: number, locale: string): string =>
  new Intl.NumberFormat(locale, {
    style: 'percent',
    maximumFractionDigits: share < 0.1 ? 1 : 0,
  }).format(share);

/** With the day where a window is longer than an hour or two. */
export const clockText = (at_ms: number, locale: string, window: Window): string =>
  new Intl.DateTimeFormat(
    locale,
    window === '1h'
      ? { hour: '2-digit', minute: '2-digit' }
      : { weekday: 'short', hour: '2-digit', minute: '2-digit' },
  ).format(at_ms);
