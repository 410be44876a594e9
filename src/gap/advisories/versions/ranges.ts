/**
 * Whether a version lies in the ranges of an OSV entry, by the evaluation that the OSV schema gives: events in the order of their versions,
 * `introduced` opens, `fixed` and what comes after `last_affected` close, `limit` bounds all of it. Pure.
 */
import { compare as compareSemver, parse as parseSemver, type SemVer } from 'semver';
import { compareDebianVersions, type DebianVersion, parseDebianVersion } from './debian.ts';

export const EVENT_TYPES = ['introduced', 'fixed', 'last_affected', 'limit'] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export interface RangeEvent {
  readonly type: EventType;
  /** `0` of `introduced` is before every version; `*` of `limit` is behind every one. */
  readonly version: string;
}

export interface VersionOrder {
  readonly isVersion: (text: string) => boolean;
  /** Of two that `isVersion`. */
  readonly compare: (a: string, b: string) => number;
}

const order = <Parsed>(
  parse: (text: string) => Parsed | undefined,
  compare: (a: Parsed, b: Parsed) => number,
): VersionOrder => ({
  isVersion: (text) => parse(text) !== undefined,
  compare: (a, b) => {
    const [first, second] = [parse(a), parse(b)];
    if (first === undefined || second === undefined) throw new TypeError(`${a} or ${b} is no version`);
    return compare(first, second);
  },
});

export const DEBIAN_ORDER: VersionOrder = order<DebianVersion>(parseDebianVersion, compareDebianVersions);
export const NPM_ORDER: VersionOrder = order<SemVer>((text) => parseSemver(text) ?? undefined, compareSemver);

export type InRange =
  | { readonly affected: false }
  | {
      readonly affected: true;
      /** The first version after this one that is not affected, when the range names one. */
      readonly fixed?: string;
    };

const FIRST = '0';
const ENDLESS = '*';
/** Of events with the same version the closing one counts first: a range may end where the next begins. */
const PRECEDENCE: Readonly<Record<EventType, number>> = {
  fixed: 0,
  introduced: 1,
  last_affected: 2,
  limit: 3,
};

/** `version` and the events' versions (but `0` and `*`) must be versions of `order`. */
export function inRange(version: string, events: readonly RangeEvent[], { compare }: VersionOrder): InRange {
  const limits = events.filter(({ type }) => type === 'limit');
  if (
    limits.length > 0 &&
    !limits.some((one) => one.version === ENDLESS || compare(version, one.version) < 0)
  ) {
    return { affected: false };
  }
  const inOrder = events
    .filter(({ type }) => type !== 'limit')
    .toSorted((a, b) => {
      if (a.version === b.version) return PRECEDENCE[a.type] - PRECEDENCE[b.type];
      if (a.type === 'introduced' && a.version === FIRST) return -1;
      if (b.type === 'introduced' && b.version === FIRST) return 1;
      return compare(a.version, b.version) || PRECEDENCE[a.type] - PRECEDENCE[b.type];
    });
  let affected = false;
  let fixed: string | undefined;
  for (const event of inOrder) {
    const before =
      event.type === 'introduced' && event.version === FIRST ? 1 : compare(version, event.version);
    if (event.type === 'introduced' && before >= 0) affected = true;
    else if (event.type === 'fixed' && before >= 0) affected = false;
    else if (event.type === 'last_affected' && before > 0) affected = false;
    else if (event.type === 'fixed' && affected) fixed ??= event.version;
  }
  if (!affected) return { affected: false };
  return fixed === undefined ? { affected: true } : { affected: true, fixed };
}
