/** Operators in this organization: who asks to be let in, who is in, and what was recorded of those who were. */
import { EmptyState, EmptyStateBody, List, ListItem, Stack, StackItem } from '@patternfly/react-core';
import {
  isUnderWay,
  isWaiting,
  operatorOf,
  useAccessRequests,
  useRecordings,
} from '../../consent/access-requests.ts';
import { Page, Part } from '../../parts/page.tsx';
import { Rows } from '../../parts/rows.tsx';
import { When } from '../../parts/shown.tsx';
import { pairText } from '../../texts/pair.ts';
import { useTexts } from '../../texts/texts.ts';
import { AccessRequestCard, RecordingLink } from './access-request-card.tsx';

const ENDED_SHOWN_MAX = 100;

export function OperatorsPage() {
  const { say } = useTexts();
  const { all, state, resource } = useAccessRequests();
  const recordings = useRecordings();
  const open = all.filter((one) => isWaiting(one) || isUnderWay(one));
  const ended = all.filter((one) => !open.includes(one)).slice(0, ENDED_SHOWN_MAX);
  const recordedOf = (uid: string) => recordings.all.filter(({ spec }) => spec.accessRequest.uid === uid);
  return (
    <Page
      title={say('proof.operators')}
      lead={say('proof.operators.lead')}
      state={{
        isLoading: state.isLoading || resource === undefined,
        error: all.length === 0 ? state.error : undefined,
      }}
    >
      <Part title={say('proof.operators.open')}>
        {open.length === 0 || resource === undefined ? (
          <EmptyState titleText={say('proof.operators.none')} headingLevel="h3" variant="sm">
            <EmptyStateBody>{say('proof.operators.none.body')}</EmptyStateBody>
          </EmptyState>
        ) : (
          <Stack hasGutter>
            {open.map((request) => (
              <StackItem key={request.metadata.uid}>
                <AccessRequestCard
                  request={request}
                  resource={resource}
                  recordings={recordedOf(request.metadata.uid)}
                />
              </StackItem>
            ))}
          </Stack>
        )}
      </Part>
      {ended.length > 0 && (
        <Part title={say('proof.operators.ended')}>
          <Rows
            label={say('proof.operators.ended')}
            isCompact
            items={ended}
            keyOf={({ metadata }) => metadata.uid}
            columns={[
              { title: say('proof.operators.operator'), cell: operatorOf },
              { title: say('proof.operators.project'), cell: ({ spec }) => spec.project },
              { title: say('proof.operators.reason'), cell: ({ spec }) => spec.reason },
              {
                title: say('proof.operators.outcome'),
                cell: ({ status: { phase, endedBy = 'none', message } }) =>
                  pairText(say, say('proof.operators.phase', { phase, by: endedBy }), message),
              },
              {
                title: say('proof.when'),
                cell: ({ metadata, status }) => <When at={status.endedAt ?? metadata.creationTimestamp} />,
              },
              {
                title: say('proof.operators.recorded'),
                cell: ({ metadata }) => (
                  <List isPlain>
                    {recordedOf(metadata.uid).map((one) => (
                      <ListItem key={one.metadata.uid}>
                        <RecordingLink recording={one} />
                      </ListItem>
                    ))}
                  </List>
                ),
              },
            ]}
          />
        </Part>
      )}
    </Page>
  );
}
