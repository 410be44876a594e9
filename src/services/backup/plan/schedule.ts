/**
 * When something is due: at the same times of every day or week, in UTC, so that no change of clocks repeats or leaves out a run, and whoever reads it knows the times without
 * a calculator. Cron's five fields say more, and nobody reads them right. Pure.
 */
import { type Static, Type } from 'typebox';
import { oneOf } from '#kernel/kind-parts.ts';
import { DAY_MS } from '../limits.ts';

const HOUR_MS = DAY_MS / 24;
const WEEK_MS = 7 * DAY_MS;
const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;
/** The first of January 1970 was a Thursday; the first Monday came four days later. */
const FIRST_MONDAY_MS = 4 * DAY_MS;

/** Parts of a day, so that the times are the same ones every day. */
const EVERY_MS = {
  '1h': HOUR_MS,
  '2h': 2 * HOUR_MS,
  '3h': 3 * HOUR_MS,
  '4h': 4 * HOUR_MS,
  '6h': 6 * HOUR_MS,
  '8h': 8 * HOUR_MS,
  '12h': 12 * HOUR_MS,
  day: DAY_MS,
  week: WEEK_MS,
} as const;

export const scheduleSchema = (what: string) =>
  Type.Object(
    {
      every: oneOf(Object.keys(EVERY_MS) as (keyof typeof EVERY_MS)[], {
        description: 'How often: in hours that divide a day, each day, or each week.',
      }),
      at: Type.String({
        default: '00:00',
        pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$',
        description:
          'At what time, in UTC, such as 02:30. With hours: at this time, and as often from there.',
      }),
      on: Type.Optional(oneOf(DAYS, { description: 'On which day, with every: week. Left out: Monday.' })),
    },
    { description: what },
  );

export type Schedule = Static<ReturnType<typeof scheduleSchema>>;

const shiftOf = ({ every, at, on }: Schedule): number => {
  const [hours = 0, minutes = 0] = at.split(':').map(Number);
  const time_ms = hours * HOUR_MS + minutes * (HOUR_MS / 60);
  return every === 'week' ? FIRST_MONDAY_MS + DAYS.indexOf(on ?? 'Monday') * DAY_MS + time_ms : time_ms;
};

/** The last time that it was due, at the latest now. Milliseconds since the Unix epoch. */
export function dueBefore(schedule: Schedule, now_ms: number): number {
  const every_ms = EVERY_MS[schedule.every];
  const shift_ms = shiftOf(schedule);
  return Math.floor((now_ms - shift_ms) / every_ms) * every_ms + shift_ms;
}

/** The next time after now. */
export const dueAfter = (schedule: Schedule, now_ms: number): number =>
  dueBefore(schedule, now_ms) + EVERY_MS[schedule.every];

/** `202611221530`, for names of what was made at a time. */
export const stampOf = (time_ms: number): string =>
  new Date(time_ms).toISOString().replaceAll(/[-:T]/g, '').slice(0, 12);
