/** An export as lines for people. Pure. */
import type { ExportSpec, ExportStatus, ShownFinding } from '#gap/export/request-kind.ts';
import { mebibytes } from '../bundle/progress.ts';

const place = ({ file, line, offset }: ShownFinding): string =>
  [
    file,
    ...(line === undefined ? [] : [`line ${line}`]),
    ...(offset === undefined ? [] : [`byte ${offset}`]),
  ].join(', ');

const findingLine = (finding: ShownFinding): string => {
  const { action, rule, what, excerpt } = finding;
  return `  ${action === 'block' ? 'BLOCKED' : 'note'} (${rule}) ${place(finding)}: ${what}${excerpt === undefined ? '' : ` ${excerpt}`}`;
};

/** What was counted beyond what is listed. */
function rest({ findings = [], counts = {} }: ExportStatus): string[] {
  return Object.entries(counts).flatMap(([rule, count]) => {
    const more = count - findings.filter((one) => one.rule === rule).length;
    return more > 0 ? [`  and ${more} more (${rule})`] : [];
  });
}

/** `command`: how this person calls us. */
export function exportLines(
  name: string,
  spec: ExportSpec,
  status: ExportStatus | undefined,
  command: string,
): string[] {
  if (status === undefined) return [`${name}: nothing is known of it yet`];
  const { phase, conditions, findings = [], denied } = status;
  const ready = conditions?.find(({ type }) => type === 'Ready');
  return [
    `${name} is ${phase}${ready === undefined ? '' : `: ${ready.message}`}`,
    `  ${spec.label}, for ${spec.recipient}: ${spec.reason}`,
    `  asked for by ${status.requestedBy}; ${spec.files.length} ${spec.files.length === 1 ? 'file' : 'files'}, ${mebibytes(status.bytes)}`,
    ...spec.files.map(
      ({ path, size, sha256 }) => `  ${path} (${size} bytes, sha256:${sha256.slice(0, 16)}…)`,
    ),
    ...findings.map(findingLine),
    ...rest(status),
    ...(status.checkedAt !== undefined && findings.length === 0 ? ['  the checks found nothing'] : []),
    ...(denied === undefined ? [] : [`  ${denied.by} said no: ${denied.note}`]),
    ...(status.digest === undefined ? [] : [`  digest ${status.digest}`]),
    ...advice(name, status, command),
  ];
}

function advice(
  name: string,
  { phase, until, package: made, releasedAt }: ExportStatus,
  command: string,
): string[] {
  if (phase === 'AwaitingApproval') {
    return [
      `Two others read it and agree, until ${until}; then it is released:`,
      `  ${command} approval request release exportrequest/${name} --reason "…"`,
      `  ${command} export review ${name} --out FOLDER        # each of them, before they agree`,
      `  ${command} export release ${name}`,
    ];
  }
  if (phase !== 'Released' || made === undefined) return [];
  if (made.removedAt !== undefined)
    return [`  released on ${releasedAt}; its package was deleted on ${made.removedAt}`];
  return [
    `  released on ${releasedAt}: ${mebibytes(made.bytes)}, sha256:${made.sha256}`,
    `  until ${made.until} it is in gap/${made.folder} on the region’s machine, and to be had with:`,
    `  ${command} export fetch ${name} --out FOLDER`,
  ];
}
