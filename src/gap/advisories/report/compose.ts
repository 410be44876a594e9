/** Puts what was found in many things into one report: a finding of one package at one version is one, however many have it. Pure. */
import { byWeight, type Finding } from '../match.ts';
import { SEVERITIES } from '../model.ts';
import {
  FINDINGS_MAX,
  PLACES_MAX,
  type ReportCounts,
  type ReportFinding,
  type ReportStatus,
  type ReportSubject,
} from './report-kind.ts';

export interface Looked {
  readonly subject: ReportSubject;
  readonly findings: readonly Finding[];
}

const ALIASES_MAX = 8;

export function composeReport(
  all: readonly Looked[],
): Required<Pick<ReportStatus, 'subjects' | 'counts' | 'findings' | 'omitted'>> {
  const groups = new Map<string, { readonly finding: Finding; readonly where: string[] }>();
  for (const { subject, findings } of all) {
    const place = subject.project === undefined ? subject.name : `${subject.project}/${subject.name}`;
    for (const finding of findings) {
      // What is open in one place may be settled in another: a statement may be about one product, and releases differ.
      const { id, package: installed, isOpen, state, note } = finding;
      const key = [id, installed.purl, isOpen, state, note].join(' ');
      const group = groups.get(key) ?? { finding, where: [] };
      groups.set(key, group);
      group.where.push(place);
    }
  }
  const inOrder = [...groups.values()].toSorted((a, b) => byWeight(a.finding, b.finding));
  return {
    subjects: all.map(({ subject }) => subject),
    counts: countsOf(inOrder.map(({ finding }) => finding)),
    findings: inOrder.slice(0, FINDINGS_MAX).map(({ finding, where }) => shownFinding(finding, where)),
    omitted: Math.max(0, inOrder.length - FINDINGS_MAX),
  };
}

function countsOf(findings: readonly Finding[]): ReportCounts {
  const counts = { undetermined: 0, settled: 0, total: findings.length } as ReportCounts;
  for (const severity of SEVERITIES) counts[severity] = 0;
  for (const { isOpen, state, severity } of findings) {
    counts[isOpen ? (state === 'affected' ? severity : 'undetermined') : 'settled']++;
  }
  return counts;
}

function shownFinding(finding: Finding, where: readonly string[]): ReportFinding {
  const { id, aliases, severity, state, isOpen, package: installed, vex, summary } = finding;
  return {
    id,
    aliases: aliases.slice(0, ALIASES_MAX),
    severity,
    state,
    open: isOpen,
    package: installed.name,
    version: installed.version,
    purl: installed.purl,
    ...(finding.note === undefined ? {} : { note: finding.note }),
    ...(finding.detail === undefined ? {} : { detail: finding.detail }),
    ...(finding.fixedIn === undefined ? {} : { fixedIn: finding.fixedIn }),
    ...(finding.import === undefined ? {} : { import: finding.import }),
    summary,
    ...(vex === undefined
      ? {}
      : {
          vex: {
            status: vex.status,
            ...(vex.justification === undefined ? {} : { justification: vex.justification }),
            ...(vex.words === undefined ? {} : { words: vex.words }),
            author: vex.author,
            timestamp: vex.timestamp,
          },
        }),
    where: [...where].sort().slice(0, PLACES_MAX),
    places: where.length,
  };
}
