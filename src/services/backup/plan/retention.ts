/**
 * How long a backup is kept, decided once, when it was made: nothing that happens to its plan later shortens it. The first one of a week, a month or a year may be kept for
 * longer. Pure.
 */
import { type Static, Type } from 'typebox';
import { DAY_MS } from '../limits.ts';

const YEARS_50_DAYS = 18_263;
const days = (description: string) => Type.Integer({ minimum: 1, maximum: YEARS_50_DAYS, description });

export const RETENTION = Type.Object(
  {
    days: Type.Integer({
      minimum: 1,
      maximum: YEARS_50_DAYS,
      default: 30,
      description: 'For how many days each backup is kept.',
    }),
    weekly_days: Type.Optional(days('For how many the first one of each week (from Monday, UTC).')),
    monthly_days: Type.Optional(days('For how many the first one of each month.')),
    yearly_days: Type.Optional(days('For how many the first one of each year.')),
    keepLast: Type.Integer({
      minimum: 1,
      maximum: 1_000,
      default: 1,
      description: 'How many of the newest stay, however old they are, for as long as the plan is there.',
    }),
  },
  {
    default: {},
    description:
      'How long backups are kept. Each remembers its own time: a change counts for those that are made from then on.',
  },
);

export type Retention = Static<typeof RETENTION>;

const weekOf = (time_ms: number): number => Math.floor((time_ms - 4 * DAY_MS) / (7 * DAY_MS));
const monthOf = (time_ms: number): string => new Date(time_ms).toISOString().slice(0, 7);
const yearOf = (time_ms: number): string => new Date(time_ms).toISOString().slice(0, 4);

/** Until when one that began then is kept. `others`: when the plan’s other whole backups began. */
export function keptUntil(retention: Retention, began_ms: number, others: readonly number[]): number {
  const isFirst = (of: (time_ms: number) => number | string) =>
    !others.some((other) => other < began_ms && of(other) === of(began_ms));
  const { days: all, weekly_days = 0, monthly_days = 0, yearly_days = 0 } = retention;
  const kept_days = Math.max(
    all,
    isFirst(weekOf) ? weekly_days : 0,
    isFirst(monthOf) ? monthly_days : 0,
    isFirst(yearOf) ? yearly_days : 0,
  );
  return began_ms + kept_days * DAY_MS;
}
