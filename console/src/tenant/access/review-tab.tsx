/** An access review: each right that somebody holds, kept or revoked, and the end of it. */
import {
  Alert,
  Button,
  Content,
  EmptyState,
  EmptyStateBody,
  Flex,
  FlexItem,
  Stack,
  StackItem,
  ToggleGroup,
  ToggleGroupItem,
  Tooltip,
} from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useState } from 'react';
import type { AccessReviewStatus, ReviewItem } from '../../../../src/trust/access/reviews/access-review.ts';
import { askJson } from '../../api/client.ts';
import { pathOf } from '../../api/discovery.ts';
import type { TabProps } from '../../resources/detail-page.tsx';
import { useIdentity } from '../../shell/identity.ts';
import { problemText } from '../../shell/problem.tsx';
import { useTexts } from '../../texts/texts.ts';

const SHOWN_MAX = 500;

/** As `casemate access review decide` names them. Pure. */
export function subjectOf({ subject }: ReviewItem): string {
  const { kind, name } = subject;
  if (kind === 'Group') return `group:${name}`;
  return kind === 'User' ? name : `serviceaccount:${subject.project ?? ''}/${name}`;
}

export function ReviewTab({ resource, object }: TabProps) {
  const { say } = useTexts();
  const { name: me } = useIdentity();
  const [problem, setProblem] = useState<unknown>();
  const { items = [], outcome } = (object.status ?? {}) as AccessReviewStatus;
  const undecided = items.filter(({ decision }) => decision === undefined).length;
  const act = async (word: 'decide' | 'complete', body: object) => {
    setProblem(undefined);
    const path = `${pathOf(resource, undefined, object.metadata.name)}/${word}`;
    await askJson(path, { method: 'POST', body }).catch(setProblem);
  };
  if (items.length === 0)
    return (
      <EmptyState titleText={say('proof.review.none')} headingLevel="h2">
        <EmptyStateBody>{say('proof.review.none.body')}</EmptyStateBody>
      </EmptyState>
    );
  const complete = (
    <Button isAriaDisabled={undecided > 0} onClick={() => void act('complete', {})}>
      {say('proof.review.complete')}
    </Button>
  );
  return (
    <Stack hasGutter>
      <StackItem>
        <Flex justifyContent={{ default: 'justifyContentSpaceBetween' }}>
          <FlexItem>
            <Content component="p">
              {outcome === undefined
                ? say('proof.review.undecided', { count: undecided })
                : say('proof.review.outcome', {
                    kept: outcome.kept,
                    revoked: outcome.revoked,
                    by: outcome.completedBy,
                    digest: outcome.digest,
                  })}
            </Content>
          </FlexItem>
          {outcome === undefined && (
            <FlexItem>
              {undecided > 0 ? <Tooltip content={say('proof.review.notYet')}>{complete}</Tooltip> : complete}
            </FlexItem>
          )}
        </Flex>
        {problem !== undefined && (
          <Alert variant="danger" isInline isLiveRegion component="h2" title={problemText(problem, say)} />
        )}
      </StackItem>
      <StackItem>
        <Table aria-label={say('proof.review')} variant="compact">
          <Thead>
            <Tr>
              <Th>{say('proof.who')}</Th>
              <Th>{say('proof.review.role')}</Th>
              <Th>{say('proof.operators.project')}</Th>
              <Th>{say('proof.review.decision')}</Th>
            </Tr>
          </Thead>
          <Tbody>
            {items.slice(0, SHOWN_MAX).map((item) => {
              const subject = subjectOf(item);
              const label = say('proof.review.of', { subject, role: item.role });
              return (
                <Tr key={`${item.bindingUid} ${subject}`}>
                  <Td dataLabel={say('proof.who')}>
                    {subject}
                    {item.members !== undefined && ` (${item.members.join(', ')})`}
                  </Td>
                  <Td dataLabel={say('proof.review.role')}>{item.role}</Td>
                  <Td dataLabel={say('proof.operators.project')}>{item.project ?? say('project.all')}</Td>
                  <Td dataLabel={say('proof.review.decision')}>
                    <ToggleGroup aria-label={label} isCompact>
                      {(['keep', 'revoke'] as const).map((decision) => (
                        <ToggleGroupItem
                          key={decision}
                          text={say(`proof.review.${decision}`)}
                          isSelected={item.decision === decision}
                          isDisabled={outcome !== undefined || (decision === 'keep' && subject === me)}
                          onChange={() =>
                            void act('decide', { decisions: [{ binding: item.binding, subject, decision }] })
                          }
                        />
                      ))}
                    </ToggleGroup>
                    {outcome === undefined && subject === me && <small>{say('proof.review.own')}</small>}
                  </Td>
                </Tr>
              );
            })}
          </Tbody>
        </Table>
      </StackItem>
    </Stack>
  );
}
