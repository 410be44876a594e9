/** Declared flows, with what for, whose, until when, who agreed; and the word of this person where one waits for it. */
import { Button, Flex, FlexItem, Label, Tooltip } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { Link } from '@tanstack/react-router';
import type { Resource } from '../../api/discovery.ts';
import { decide } from '../../consent/requests.ts';
import { INTERCONNECTIONS } from '../../parts/kind.ts';
import { When } from '../../parts/shown.tsx';
import { useWork, WorkProblem } from '../../parts/work.tsx';
import { useIdentity } from '../../shell/identity.ts';
import { useTexts } from '../../texts/texts.ts';
import { conditionOf, type Flow, flowText } from './reports.ts';

export interface FlowsTableProps {
  readonly resource: Resource;
  readonly flows: readonly Flow[];
}

export function FlowsTable({ resource, flows }: FlowsTableProps) {
  const { say } = useTexts();
  return (
    <Table aria-label={say('operator.seal.flows')}>
      <Thead>
        <Tr>
          <Th modifier="nowrap">{say('operator.column.name')}</Th>
          <Th>{say('operator.seal.flow')}</Th>
          <Th>{say('operator.seal.purpose')}</Th>
          <Th>{say('operator.seal.owner')}</Th>
          <Th>{say('operator.seal.until')}</Th>
          <Th>{say('consent.request.approvals')}</Th>
          <Th>{say('operator.column.state')}</Th>
        </Tr>
      </Thead>
      <Tbody>
        {flows.map((flow) => {
          const { metadata, spec, status } = flow;
          const ready = conditionOf(flow, 'Ready');
          return (
            <Tr key={metadata.uid}>
              <Td dataLabel={say('operator.column.name')}>
                <Link
                  to="/resources/$resource/$name"
                  params={{ resource: INTERCONNECTIONS, name: metadata.name }}
                >
                  {metadata.name}
                </Link>
              </Td>
              <Td dataLabel={say('operator.seal.flow')}>
                {say(`operator.seal.direction.${spec.direction}`, {
                  name: flowText(flow),
                  peers: spec.peers.join(', '),
                })}
              </Td>
              <Td dataLabel={say('operator.seal.purpose')}>{spec.purpose}</Td>
              <Td dataLabel={say('operator.seal.owner')}>{spec.owner}</Td>
              <Td dataLabel={say('operator.seal.until')}>
                <When at={spec.validUntil} />
              </Td>
              <Td dataLabel={say('consent.request.approvals')}>
                {say('consent.request.approvals.count', {
                  count: status?.approvals.length ?? 0,
                  required: status?.required ?? 2,
                })}
                {status?.phase === 'Pending' && <Word resource={resource} flow={flow} />}
              </Td>
              <Td dataLabel={say('operator.column.state')}>
                <Label status={ready?.status === 'True' ? 'success' : 'warning'}>
                  {ready?.reason ?? status?.phase ?? ''}
                </Label>
              </Td>
            </Tr>
          );
        })}
      </Tbody>
    </Table>
  );
}

function Word({ resource, flow }: { readonly resource: Resource; readonly flow: Flow }) {
  const { say } = useTexts();
  const { name: me } = useIdentity();
  const work = useWork();
  const { status, metadata } = flow;
  const isMine = status?.requestedBy === me;
  const why = isMine
    ? say('consent.request.own')
    : status?.approvals.some(({ by }) => by === me) === true
      ? say('consent.request.twice')
      : undefined;
  const away = say(isMine ? 'consent.request.withdraw' : 'consent.request.reject');
  const act = (decision: 'approve' | 'reject') =>
    work.run(() => decide(resource, metadata.name, decision, ''));
  const approve = (
    <Button
      size="sm"
      variant="secondary"
      aria-label={say('pair', { name: say('consent.request.approve'), value: metadata.name })}
      isAriaDisabled={why !== undefined || work.isBusy}
      onClick={() => void act('approve')}
    >
      {say('consent.request.approve')}
    </Button>
  );
  return (
    <>
      <Flex>
        <FlexItem>{why === undefined ? approve : <Tooltip content={why}>{approve}</Tooltip>}</FlexItem>
        <FlexItem>
          <Button
            size="sm"
            variant="link"
            isDanger
            aria-label={say('pair', { name: away, value: metadata.name })}
            isDisabled={work.isBusy}
            onClick={() => void act('reject')}
          >
            {away}
          </Button>
        </FlexItem>
      </Flex>
      <WorkProblem of={work} />
    </>
  );
}
