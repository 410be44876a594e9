/** Times on S3's wire, to milliseconds since the Unix epoch and back. */

const IMF =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/;
const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;
const DAY_MS = 86_400_000;
const BASIC = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/;

/** `Fri, 24 May 2013 00:00:00 GMT` (RFC 9110, 5.6.7, without its obsolete forms). */
export function parseHttpDate(text: string): number | undefined {
  return IMF.test(text) ? finite(Date.parse(text)) : undefined;
}

/** `2013-05-24T00:00:00Z`, with or without fractions, or with an offset. */
export function parseIsoDate(text: string): number | undefined {
  return ISO.test(text) ? finite(Date.parse(text)) : undefined;
}

/** `20130524T000000Z`. */
export function parseBasicDate(text: string): number | undefined {
  const parts = BASIC.exec(text);
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  return finite(Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`));
}

// Of a list nearly all are of a few days.
let lastDay = { day: Number.NaN, text: '' };

/** `2013-05-24T00:00:00.000Z`. Throws RangeError where it is no time. */
export function isoDate(time_ms: number): string {
  const day = Math.floor(time_ms / DAY_MS);
  if (day !== lastDay.day) lastDay = { day, text: new Date(time_ms).toISOString().slice(0, -13) };
  const ofDay_ms = Math.floor(time_ms) - day * DAY_MS;
  const of_s = Math.floor(ofDay_ms / 1_000);
  const hour = digits(Math.floor(of_s / 3_600), 2);
  const minute = digits(Math.floor(of_s / 60) % 60, 2);
  return `${lastDay.text}${hour}:${minute}:${digits(of_s % 60, 2)}.${digits(ofDay_ms % 1_000, 3)}Z`;
}

const digits = (value: number, count: number): string => String(value).padStart(count, '0');

export function httpDate(time_ms: number): string {
  return new Date(time_ms).toUTCString();
}

function finite(time_ms: number): number | undefined {
  return Number.isNaN(time_ms) ? undefined : time_ms;
}
