/** An import as lines for people. Pure. */
import type { ImportStatus } from '#gap/import/import-kind.ts';
import { mebibytes } from '../bundle/progress.ts';

const ADVICE_PHASE = 'AwaitingApproval';

/** `command`: how this person calls us. */
export function importLines(name: string, status: ImportStatus | undefined, command: string): string[] {
  if (status === undefined) return [`${name}: nothing is known of it yet`];
  const {
    phase,
    bundle,
    scan,
    refusals = [],
    conditions,
    publishedAt,
    content,
    retiredAt,
    freed = 0,
  } = status;
  const ready = conditions?.find(({ type }) => type === 'Ready');
  return [
    `${name} is ${phase}${ready === undefined || phase === 'Refused' ? '' : `: ${ready.message}`}`,
    ...refusals.flatMap(({ reason, message }) => [`  REFUSED (${reason})`, `    ${message}`]),
    ...(bundle === undefined
      ? []
      : [
          `  ${bundle.name} ${bundle.version} of ${bundle.created}, ${bundle.ageDays} days old when it came`,
          `  digest ${bundle.digest}`,
          `  signed by ${bundle.signers.join(', ')}: ${bundle.threshold} are needed by version ${bundle.root} of the root`,
          ...bundle.remarks.map((remark) => `  note: ${remark}`),
          ...bundle.items.map((item) => `  ${item}`),
        ]),
    ...(scan === undefined
      ? []
      : [
          `  ${scan.packages} packages, ${scan.unidentified} that cannot be looked up: ${scan.message}`,
          ...(scan.dataOf === undefined ? [] : [findings(scan)]),
          ...archives(scan),
        ]),
    ...(publishedAt === undefined ? [] : [`  published at ${publishedAt}`]),
    ...(content === undefined || phase === 'Retired'
      ? []
      : [`  ${mebibytes(content.bytes)} of content, ${mebibytes(content.added)} of it new here`]),
    ...(retiredAt === undefined ? [] : [`  retired at ${retiredAt}; ${mebibytes(freed)} went with it`]),
    ...(phase === ADVICE_PHASE
      ? [
          'Ask, and have somebody else agree; then publish:',
          `  ${command} approval request publish bundleimport/${name} --reason "…"`,
          `  ${command} gap publish ${name}`,
        ]
      : []),
    ...(phase === 'Published'
      ? [`  the receipt of it: ${command} gap receipt ${name} --out ${name}.receipt`]
      : []),
  ];
}

function archives({ archives: looked }: NonNullable<ImportStatus['scan']>): string[] {
  if (looked === undefined || looked.opened === 0) return [];
  return [`  ${looked.opened} archives with ${looked.entries} entries were looked into`];
}

function findings({ open, settled }: NonNullable<ImportStatus['scan']>): string {
  const found = Object.entries(open).map(([severity, count]) => `${count} ${severity}`);
  return `  findings: ${found.length === 0 ? 'none open' : found.join(', ')}${settled === 0 ? '' : `, ${settled} settled by VEX`}`;
}
