/** What is wrong in the region now, since when, and what to do about it: read off what its objects and its machine say. Pure. */
import type { ReportCounts } from '../../../../src/gap/advisories/report/report-kind.ts';
import {
  type AboutProcess,
  type RegionAbout,
  type Room,
  SAMPLE_INTERVAL_MS,
} from '../../../../src/region/about/about.ts';
import type { ApiObject } from '../../api/live-list.ts';
import type { TextId } from '../../texts/en.ts';
import { type KindName, kindWords } from '../../texts/kind-words.ts';
import type { Say } from '../../texts/texts.ts';
import { type Import, phaseOf as importPhase, waitsFor } from '../bundles/import.ts';
import { isRefused, type Organization, readyOf } from '../organizations/organization.ts';
import { type Release, phaseOf as releasePhase } from '../releases/release.ts';
import { conditionOf } from '../seal/reports.ts';

export interface Words {
  readonly id: TextId;
  readonly values?: Readonly<Record<string, string | number>>;
  /** Said as people call it. */
  readonly kind?: KindName;
}

export const inWords = ({ id, values = {}, kind }: Words, say: Say): string =>
  say(id, kind === undefined ? values : { ...values, kind: kindWords(kind).title });

export interface Alarm {
  readonly id: string;
  readonly severity: 'danger' | 'warning';
  readonly what: Words;
  /** As the region says it itself. */
  readonly detail?: string | undefined;
  /** RFC 3339; undefined: nobody knows. */
  readonly since?: string | undefined;
  /** Where that is not known: it is not longer than this. */
  readonly minutes_max?: number;
  readonly todo: TextId;
  /** Where one looks into it. */
  readonly to: string;
}

export interface RegionFacts {
  readonly about?: RegionAbout | undefined;
  readonly seal?: ApiObject | undefined;
  readonly time?: ApiObject | undefined;
  /** The newest report of vulnerabilities. */
  readonly report?: ApiObject | undefined;
  readonly imports: readonly Import[];
  readonly releases: readonly Release[];
  readonly organizations: readonly Organization[];
  readonly leftovers: readonly ApiObject[];
  /** Of kinds that say of themselves whether they are ready, by the full name of the kind. */
  readonly others: readonly (readonly [kind: string, objects: readonly ApiObject[]])[];
}

/** Runs without doing its work, or does not come up. Pure. */
export const isFailing = ({ wrongSince }: AboutProcess): boolean => wrongSince !== undefined;

/** A disk that is fuller is a matter of days. */
const DISK_FULL = 0.9;
const MEMORY_FULL = 0.95;
const MINUTE_MS = 60_000;
const RANK = { danger: 0, warning: 1 } as const;

/** The worst first, and of those the newest. */
export function alarmsOf(facts: RegionFacts): readonly Alarm[] {
  const alarms = [
    ...conditionAlarm(facts.seal, 'Sealed', 'operator.seal.notSealed', 'operator.alarms.do.seal'),
    // Of a clock that nobody said to compare with another nothing is known: it may well be right.
    ...(conditionOf(facts.time, 'OnTime')?.status === 'False'
      ? conditionAlarm(facts.time, 'OnTime', 'operator.alarms.time', 'operator.alarms.do.time')
      : []),
    ...machineAlarms(facts.about),
    ...(facts.about?.processes ?? []).flatMap(processAlarm),
    ...facts.releases.flatMap(releaseAlarm),
    ...facts.imports.flatMap(importAlarm),
    ...facts.organizations.flatMap(organizationAlarm),
    ...facts.leftovers.flatMap(leftoverAlarm),
    ...facts.others.flatMap(([kind, objects]) => objects.flatMap((object) => otherAlarm(kind, object))),
    ...vulnerableAlarm(facts.report),
  ];
  return alarms.toSorted(
    (a, b) => RANK[a.severity] - RANK[b.severity] || (b.since ?? '').localeCompare(a.since ?? ''),
  );
}

function conditionAlarm(
  object: ApiObject | undefined,
  type: string,
  what: TextId,
  todo: TextId,
): readonly Alarm[] {
  const condition = conditionOf(object, type);
  if (condition === undefined || condition.status === 'True') return [];
  const { message: detail, lastTransitionTime: since } = condition;
  return [{ id: type, severity: 'danger', what: { id: what }, detail, since, todo, to: '/seal' }];
}

function machineAlarms(about: RegionAbout | undefined): readonly Alarm[] {
  if (about === undefined) return [];
  const of = (part: 'disk' | 'memory', full: number): readonly Alarm[] => {
    const { used, total }: Room = about.machine[part];
    if (used / total < full) return [];
    const before = about.samples.findLastIndex((sample) => sample[part] / total < full);
    return [
      {
        id: part,
        severity: 'danger',
        what: { id: `operator.alarms.${part}`, values: { percent: Math.floor((100 * used) / total) } },
        since: about.samples[before + 1]?.at,
        ...(before >= 0 ? { minutes_max: SAMPLE_INTERVAL_MS / MINUTE_MS } : {}),
        todo: `operator.alarms.do.${part}`,
        to: '/',
      },
    ];
  };
  return [...of('disk', DISK_FULL), ...of('memory', MEMORY_FULL)];
}

/** One that the region can do without is no hurry. */
function processAlarm(process: AboutProcess): readonly Alarm[] {
  if (!isFailing(process)) return [];
  const { name, optional, failing, lastFailure, wrongSince: since } = process;
  return [
    {
      id: `process ${name}`,
      severity: optional ? 'warning' : 'danger',
      what: { id: 'operator.alarms.process', values: { name } },
      detail: failing ?? lastFailure,
      since,
      todo: 'operator.alarms.do.process',
      to: '/',
    },
  ];
}

function releaseAlarm(release: Release): readonly Alarm[] {
  if (!['Failed', 'RolledBack', 'Interrupted'].includes(releasePhase(release))) return [];
  const { uid, name } = release.metadata;
  const last = release.status?.steps?.at(-1);
  // The way back that people agreed to.
  if (last?.step === 'Confirmed') return [];
  return [
    {
      id: uid,
      severity: 'danger',
      what: { id: 'operator.home.releaseFailed', values: { name } },
      detail: last?.message,
      since: last?.at,
      todo: 'operator.alarms.do.release',
      to: `/releases/${encodeURIComponent(name)}`,
    },
  ];
}

function importAlarm(bundle: Import): readonly Alarm[] {
  const { uid, name } = bundle.metadata;
  const ready = conditionOf(bundle, 'Ready');
  const common = {
    id: uid,
    severity: 'warning',
    since: ready?.lastTransitionTime,
    to: `/bundles/${encodeURIComponent(name)}`,
  } as const;
  const wait = waitsFor(bundle);
  if (wait?.reason === 'NoSpace')
    return [
      {
        ...common,
        what: { id: 'operator.alarms.noSpace', values: { name } },
        detail: wait.message,
        todo: 'operator.alarms.do.disk',
      },
    ];
  if (importPhase(bundle) !== 'Refused') return [];
  return [
    {
      ...common,
      what: { id: 'operator.home.refused', values: { name } },
      detail: bundle.status?.refusals?.[0]?.message,
      todo: 'operator.alarms.do.refused',
    },
  ];
}

function organizationAlarm(organization: Organization): readonly Alarm[] {
  const ready = readyOf(organization);
  if (!isRefused(organization) && ready?.status !== 'False') return [];
  const { uid, name } = organization.metadata;
  return [
    {
      id: uid,
      severity: 'warning',
      what: { id: 'operator.home.organization', values: { name } },
      detail: ready?.message,
      since: ready?.lastTransitionTime,
      todo: 'operator.alarms.do.organization',
      to: `/organizations/${encodeURIComponent(name)}`,
    },
  ];
}

/** Somebody's data, as long as nobody said what becomes of it. */
function leftoverAlarm({ metadata, spec }: ApiObject): readonly Alarm[] {
  if (spec?.decision !== undefined) return [];
  const { uid, name, creationTimestamp } = metadata;
  return [
    {
      id: uid,
      severity: 'warning',
      what: { id: 'operator.alarms.leftover', values: { name } },
      since: creationTimestamp,
      todo: 'operator.alarms.do.leftover',
      to: `/resources/leftovers.compute.casemate.internal/${encodeURIComponent(name)}`,
    },
  ];
}

function otherAlarm(kind: string, object: ApiObject): readonly Alarm[] {
  const ready = conditionOf(object, 'Ready');
  if (ready?.status !== 'False') return [];
  const { uid, name } = object.metadata;
  return [
    {
      id: uid,
      severity: 'warning',
      what: {
        id: 'operator.alarms.notReady',
        values: { name },
        kind: { plural: kind.split('.', 1)[0] ?? kind, kind: object.kind },
      },
      detail: ready.message,
      since: ready.lastTransitionTime,
      todo: 'operator.alarms.do.other',
      to: `/resources/${kind}/${encodeURIComponent(name)}`,
    },
  ];
}

function vulnerableAlarm(report: ApiObject | undefined): readonly Alarm[] {
  const { counts } = (report?.status ?? {}) as { readonly counts?: ReportCounts };
  const { critical = 0, high = 0 } = counts ?? {};
  if (critical + high === 0) return [];
  return [
    {
      id: 'vulnerable',
      severity: 'warning',
      what: { id: 'operator.home.vulnerable', values: { critical, high } },
      since: conditionOf(report, 'Ready')?.lastTransitionTime,
      todo: 'operator.alarms.do.vulnerable',
      to: '/vulnerabilities',
    },
  ];
}
