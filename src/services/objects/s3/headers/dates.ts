/** Times on S3's wire, to milliseconds since the Unix epoch and back. */

const IMF =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/;
const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;
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

export function httpDate(time_ms: number): string {
  return new Date(time_ms).toUTCString();
}

export function isoDate(time_ms: number): string {
  return new Date(time_ms).toISOString();
}

function finite(time_ms: number): number | undefined {
  return Number.isNaN(time_ms) ? undefined : time_ms;
}
