/** Reads asciicast v2 (a header line, then `[seconds, code, text]` lines) as recordings are kept. Bounded, and deaf to what is no such line. Pure. */

export interface CastEvent {
  readonly time_s: number;
  /** Output, input, a new size. */
  readonly code: 'o' | 'i' | 'r';
  readonly text: string;
}

export interface Cast {
  readonly width: number;
  readonly height: number;
  readonly events: readonly CastEvent[];
}

const EVENTS_MAX = 200_000;
const SIDE_MAX = 500;
const FIRST_SIZE = { width: 80, height: 24 };

function eventOf(line: string): CastEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const [time_s, code, text] = Array.isArray(value) ? value : [];
  if (typeof time_s !== 'number' || typeof text !== 'string') return undefined;
  return code === 'o' || code === 'i' || code === 'r' ? { time_s, code, text } : undefined;
}

const side = (value: unknown, otherwise: number): number =>
  typeof value === 'number' && value >= 1 ? Math.min(SIDE_MAX, Math.trunc(value)) : otherwise;

/** `80x24` of an event of size. */
export function sizeOf(text: string): { readonly width: number; readonly height: number } {
  const [width, height] = text.split('x').map(Number);
  return { width: side(width, FIRST_SIZE.width), height: side(height, FIRST_SIZE.height) };
}

/** Throws when the first line is no header of asciicast v2. */
export function parseCast(text: string): Cast {
  const [first = '', ...lines] = text.split('\n');
  let header: { version?: unknown; width?: unknown; height?: unknown };
  try {
    header = JSON.parse(first) ?? {};
  } catch {
    header = {};
  }
  if (header.version !== 2) throw new TypeError('it is no asciicast of version 2');
  return {
    width: side(header.width, FIRST_SIZE.width),
    height: side(header.height, FIRST_SIZE.height),
    events: lines.slice(0, EVENTS_MAX).flatMap((line) => eventOf(line) ?? []),
  };
}

/** What is said out loud, and what those read who do not see the terminal: the output without what steers it. */
export const plainOutput = ({ events }: Cast): string =>
  events
    .filter(({ code }) => code === 'o')
    .map(({ text }) => text)
    .join('')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what steers a terminal begins with one
    .replaceAll(/\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g, '')
    .replaceAll('\r\n', '\n')
    .replaceAll(/[^\P{Cc}\n\t]/gu, '');
