/** Whether one installed version is affected, by what one advisory says. Pure; where nothing is said nothing is assumed. */
import { numberOf, UNSTABLE } from './inventory/debian-releases.ts';
import type { Advisory, Affected, DebianRelease, InstalledPackage } from './model.ts';
import { compareDebianVersions, type DebianVersion, parseDebianVersion } from './versions/debian.ts';
import { DEBIAN_ORDER, inRange, NPM_ORDER } from './versions/ranges.ts';

/**
 * Why a finding is what it is. `no-dsa`: Debian will not issue an advisory; `removed`, `unlisted`: the release no longer has the package, or never
 * had it, which says nothing about whether it is affected; `no-release`: which release it is of is not known.
 */
export type Note =
  | 'no-dsa'
  | 'end-of-life'
  | 'undetermined'
  | 'removed'
  | 'unlisted'
  | 'no-release'
  | 'no-version';

export type Assessment =
  | { readonly state: 'not-affected' }
  | {
      readonly state: 'affected' | 'undetermined';
      /** The first version that is not affected, as far as one is known. */
      readonly fixedIn?: string;
      readonly note?: Note;
      /** More of the note: why Debian will not issue an advisory. */
      readonly detail?: string;
    };

const NOT_AFFECTED: Assessment = { state: 'not-affected' };
const undetermined = (note: Note): Assessment => ({ state: 'undetermined', note });

/** `release`: the code name of the Debian release that the package is of. */
export function assess(
  advisory: Advisory,
  installed: InstalledPackage,
  release: string | undefined,
): Assessment {
  if (advisory.releases) return assessRelease(advisory.releases, installed.version, release);
  return assessRanges(advisory.affected ?? [], installed, release);
}

function assessRelease(
  releases: Readonly<Record<string, DebianRelease>>,
  text: string,
  release: string | undefined,
): Assessment {
  const version = parseDebianVersion(text);
  if (!version) return undetermined('no-version');
  // Whatever release it is of: what is as new as the fix in unstable has it (a backport).
  const unstable = Object.hasOwn(releases, UNSTABLE) ? releases[UNSTABLE] : undefined;
  if (unstable?.status === 'resolved' && isAtLeast(version, unstable.fixed)) return NOT_AFFECTED;
  if (release === undefined) return undetermined('no-release');
  const here = Object.hasOwn(releases, release) ? releases[release] : undefined;
  if (!here) return undetermined('unlisted');
  switch (here.status) {
    case 'resolved': {
      if (here.fixed === undefined) return undetermined('undetermined');
      if (here.fixed === '0' || isAtLeast(version, here.fixed)) return NOT_AFFECTED;
      return { state: 'affected', fixedIn: here.fixed };
    }
    case 'open':
      if (here.endOfLife) return { state: 'affected', note: 'end-of-life' };
      return here.noDsa === undefined
        ? { state: 'affected' }
        : { state: 'affected', note: 'no-dsa', detail: here.noDsa };
    case 'undetermined':
    case 'removed':
      return undetermined(here.status);
  }
}

/** False for `0`, which is no version to compare with: it says that the release was never affected. */
function isAtLeast(version: DebianVersion, fixed: string | undefined): boolean {
  const parsed = fixed === undefined || fixed === '0' ? undefined : parseDebianVersion(fixed);
  return parsed !== undefined && compareDebianVersions(version, parsed) >= 0;
}

function assessRanges(
  all: readonly Affected[],
  { ecosystem, version }: InstalledPackage,
  release: string | undefined,
): Assessment {
  const order = ecosystem === 'debian' ? DEBIAN_ORDER : NPM_ORDER;
  const number = release === undefined ? undefined : numberOf(release);
  let result: Assessment = NOT_AFFECTED;
  for (const one of all) {
    if (one.release !== undefined && one.release !== number) {
      if (release === undefined) result = undetermined('no-release');
      continue;
    }
    if (one.ranges.length > 0 && !order.isVersion(version)) {
      if (!one.versions.includes(version)) result = undetermined('no-version');
      else return { state: 'affected' };
      continue;
    }
    for (const { events } of one.ranges) {
      const found = inRange(version, events, order);
      if (!found.affected) continue;
      if (found.fixed !== undefined) return { state: 'affected', fixedIn: found.fixed };
      result = { state: 'affected' };
    }
    if (one.versions.includes(version)) result = { state: 'affected' };
  }
  return result;
}
