/** One request of an operator on its own page, with what whoever looks can say to it: in the organization and, of an emergency, in the region. */
import { Content, Stack, StackItem } from '@patternfly/react-core';
import { type AccessRequest, isUnderWay, isWaiting, useRecordings } from '../../consent/access-requests.ts';
import type { TabProps } from '../../resources/detail-page.tsx';
import { useTexts } from '../../texts/texts.ts';
import { AccessRequestCard } from './access-request-card.tsx';

export function RequestTab({ resource, object }: TabProps) {
  const { say } = useTexts();
  const recordings = useRecordings();
  const request = object as AccessRequest;
  const { phase, message, endedBy } = request.status;
  const isOver = !isWaiting(request) && !isUnderWay(request) && phase !== 'Carried';
  return (
    <Stack hasGutter>
      {isOver && (
        <StackItem>
          <Content component="p">
            <strong>{say('proof.operators.phase', { phase, by: endedBy ?? 'none' })}</strong>
            {message !== undefined && say('pair', { name: '', value: message })}
          </Content>
        </StackItem>
      )}
      <StackItem>
        <AccessRequestCard
          request={request}
          resource={resource}
          level={2}
          recordings={recordings.all.filter(({ spec }) => spec.accessRequest.uid === request.metadata.uid)}
        />
      </StackItem>
    </Stack>
  );
}
