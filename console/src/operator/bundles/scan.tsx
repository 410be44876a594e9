/** What was found in a bundle: how many things were looked into, and what is open in them. */
import { Alert, Label, LabelGroup } from '@patternfly/react-core';
import type { Severity } from '../../../../src/gap/advisories/model.ts';
import type { ScanFinding, ScanStatus } from '../../../../src/gap/import/import-kind.ts';
import { Rows } from '../../parts/rows.tsx';
import { Fact, Facts, When } from '../../parts/shown.tsx';
import { type Say, useTexts } from '../../texts/texts.ts';
import { SEVERITIES, SeverityLabel } from '../vulnerabilities/severity.tsx';

const isSeverity = (text: string): text is Severity => SEVERITIES.some((one) => one === text);

const openIn = ({ open }: ScanStatus) =>
  SEVERITIES.flatMap((severity) => {
    const count = open[severity] ?? 0;
    return count === 0 ? [] : [{ severity, count }];
  });

/** One line of it. Pure. */
export function scanText(scan: ScanStatus, say: Say): string {
  if (scan.dataOf === undefined) return say('operator.scan.noData');
  const count = Object.entries(scan.open).reduce(
    (sum, [severity, n]) => sum + (isSeverity(severity) ? n : 0),
    0,
  );
  return say('operator.scan.open', { count });
}

export function Scan({ scan }: { readonly scan: ScanStatus }) {
  const { say } = useTexts();
  const open = openIn(scan);
  return (
    <>
      {scan.dataOf === undefined && (
        <Alert component="p" variant="warning" isInline title={say('operator.scan.noData')}>
          {say('operator.scan.noData.body')}
        </Alert>
      )}
      <Facts>
        <Fact term={say('operator.scan.packages')}>
          {say('operator.scan.packages.count', { count: scan.packages, unidentified: scan.unidentified })}
        </Fact>
        {scan.dataOf !== undefined && (
          <>
            <Fact term={say('operator.scan.dataOf')}>
              <When at={scan.dataOf} />
            </Fact>
            <Fact term={say('operator.scan.openFindings')}>
              {open.length === 0 ? (
                say('operator.scan.open', { count: 0 })
              ) : (
                <LabelGroup aria-label={say('operator.scan.openFindings')}>
                  {open.map(({ severity, count }) => (
                    <SeverityLabel key={severity} severity={severity} count={count} />
                  ))}
                </LabelGroup>
              )}
            </Fact>
            <Fact term={say('operator.scan.settled')}>
              <Label>{scan.settled}</Label>
            </Fact>
          </>
        )}
        {scan.archives !== undefined && (
          <Fact term={say('operator.scan.archives')}>
            {say('operator.scan.archives.count', scan.archives)}
          </Fact>
        )}
      </Facts>
      {scan.findings !== undefined && <Findings findings={scan.findings} />}
    </>
  );
}

function Findings({ findings }: { readonly findings: readonly ScanFinding[] }) {
  const { say } = useTexts();
  return (
    <Rows
      label={say('operator.scan.title')}
      isCompact
      items={findings}
      keyOf={({ id, item, package: name, open }) => `${item} ${name} ${id} ${open}`}
      columns={[
        {
          title: say('operator.vulnerabilities.severity'),
          cell: ({ severity }) => <SeverityLabel severity={severity} />,
        },
        { title: say('operator.vulnerabilities.id'), cell: ({ id }) => id },
        { title: say('operator.vulnerabilities.package'), cell: (one) => one.package },
        {
          title: say('operator.vulnerabilities.fixedIn'),
          cell: ({ fixedIn }) => fixedIn ?? say('operator.vulnerabilities.noFix'),
        },
        { title: say('operator.vulnerabilities.where'), cell: ({ item }) => item },
        { title: 'VEX', cell: ({ open, vex }) => vex ?? (open ? '—' : say('operator.scan.signers')) },
      ]}
    />
  );
}
