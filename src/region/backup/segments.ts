/**
 * Names of PostgreSQL's log as it lies in an archive, and which of them a restore needs. Pure. A segment is 24 hexadecimal digits: eight of
 * the timeline, sixteen of its place in the log (PostgreSQL's documentation, "WAL Internals"). Each restore begins a timeline.
 */

/** Bytes of one segment, as initdb makes clusters where nothing else is said. */
export const SEGMENT_BYTES = 16_777_216n;
const SEGMENTS_A_LOG = 0x1_0000_0000n / SEGMENT_BYTES;

export interface Segment {
  readonly name: string;
  readonly timeline: number;
  /** Its place: the next one has one more, on whatever timeline. */
  readonly number: bigint;
}

/** Undefined for what is no name of a segment. */
export function parseSegment(name: string): Segment | undefined {
  const [, timeline, log, part] = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})$/.exec(name) ?? [];
  if (timeline === undefined || log === undefined || part === undefined) return undefined;
  const number = BigInt(`0x${log}`) * SEGMENTS_A_LOG + BigInt(`0x${part}`);
  return { name, timeline: Number.parseInt(timeline, 16), number };
}

/** Bytes from the beginning of the log to a place such as `0/3000110`. Throws RangeError when it is none. */
export function parsePlace(text: string): bigint {
  const [, high, low] = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(text) ?? [];
  if (high === undefined || low === undefined)
    throw new RangeError(`"${text.slice(0, 40)}" is no place in a log`);
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}

/** What a cluster's manifest says of the log that it needs to be consistent. */
export interface LogRange {
  readonly timeline: number;
  readonly start: bigint;
  readonly end: bigint;
}

/** The range in the text of a `backup_manifest`. Throws when there is none. */
export function rangeOf(manifest: string): LogRange {
  const parsed = JSON.parse(manifest) as { readonly 'WAL-Ranges'?: readonly Record<string, unknown>[] };
  const last = parsed['WAL-Ranges']?.at(-1);
  const { Timeline: timeline, 'Start-LSN': start, 'End-LSN': end } = last ?? {};
  if (typeof timeline !== 'number' || typeof start !== 'string' || typeof end !== 'string') {
    throw new Error('the manifest of the database names no range of its log');
  }
  return { timeline, start: parsePlace(start), end: parsePlace(end) };
}

/** A timeline that began when another ended, as a `.history` file says: of each one before it, where it was left. */
export interface History {
  readonly timeline: number;
  readonly before: readonly { readonly timeline: number; readonly left: bigint }[];
}

export function parseHistory(timeline: number, text: string): History {
  const before = text.split('\n').flatMap((line) => {
    const [, parent, place] = /^\s*(\d+)\s+([0-9A-Fa-f]+\/[0-9A-Fa-f]+)/.exec(line) ?? [];
    return parent === undefined || place === undefined
      ? []
      : [{ timeline: Number(parent), left: parsePlace(place) }];
  });
  return { timeline, before };
}

/** The latest timeline that a backup leads to: one that left the backup's own after the backup had ended. */
export function latestTimeline(range: LogRange, histories: readonly History[]): number {
  const reached = histories.filter(({ before }) =>
    before.some(({ timeline, left }) => timeline === range.timeline && left >= range.end),
  );
  return Math.max(range.timeline, ...reached.map(({ timeline }) => timeline));
}

export interface NeededSegments {
  readonly needed: readonly Segment[];
  /** The first segment that is missing although later ones are there. */
  readonly gap: { readonly after: string; readonly before: string } | undefined;
}

/** Which segments of an archive come after those that the backup has itself, on the way to a timeline. */
export function neededSegments(
  own: readonly Segment[],
  archived: readonly Segment[],
  way: readonly number[],
): NeededSegments {
  const last = own.toSorted(byPlace).at(-1);
  const needed = archived
    .filter(({ timeline, number }) => way.includes(timeline) && (last === undefined || number > last.number))
    .toSorted(byPlace);
  let previous = last;
  for (const segment of needed) {
    if (previous !== undefined && segment.number > previous.number + 1n) {
      return { needed, gap: { after: previous.name, before: segment.name } };
    }
    previous = segment;
  }
  return { needed, gap: undefined };
}

const byPlace = (a: Segment, b: Segment): number =>
  a.number === b.number ? a.timeline - b.timeline : a.number < b.number ? -1 : 1;
