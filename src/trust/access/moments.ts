/** The minute of the week, Monday 00:00 being 0, in a time zone. */
import { DAYS } from './guardrail.ts';

const formats = new Map<string, Intl.DateTimeFormat>();

/** Time zones whose formats are kept; the world has some 600. */
const FORMATS_MAX = 1_024;

/** Throws RangeError for a zone that does not exist. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    if (formats.size < FORMATS_MAX) formats.set(timeZone, format);
  }
  return format;
}

export function isTimeZone(timeZone: string): boolean {
  try {
    formatOf(timeZone);
    return true;
  } catch {
    return false;
  }
}

export function minuteOfWeek(time_ms: number, timeZone: string): number {
  const parts = Object.fromEntries(
    formatOf(timeZone)
      .formatToParts(time_ms)
      .map(({ type, value }) => [type, value]),
  );
  const day = (DAYS as readonly (string | undefined)[]).indexOf(parts.weekday);
  return (day * 24 + Number(parts.hour)) * 60 + Number(parts.minute);
}
