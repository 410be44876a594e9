/** What chronyc says in its comma-separated form, as values. Pure. */

/** One place that time is taken from, as chronyd judges it. */
export interface SourceReport {
  /** An address, or the name of a clock on this machine. */
  readonly name: string;
  /**
   * `Selected` and `Combined`: the time comes from it. `NotCombined`: sound, and not needed. `Unreachable`: it does not answer, or has not yet. `False`: it contradicts most
   * others. `Unsteady`: it varies too much.
   */
  readonly state: 'Selected' | 'Combined' | 'NotCombined' | 'Unreachable' | 'False' | 'Unsteady';
  /** Whether any of its last eight questions was answered. */
  readonly isReached: boolean;
  /** Steps from a reference clock. */
  readonly stratum: number;
  /** Seconds since it last answered. */
  readonly age_s: number;
}

export interface TimeReport {
  /** Whether time comes from a source at all, and not from this machine's own clock. */
  readonly isReferenced: boolean;
  readonly stratum: number;
  /** Milliseconds that this machine's clock is away from what the sources say; 0 without any. */
  readonly offset_ms: number;
  /** Milliseconds that even that may be wrong by: half the way to the reference clock, and what adds up on it. */
  readonly error_ms: number;
  readonly sources: readonly SourceReport[];
}

const STATES: Readonly<Record<string, SourceReport['state']>> = {
  '*': 'Selected',
  '+': 'Combined',
  '-': 'NotCombined',
  '?': 'Unreachable',
  x: 'False',
  '~': 'Unsteady',
};
/** What chronyd names its own clock by, when that is all it has. */
const OWN_CLOCK = '7F7F0101';
const NOTHING = '00000000';
const SOURCES_READ_MAX = 64;

/** From what `chronyc -c tracking` and `chronyc -c sources` print. Throws SyntaxError when that is something else. */
export function readTime(tracking: string, sources: string): TimeReport {
  const fields = tracking.trim().split(',');
  // Reference, its name, stratum, time, offset now, last, mean, frequency, its residue, skew, root delay, root dispersion, interval, leap.
  const [reference = '', , stratum, , offset] = fields;
  const [delay, dispersion] = fields.slice(10);
  if (fields.length < 14) throw new SyntaxError(`chronyc said "${tracking.slice(0, 200)}" of its clock`);
  const isReferenced = reference !== OWN_CLOCK && reference !== NOTHING;
  return {
    isReferenced,
    stratum: Number(stratum),
    offset_ms: isReferenced ? milliseconds(offset) : 0,
    error_ms: isReferenced ? milliseconds(delay) / 2 + milliseconds(dispersion) : 0,
    sources: sources.split('\n').filter(Boolean).slice(0, SOURCES_READ_MAX).map(readSource),
  };
}

const milliseconds = (seconds: string | undefined): number => Math.abs(Number(seconds)) * 1_000;

function readSource(line: string): SourceReport {
  // Mode, state, name, stratum, poll, reach (octal), seconds since, offset, measured, error.
  const [, mark = '', name = '', stratum, , reach = '0', age] = line.split(',');
  const state = STATES[mark];
  if (state === undefined) throw new SyntaxError(`chronyc said "${line.slice(0, 200)}" of a source`);
  return {
    name,
    state,
    isReached: Number.parseInt(reach, 8) > 0,
    stratum: Number(stratum),
    age_s: Number(age),
  };
}
