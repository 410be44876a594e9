/** Who can reach something: everybody, what they may do to it, and what gives them that. */
import { Alert, Content, Label, LabelGroup, Spinner } from '@patternfly/react-core';
import { BanIcon } from '@patternfly/react-icons/dist/esm/icons/ban-icon';
import { CheckIcon } from '@patternfly/react-icons/dist/esm/icons/check-icon';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useQuery } from '@tanstack/react-query';
import { type Resource, resourceName } from '../../api/discovery.ts';
import { Problem } from '../../shell/problem.tsx';
import { wordsOfKind } from '../../texts/kind-words.ts';
import { pairText } from '../../texts/pair.ts';
import { type Say, useTexts } from '../../texts/texts.ts';
import { type Deed, deedsOf, type Policy, type Reach, whoReaches } from './questions.ts';

const SHOWN_MAX = 500;

export interface ReachTableProps {
  readonly resource: Resource;
  readonly project: string | undefined;
  /** Undefined: every one. */
  readonly name: string | undefined;
}

export function policyText({ kind, name, role, project, message }: Policy, say: Say): string {
  if (message !== undefined || role === undefined)
    return pairText(say, `${wordsOfKind(kind).title} ${name}`, message);
  return say('proof.reach.role', { role, project: project ?? 'none', name });
}

export function ReachTable({ resource, project, name }: ReachTableProps) {
  const { say } = useTexts();
  const { data, error, refetch } = useQuery({
    queryKey: ['who reaches', resourceName(resource), project, name],
    queryFn: () => whoReaches(resource, project, name),
  });
  if (error !== null) return <Problem error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Spinner aria-label={say('app.loading')} />;
  if (data.reaches.length === 0) return <Content component="p">{say('proof.reach.nobody')}</Content>;
  const deeds = deedsOf(resource);
  return (
    <>
      {data.isIncomplete && (
        <Alert variant="warning" isInline component="h3" title={say('proof.reach.incomplete')} />
      )}
      <Table aria-label={say('proof.reach')} variant="compact">
        <Thead>
          <Tr>
            <Th>{say('proof.who')}</Th>
            {deeds.map(({ id }) => (
              <Th key={id} modifier="wrap">
                {say(`proof.reach.${id}`)}
              </Th>
            ))}
            <Th>{say('proof.reach.by')}</Th>
          </Tr>
        </Thead>
        <Tbody>
          {data.reaches.slice(0, SHOWN_MAX).map((reach) => (
            <Tr key={`${reach.subject.kind} ${reach.subject.name}`}>
              <Td dataLabel={say('proof.who')}>
                {reach.subject.name}{' '}
                {reach.subject.kind !== 'User' && (
                  <Label isCompact>{wordsOfKind(reach.subject.kind).title}</Label>
                )}
              </Td>
              {deeds.map(({ id }) => (
                <Td key={id} dataLabel={say(`proof.reach.${id}`)}>
                  <Answer reach={reach} deed={id} />
                </Td>
              ))}
              <Td dataLabel={say('proof.reach.by')}>
                <By reach={reach} />
              </Td>
            </Tr>
          ))}
        </Tbody>
      </Table>
    </>
  );
}

function Answer({ reach, deed }: { readonly reach: Reach; readonly deed: Deed['id'] }) {
  const { say } = useTexts();
  if (reach.by.has(deed)) return <CheckIcon title={say('proof.reach.yes')} />;
  if (reach.forbidden.has(deed)) return <BanIcon title={say('proof.reach.forbidden')} />;
  return '–';
}

function By({ reach }: { readonly reach: Reach }) {
  const { say } = useTexts();
  const textsOf = (policies: Reach['by']) => [
    ...new Set([...policies.values()].flat().map((policy) => policyText(policy, say))),
  ];
  return (
    <>
      {reach.by.size > 0 && (
        <LabelGroup aria-label={say('proof.reach.by')} numLabels={3}>
          {textsOf(reach.by).map((text) => (
            <Label key={text} variant="outline" isCompact>
              {text}
            </Label>
          ))}
        </LabelGroup>
      )}
      {textsOf(reach.forbidden).map((text) => (
        <div key={text}>{say('proof.reach.keptFrom', { what: text })}</div>
      ))}
    </>
  );
}
