/** What one report says: what the region tried by itself, and who else tried to leave. */
import { Alert, Content, Label, List, ListItem } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { Rows } from '../../parts/rows.tsx';
import { useTexts } from '../../texts/texts.ts';
import { type Outcome, type Report, triedOf } from './reports.ts';

const COLOURS = {
  Blocked: 'green',
  NoRoute: 'teal',
  Declared: 'blue',
  Escaped: 'red',
  NotProbed: 'grey',
} as const satisfies Readonly<Record<Outcome, string>>;

const ATTEMPTS_SHOWN_MAX = 256;

export function Findings({ report }: { readonly report: Report }) {
  const { say } = useTexts();
  if (report.spec.findings.length === 0) return null;
  return (
    <Alert component="p" variant="danger" isInline title={say('operator.seal.findings')}>
      <List>
        {report.spec.findings.map((finding) => (
          <ListItem key={finding}>{finding}</ListItem>
        ))}
      </List>
    </Alert>
  );
}

export function ProbeMatrix({ report }: { readonly report: Report }) {
  const { say } = useTexts();
  const { zones, targets, outcome } = triedOf(report.spec.probes);
  if (zones.length === 0) return <Content component="p">{say('operator.seal.probes.none')}</Content>;
  return (
    <div className="casemate-table">
      <Table aria-label={say('operator.seal.probes')} variant="compact">
        <Thead>
          <Tr>
            <Th>{say('operator.seal.from')}</Th>
            {targets.map((target) => (
              <Th key={target} modifier="wrap">
                {target}
              </Th>
            ))}
          </Tr>
        </Thead>
        <Tbody>
          {zones.map((zone) => (
            <Tr key={zone}>
              <Th scope="row">{zone}</Th>
              {targets.map((target) => {
                const came = outcome(zone, target);
                return (
                  <Td key={target} dataLabel={target}>
                    {came === undefined ? (
                      '—'
                    ) : (
                      <Label color={COLOURS[came]} isCompact>
                        {say(`operator.seal.outcome.${came}`)}
                      </Label>
                    )}
                  </Td>
                );
              })}
            </Tr>
          ))}
        </Tbody>
      </Table>
    </div>
  );
}

type Attempt = Report['spec']['attempts'][number];

const toText = ({ protocol, destination, port }: Attempt): string =>
  `${protocol} ${destination}${port === undefined ? '' : `, ${port}`}`;

export function Attempts({ report }: { readonly report: Report }) {
  const { say } = useTexts();
  const others = report.spec.attempts.filter(({ ownProbe }) => ownProbe !== true);
  if (others.length === 0) return <Content component="p">{say('operator.seal.attempts.none')}</Content>;
  return (
    <Rows
      label={say('operator.seal.attempts')}
      isCompact
      items={others.slice(0, ATTEMPTS_SHOWN_MAX)}
      keyOf={(one) => `${one.by} ${one.source ?? ''} ${toText(one)}`}
      columns={[
        {
          title: say('operator.seal.who'),
          cell: ({ by, instance, network, source }) => {
            const who = [instance, network, source].filter((part) => part !== undefined);
            return who.length === 0 ? say('operator.seal.process', { name: by }) : who.join(', ');
          },
        },
        { title: say('operator.seal.to'), cell: toText },
        { title: say('operator.seal.packets'), cell: ({ packets }) => packets },
      ]}
    />
  );
}
