/**
 * VulnerabilityReport: what runs in a realm held against the newest imported advisories, a page per finding. One a realm, called `newest`: an
 * organization's is about its instances and nobody else reads it; the region's is about our own program and machine. All that is found is in
 * its status, which only the controller writes.
 */
import { type Static, Type } from 'typebox';
import { invalid } from '#kernel/errors.ts';
import { defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, OBSERVED_GENERATION, oneOf, READY_COLUMN } from '#kernel/kind-parts.ts';
import type { KubeObject } from '#kernel/object.ts';
import { SEVERITIES, VEX_STATUSES } from '../model.ts';

export const REPORT_NAME = 'newest';
export const REPORT_KEY = { name: REPORT_NAME } as const;
/** Findings that one report shows, the worst first; how many more there are it says. */
export const FINDINGS_MAX = 500;
/** Things that one report is about. */
export const SUBJECTS_MAX = 500;
/** Places that one finding names; how many more there are it says. */
export const PLACES_MAX = 20;

const SPEC = Type.Object({
  request: Type.Optional(
    Type.String({
      maxLength: 64,
      description: 'Any text; changing it has everything read and scanned again now.',
    }),
  ),
});

const text = (description: string) => Type.String({ description });
const optional = (description: string) => Type.Optional(text(description));

const SUBJECT = Type.Object({
  kind: oneOf(['instance', 'program', 'machine', 'image'], { description: 'What was looked into.' }),
  project: optional('Of an instance: its project.'),
  name: text('What it is called.'),
  packages: Type.Integer({ description: 'Packages that were found in it and looked up.' }),
  release: optional('Of Debian: the release it runs.'),
  unidentified: Type.Optional(Type.Integer({ description: 'Packages in it that cannot be looked up.' })),
  problem: optional('Why nothing is known of it.'),
});
export type ReportSubject = Static<typeof SUBJECT>;

const VEX = Type.Object({
  status: oneOf(VEX_STATUSES, { description: 'What the statement says.' }),
  justification: optional('Why it is not affected.'),
  words: optional('The impact, or what to do.'),
  author: text('Who says so.'),
  timestamp: text('When.'),
});

const FINDING = Type.Object({
  id: text('The vulnerability.'),
  aliases: Type.Array(Type.String(), { description: 'Other names of it.' }),
  severity: oneOf(SEVERITIES, { description: 'As the source rates it for this release.' }),
  state: oneOf(['affected', 'undetermined'], {
    description: 'undetermined: nobody said, or nobody can tell.',
  }),
  open: Type.Boolean({ description: 'False: a VEX statement says that nothing is to be done.' }),
  package: text('Of Debian: the source package.'),
  version: text('The one that is there.'),
  purl: text('Package and version, as a package URL.'),
  note: optional('Why the state is what it is: no-dsa, end-of-life, undetermined, removed, unlisted, …'),
  detail: optional('More of the note.'),
  fixedIn: optional('The first version that is not affected.'),
  import: optional('What to import next, as a package URL.'),
  summary: text('What it is about.'),
  vex: Type.Optional(VEX),
  where: Type.Array(Type.String(), {
    maxItems: PLACES_MAX,
    description: 'PROJECT/INSTANCE, or what it is in.',
  }),
  places: Type.Integer({ description: 'In how many it is.' }),
});
export type ReportFinding = Static<typeof FINDING>;

const COUNTS = Type.Object({
  ...Object.fromEntries(SEVERITIES.map((severity) => [severity, Type.Integer()])),
  undetermined: Type.Integer({ description: 'Open, but nobody is sure; not among those above.' }),
  settled: Type.Integer({ description: 'Settled by a VEX statement.' }),
  total: Type.Integer(),
});
export type ReportCounts = Record<(typeof SEVERITIES)[number] | 'undetermined' | 'settled' | 'total', number>;

const STATUS = Type.Object({
  observedGeneration: OBSERVED_GENERATION,
  data: Type.Optional(
    Type.Object(
      {
        digest: text('SHA-256 of the advisory data.'),
        asOf: text('How things stood at this moment.'),
        loadedAt: text('When it came into the region.'),
        skipped: Type.Integer({ description: 'Entries of it that could not be read and were left out.' }),
      },
      { description: 'The advisory data that was scanned with.' },
    ),
  ),
  scannedAt: optional('When what is there was read.'),
  subjects: Type.Optional(
    Type.Array(SUBJECT, { maxItems: SUBJECTS_MAX, description: 'What was looked into.' }),
  ),
  counts: Type.Optional(COUNTS),
  findings: Type.Optional(Type.Array(FINDING, { maxItems: FINDINGS_MAX, description: 'The worst first.' })),
  omitted: Type.Optional(Type.Integer({ description: 'Findings beyond those that are shown.' })),
  conditions: CONDITIONS,
});

const countOf = (name: keyof ReportCounts) => (object: KubeObject) =>
  (object.status as { counts?: ReportCounts } | undefined)?.counts?.[name];

export const VulnerabilityReport = defineKind({
  group: 'advisories.casemate.internal',
  version: 'v1',
  kind: 'VulnerabilityReport',
  plural: 'vulnerabilityreports',
  shortNames: ['vulnreport'],
  scope: 'Realm',
  realms: ['region', 'organization'],
  description:
    'What runs here and is vulnerable, by the newest advisories that were imported. There is one, called newest; it makes itself.',
  spec: SPEC,
  status: STATUS,
  columns: [
    READY_COLUMN,
    { name: 'Critical', type: 'integer', description: 'Open findings.', value: countOf('critical') },
    { name: 'High', type: 'integer', description: 'Open findings.', value: countOf('high') },
    { name: 'Medium', type: 'integer', description: 'Open findings.', value: countOf('medium') },
    { name: 'Undetermined', type: 'integer', description: 'Nobody is sure.', value: countOf('undetermined') },
    {
      name: 'Data Of',
      type: 'string',
      description: 'When the advisories were current.',
      value: 'status.data.asOf',
    },
  ],
  admit({ operation, kind, object }) {
    if (operation !== 'create' || object.metadata.name === REPORT_NAME) return;
    throw invalid({ group: kind.group, kind: kind.kind, name: object.metadata.name }, [
      {
        reason: 'FieldValueInvalid',
        field: 'metadata.name',
        message: `Invalid value: "${object.metadata.name}": there is one report, called ${REPORT_NAME}`,
      },
    ]);
  },
});

export type ReportStatus = Static<typeof STATUS>;
export type VulnerabilityReportObject = ObjectOf<typeof VulnerabilityReport>;
