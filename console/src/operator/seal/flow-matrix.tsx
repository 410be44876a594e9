/** Which zone may begin or take what, to and from where: every declared flow as a column, and last what happens to everything else. */
import { Label } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { type Say, useTexts } from '../../texts/texts.ts';
import { conditionOf, type Flow, flowText, zonesOf } from './reports.ts';

const COLUMNS_MAX = 24;

const zoneText = (zone: string, say: Say): string =>
  zone === 'region' || zone === 'instances'
    ? say(`operator.seal.zone.${zone}`)
    : say('operator.seal.zone.network', { range: zone });

export interface FlowMatrixProps {
  readonly flows: readonly Flow[];
  /** Whether what is undeclared is dropped; undefined: nothing is known of it. */
  readonly enforced: boolean | undefined;
}

export function FlowMatrix({ flows, enforced }: FlowMatrixProps) {
  const { say } = useTexts();
  const columns = flows.slice(0, COLUMNS_MAX);
  const zones = [...new Set(['region', 'instances', ...columns.flatMap(zonesOf)])];
  const rest = enforced === undefined ? 'unknown' : enforced ? ('dropped' as const) : ('counted' as const);
  return (
    <div className="casemate-table">
      <Table aria-label={say('operator.seal.matrix')} variant="compact">
        <Thead>
          <Tr>
            <Th>{say('operator.seal.zone')}</Th>
            {columns.map(({ metadata, spec }) => (
              <Th key={metadata.uid} modifier="wrap">
                {say(`operator.seal.direction.${spec.direction}`, {
                  name: metadata.name,
                  peers: spec.peers.join(', '),
                })}
              </Th>
            ))}
            <Th modifier="wrap">{say('operator.seal.rest')}</Th>
          </Tr>
        </Thead>
        <Tbody>
          {zones.map((zone) => (
            <Tr key={zone}>
              <Th scope="row">{zoneText(zone, say)}</Th>
              {columns.map((flow) => (
                <Td key={flow.metadata.uid} dataLabel={flow.metadata.name}>
                  {zonesOf(flow).includes(zone) ? <FlowCell flow={flow} /> : '—'}
                </Td>
              ))}
              <Td dataLabel={say('operator.seal.rest')}>
                <Label color={rest === 'dropped' ? 'green' : 'orange'}>
                  {say(`operator.seal.rest.${rest}`)}
                </Label>
              </Td>
            </Tr>
          ))}
        </Tbody>
      </Table>
    </div>
  );
}

function FlowCell({ flow }: { readonly flow: Flow }) {
  const { say } = useTexts();
  const counts = conditionOf(flow, 'Ready')?.status === 'True';
  return (
    <Label color={counts ? 'blue' : 'grey'}>
      {say(counts ? 'operator.seal.allowed' : 'operator.seal.notYet', { flow: flowText(flow) })}
    </Label>
  );
}
