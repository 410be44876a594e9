/**
 * Entries of the OSV schema 1.x (ossf.github.io/osv-schema): one vulnerability, the packages it is in, and their affected versions. Only Debian
 * and npm are kept; `GIT` ranges speak of commits, which nothing installed tells. Pure.
 */
import {
  excerpt,
  type Fields,
  fieldsOf,
  isFields,
  listOf,
  nameOf,
  optionalText,
  textOf,
  timeOf,
  wordOf,
} from '../fields.ts';
import { type Affected, type Ecosystem, packageKey, type Severity, type VersionRange } from '../model.ts';
import { AdvisoryError, invalid, type Place, shown } from '../problem.ts';
import {
  DEBIAN_ORDER,
  EVENT_TYPES,
  NPM_ORDER,
  type RangeEvent,
  type VersionOrder,
} from '../versions/ranges.ts';
import { baseScore, ratingOf } from './cvss.ts';
import { type KeyedAdvisory, SUMMARY_LENGTH_MAX } from './debian-tracker.ts';

export const OSV = 'osv';
const AFFECTED_MAX = 20_000;
const VERSIONS_MAX = 50_000;
const RANGES_MAX = 1_000;
const EVENTS_MAX = 2_000;
const ALIASES_MAX = 200;
const SEVERITIES_MAX = 16;

const ORDER: Readonly<Record<Ecosystem, VersionOrder>> = { debian: DEBIAN_ORDER, npm: NPM_ORDER };
const WORDS: Readonly<Record<string, Severity>> = {
  CRITICAL: 'critical',
  HIGH: 'high',
  MODERATE: 'medium',
  MEDIUM: 'medium',
  LOW: 'low',
};

export interface OsvEntry {
  /** When it was last changed, milliseconds since the Unix epoch. */
  readonly modified_ms: number;
  /** One for each package; none when it was withdrawn. */
  readonly advisories: readonly KeyedAdvisory[];
}

/** One entry. Throws an AdvisoryError that names it and the field. */
export function parseOsvEntry(value: unknown): OsvEntry {
  const unnamed: Place = { source: OSV, entry: 'an entry' };
  const entry = fieldsOf(unnamed, 'the entry', value);
  const id = textOf(unnamed, 'id', entry.id, 128);
  const place: Place = { source: OSV, entry: id };
  const version = optionalText(place, 'schema_version', entry.schema_version);
  if (version !== undefined && !version.startsWith('1.')) {
    throw new AdvisoryError('Unsupported', `${OSV}: ${id}: schema_version is ${shown(version)}; 1.x is read`);
  }
  const modified_ms = timeOf(place, 'modified', entry.modified);
  if (optionalText(place, 'withdrawn', entry.withdrawn) !== undefined) return { modified_ms, advisories: [] };
  const named = [
    ...listOf(place, 'aliases', entry.aliases, ALIASES_MAX),
    ...listOf(place, 'upstream', entry.upstream, ALIASES_MAX),
  ];
  const aliases = [
    ...new Set(named.map((one, index) => textOf(place, `aliases[${index}]`, one, 128))),
  ].sort();
  const severity = severityOf(place, 'severity', entry);
  const summary = excerpt(entry.summary, SUMMARY_LENGTH_MAX) || excerpt(entry.details, SUMMARY_LENGTH_MAX);
  const found = new Map<string, { readonly severity: Severity; readonly affected: Affected[] }>();
  for (const [index, one] of listOf(place, 'affected', entry.affected, AFFECTED_MAX).entries()) {
    const field = `affected[${index}]`;
    const affected = fieldsOf(place, field, one);
    if (affected.package === undefined) continue; // only commits
    const about = fieldsOf(place, `${field}.package`, affected.package);
    const [family = '', release] = textOf(place, `${field}.package.ecosystem`, about.ecosystem).split(':');
    const ecosystem: Ecosystem | undefined =
      family === 'Debian' ? 'debian' : family === 'npm' ? 'npm' : undefined;
    if (ecosystem === undefined) continue;
    const key = packageKey(ecosystem, nameOf(place, `${field}.package.name`, about.name));
    const own = severityOf(place, `${field}.severity`, affected);
    const known = found.get(key) ?? { severity: own === 'unknown' ? severity : own, affected: [] };
    known.affected.push(parseAffected(place, field, affected, ORDER[ecosystem], release));
    found.set(key, known);
  }
  return {
    modified_ms,
    advisories: [...found].map(([key, { severity: how, affected }]) => ({
      key: key as KeyedAdvisory['key'],
      advisory: { id, aliases, severity: how, summary, affected },
    })),
  };
}

function parseAffected(
  place: Place,
  field: string,
  affected: Fields,
  order: VersionOrder,
  release: string | undefined,
): Affected {
  const ranges: VersionRange[] = [];
  for (const [index, one] of listOf(place, `${field}.ranges`, affected.ranges, RANGES_MAX).entries()) {
    const at = `${field}.ranges[${index}]`;
    const range = fieldsOf(place, at, one);
    if (wordOf(place, `${at}.type`, range.type, ['SEMVER', 'ECOSYSTEM', 'GIT']) === 'GIT') continue;
    const events = listOf(place, `${at}.events`, range.events, EVENTS_MAX).map((event, number) =>
      parseEvent(place, `${at}.events[${number}]`, event, order),
    );
    if (!events.some(({ type }) => type === 'introduced')) {
      throw invalid(
        place,
        `${at}.events`,
        'have no introduced; a range says where it begins, "0" for the first version',
      );
    }
    ranges.push({ events });
  }
  const versions = listOf(place, `${field}.versions`, affected.versions, VERSIONS_MAX).map((one, index) =>
    textOf(place, `${field}.versions[${index}]`, one),
  );
  return { ...(release === undefined ? {} : { release }), ranges, versions };
}

function parseEvent(place: Place, field: string, value: unknown, order: VersionOrder): RangeEvent {
  const given = Object.entries(fieldsOf(place, field, value));
  const [name, text] = given[0] ?? [];
  if (given.length !== 1) {
    throw invalid(place, field, `has ${given.length} fields; an event is one of ${EVENT_TYPES.join(', ')}`);
  }
  const type = wordOf(place, field, name, EVENT_TYPES);
  const version = textOf(place, `${field}.${type}`, text);
  const isMark = (type === 'introduced' && version === '0') || (type === 'limit' && version === '*');
  if (!isMark && !order.isVersion(version)) {
    throw invalid(place, `${field}.${type}`, `is ${shown(version)}, which is no version of this ecosystem`);
  }
  return { type, version };
}

/** The database's own word, else what the CVSS vector comes to; CVSS 4 is left to the word. */
function severityOf(place: Place, field: string, entry: Fields): Severity {
  const word = isFields(entry.database_specific) ? entry.database_specific.severity : undefined;
  const known = typeof word === 'string' ? WORDS[word.toUpperCase()] : undefined;
  if (known !== undefined) return known;
  for (const [index, one] of listOf(place, field, entry.severity, SEVERITIES_MAX).entries()) {
    const score = textOf(place, `${field}[${index}].score`, fieldsOf(place, `${field}[${index}]`, one).score);
    const base = baseScore(score);
    if (base !== undefined) return ratingOf(base);
  }
  return 'unknown';
}
