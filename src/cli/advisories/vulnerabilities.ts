/** `casemate vulnerabilities`: the realm's VulnerabilityReport as a table, or a page about one finding. */
import {
  REPORT_NAME,
  type ReportFinding,
  type ReportStatus,
  VulnerabilityReport,
} from '#gap/advisories/report/report-kind.ts';
import { collectionPath, objectPath, type ResourceType } from '../resources/discovery.ts';
import { CliError } from '../resources/errors.ts';
import type { AnyObject } from '../resources/objects.ts';
import type { SessionOptions } from '../resources/options.ts';
import { printJson, printLines } from '../resources/output.ts';
import { listObjects } from '../resources/read.ts';
import { inSession, type Session } from '../resources/session.ts';
import { alignRows } from '../resources/table.ts';

interface ShowOptions extends SessionOptions {
  readonly all?: boolean;
  readonly again?: boolean;
  readonly output: 'table' | 'json';
}

const DAY_MS = 24 * 60 * 60_000;
const AGAIN_LIMIT_MS = 120_000;
const AGAIN_LOOK_MS = 500;

export const vulnerabilities = inSession(async (session: Session, options: ShowOptions, id?: string) => {
  const { group, kind } = VulnerabilityReport;
  const type = (await session.types()).find((one) => one.group === group && one.kind === kind);
  if (type === undefined) throw new CliError('this server knows nothing of vulnerabilities');
  const status = options.again === true ? await again(session, type) : statusOf(await newest(session, type));
  if (!status?.data) {
    throw new CliError('there is no report: no instance runs here, or no advisory data was ever imported', {
      hint: 'the region’s operator imports it: casemate advisories load',
    });
  }
  const found = status.findings ?? [];
  const wanted = id === undefined ? found : found.filter((one) => one.id === id || one.aliases.includes(id));
  if (options.output === 'json') {
    printJson({ ...status, findings: wanted });
    return;
  }
  if (id !== undefined) {
    if (wanted.length === 0) throw new CliError(`${id} is not found in what runs here`);
    printLines(wanted.flatMap((one, index) => [...(index === 0 ? [] : ['']), ...pageOf(one)]));
    return;
  }
  printLines(overview(status, options.all === true));
});

async function newest(session: Session, type: ResourceType): Promise<AnyObject | undefined> {
  const { items } = await listObjects(session.client, type, undefined);
  return items.find(({ metadata }) => metadata.name === REPORT_NAME);
}

const statusOf = (object: AnyObject | undefined) => object?.status as ReportStatus | undefined;

/** Asks for it, and waits until it is there. */
async function again(session: Session, type: ResourceType): Promise<ReportStatus | undefined> {
  const spec = { request: new Date().toISOString() };
  const query = { fieldManager: 'casemate' };
  const made = (await newest(session, type))
    ? await session.client.json<AnyObject>({
        method: 'PATCH',
        path: objectPath(type, undefined, REPORT_NAME),
        query,
        body: { spec },
        contentType: 'application/merge-patch+json',
      })
    : await session.client.json<AnyObject>({
        method: 'POST',
        path: collectionPath(type, undefined),
        query,
        body: {
          apiVersion: VulnerabilityReport.apiVersion,
          kind: VulnerabilityReport.kind,
          metadata: { name: REPORT_NAME },
          spec,
        },
      });
  for (let waited_ms = 0; waited_ms < AGAIN_LIMIT_MS; waited_ms += AGAIN_LOOK_MS) {
    const status = statusOf(await newest(session, type));
    if ((status?.observedGeneration ?? 0) >= (made.metadata.generation ?? 1)) return status;
    await new Promise((resolve) => setTimeout(resolve, AGAIN_LOOK_MS));
  }
  throw new CliError('the report is not made yet; look again in a while', {
    hint: 'casemate vulnerabilities',
  });
}

function overview(status: ReportStatus, all: boolean): string[] {
  const { data, subjects = [], findings = [], omitted = 0, conditions = [] } = status;
  const isShown = ({ open, severity, state }: ReportFinding) =>
    all || (open && state === 'affected' && severity !== 'negligible');
  const shown = findings.filter(isShown);
  const rows = shown.map((one) => [
    one.id,
    one.open ? one.severity : `(${one.severity})`,
    one.package,
    one.version,
    one.open ? (one.note ?? one.state) : `vex: ${one.vex?.status}`,
    one.fixedIn ?? '-',
    one.places === 1 ? (one.where[0] ?? '') : `${one.where[0]} and ${one.places - 1} more`,
  ]);
  const ready = conditions.find(({ type }) => type === 'Ready');
  const packages = subjects.reduce((sum, one) => sum + one.packages, 0);
  const hidden = findings.length - shown.length;
  return [
    `${subjects.length} looked into, ${packages} packages; advisories as of ${data?.asOf} (${ageOf(data?.asOf)}), read ${status.scannedAt}`,
    ...(ready === undefined || ready.status === 'True' ? [] : [`${ready.reason}: ${ready.message}`]),
    ...((data?.skipped ?? 0) > 0
      ? [`${data?.skipped} entries of the advisory data could not be read and are missing here`]
      : []),
    '',
    ...(rows.length === 0
      ? ['Nothing is found that has to be dealt with.']
      : alignRows([['ID', 'SEVERITY', 'PACKAGE', 'VERSION', 'STATE', 'FIXED IN', 'WHERE'], ...rows])),
    ...(hidden > 0 ? ['', `${hidden} more are settled, negligible or not determined: --all`] : []),
    ...(omitted > 0 ? [`${omitted} more than a report can hold are left out, the least severe`] : []),
  ];
}

function ageOf(asOf: string | undefined): string {
  const days = Math.floor((Date.now() - Date.parse(asOf ?? '')) / DAY_MS);
  return days === 1 ? '1 day old' : `${days} days old`;
}

/** What each note means, and what one can do. */
const NOTES: Readonly<Record<string, string>> = {
  'no-dsa': 'Debian will not issue an advisory for this release',
  'end-of-life': 'Debian no longer supports this package in this release: move to another release',
  undetermined: 'nobody has looked yet whether this release is affected',
  removed: 'the package was removed from this release, which does not mean that it is not affected',
  unlisted:
    'the tracker does not list this release for the package, which does not mean that it is not affected',
  'no-release': 'it is not known which release of Debian this is',
  'no-version': 'its version is not one that can be compared',
};

function pageOf(one: ReportFinding): string[] {
  const rows: (readonly [string, string | undefined])[] = [
    ['Severity', one.severity],
    ['Package', `${one.package} ${one.version} (${one.purl})`],
    ['State', one.state],
    [
      'Because',
      one.note === undefined
        ? undefined
        : `${NOTES[one.note] ?? one.note}${one.detail === undefined ? '' : ` (${one.detail})`}`,
    ],
    ['Fixed in', one.fixedIn ?? 'no version yet'],
    ['Import next', one.import],
    [
      'VEX',
      one.vex &&
        `${one.vex.status}${one.vex.justification === undefined ? '' : `: ${one.vex.justification}`}`,
    ],
    ['', one.vex?.words],
    ['Said by', one.vex && `${one.vex.author}, ${one.vex.timestamp}`],
    [
      'Where',
      `${one.where.join(', ')}${one.places > one.where.length ? ` and ${one.places - one.where.length} more` : ''}`,
    ],
    ['Also called', one.aliases.length === 0 ? undefined : one.aliases.join(', ')],
    ['About', one.summary || undefined],
  ];
  return [
    one.id,
    ...alignRows(rows.flatMap(([name, value]) => (value === undefined ? [] : [[`  ${name}`, value]]))),
  ];
}
