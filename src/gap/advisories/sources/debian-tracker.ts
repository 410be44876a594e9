/**
 * Debian's security tracker as JSON (`tracker/data/json`): by source package, then by vulnerability, what each release's state is. The fields of a
 * release are `status`, `repositories`, `urgency`, `fixed_version`, `nodsa` and `nodsa_reason`. Pure.
 */
import { excerpt, fieldsOf, optionalText, wordOf } from '../fields.ts';
import type { Piece } from '../json-pieces.ts';
import {
  type Advisory,
  type DebianRelease,
  type PackageKey,
  packageKey,
  RELEASE_STATUSES,
  type Severity,
} from '../model.ts';
import { invalid, type Place, shown } from '../problem.ts';
import { parseDebianVersion } from '../versions/debian.ts';

export const TRACKER = 'debian-tracker';
/** Where the entries are in the file. */
export const TRACKER_DEPTH = 2;
export const SUMMARY_LENGTH_MAX = 240;
const RELEASES_MAX = 32;
const SOURCE_NAME = /^[a-z0-9][a-z0-9+.-]{0,127}$/;

/** How urgent Debian finds it. Some are followed by asterisks: taken over from elsewhere. */
const SEVERITY: Readonly<Record<string, Severity>> = {
  high: 'high',
  medium: 'medium',
  low: 'low',
  unimportant: 'negligible',
  'not yet assigned': 'unknown',
  'end-of-life': 'unknown',
  '': 'unknown',
};

export interface KeyedAdvisory {
  readonly key: PackageKey;
  readonly advisory: Advisory;
}

/** One entry. Throws an AdvisoryError that names it and the field. */
export function parseTrackerEntry({ path, value }: Piece): KeyedAdvisory {
  const [name = '', id = ''] = path;
  const place: Place = { source: TRACKER, entry: `${name} ${id}` };
  if (!SOURCE_NAME.test(name))
    throw invalid(place, 'the source package', `is called ${shown(name)}, which no package is`);
  if (!/^[A-Z][A-Za-z0-9-]{2,63}$/.test(id))
    throw invalid(place, 'the vulnerability', `is called ${shown(id)}; it must be like CVE-2026-1234`);
  const entry = fieldsOf(place, 'the entry', value);
  const given = Object.entries(fieldsOf(place, 'releases', entry.releases));
  if (given.length > RELEASES_MAX)
    throw invalid(place, 'releases', `are ${given.length}; at most ${RELEASES_MAX} are taken`);
  const releases: Record<string, DebianRelease> = {};
  let worst: Severity = 'unknown';
  // In one order, so that the same facts are the same bytes.
  for (const [release, facts] of given.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (!/^[a-z][a-z0-9-]{0,31}$/.test(release))
      throw invalid(place, 'releases', `has ${shown(release)}, which is no release`);
    const parsed = parseRelease(place, `releases.${release}`, facts);
    releases[release] = parsed;
    if (RANK[parsed.severity] > RANK[worst]) worst = parsed.severity;
  }
  const summary = excerpt(entry.description, SUMMARY_LENGTH_MAX);
  return {
    key: packageKey('debian', name),
    advisory: { id, aliases: [], severity: worst, summary, releases },
  };
}

const RANK: Readonly<Record<Severity, number>> = {
  unknown: 0,
  negligible: 1,
  low: 2,
  medium: 3,
  high: 4,
  critical: 5,
};

function parseRelease(place: Place, field: string, value: unknown): DebianRelease {
  const facts = fieldsOf(place, field, value);
  const status = wordOf(place, `${field}.status`, facts.status, RELEASE_STATUSES);
  const urgency = (optionalText(place, `${field}.urgency`, facts.urgency) ?? '').replace(/\*+$/, '');
  const severity = Object.hasOwn(SEVERITY, urgency) ? SEVERITY[urgency] : undefined;
  if (severity === undefined) {
    throw invalid(
      place,
      `${field}.urgency`,
      `is ${shown(urgency)}; it must be one of ${Object.keys(SEVERITY).join(', ')}`,
    );
  }
  const fixed = optionalText(place, `${field}.fixed_version`, facts.fixed_version);
  if (fixed !== undefined && parseDebianVersion(fixed) === undefined) {
    throw invalid(place, `${field}.fixed_version`, `is ${shown(fixed)}, which is no Debian version`);
  }
  if (status === 'resolved' && fixed === undefined) {
    throw invalid(
      place,
      `${field}.fixed_version`,
      'is missing; a resolved release says in which version, or 0 for never affected',
    );
  }
  const reason = optionalText(place, `${field}.nodsa_reason`, facts.nodsa_reason);
  const noDsa = reason ?? (excerpt(facts.nodsa, 80) || undefined);
  return {
    status,
    ...(fixed === undefined ? {} : { fixed }),
    severity,
    ...(urgency === 'end-of-life' ? { endOfLife: true as const } : {}),
    ...(noDsa === undefined ? {} : { noDsa }),
  };
}
