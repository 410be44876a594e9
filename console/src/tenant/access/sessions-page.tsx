/** Where one is signed in: this person's own sessions, each of which they can end. */
import {
  Alert,
  Button,
  Content,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  PageSection,
  Spinner,
  Title,
} from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useState } from 'react';
import type { SessionObject } from '../../../../src/trust/identity/sessions/session.ts';
import { ApiError, askJson } from '../../api/client.ts';
import { pathOf, type Resource } from '../../api/discovery.ts';
import { useLiveList } from '../../api/live-list.ts';
import { useKind } from '../../parts/kind.ts';
import { When } from '../../parts/shown.tsx';
import { place } from '../../session/place.ts';
import { useIdentity } from '../../shell/identity.ts';
import { Problem, problemText } from '../../shell/problem.tsx';
import { useTexts } from '../../texts/texts.ts';

type Session = Pick<SessionObject, 'spec'> & {
  readonly metadata: { readonly name: string; readonly uid: string };
};

export function SessionsPage() {
  const { say } = useTexts();
  const { name: me } = useIdentity();
  const resource = useKind('sessions.identity.casemate.internal');
  const { rows, error, isLoading } = useLiveList(resource);
  const mine = rows
    .map(({ object }) => object as unknown as Session)
    .filter(({ spec }) => spec.user === me)
    .toSorted((one, other) => other.spec.startedAt.localeCompare(one.spec.startedAt));
  const account = (
    <EmptyStateFooter>
      <EmptyStateActions>
        <Button component="a" href={`${place.prefix}/account`}>
          {say('app.account')}
        </Button>
      </EmptyStateActions>
    </EmptyStateFooter>
  );
  return (
    <>
      <PageSection>
        <Title headingLevel="h1">{say('proof.sessions')}</Title>
        <Content component="p">{say('proof.sessions.lead')}</Content>
      </PageSection>
      <PageSection isFilled>
        {error instanceof ApiError && error.code === 403 ? (
          <EmptyState titleText={say('proof.sessions.elsewhere')} headingLevel="h2">
            <EmptyStateBody>{say('proof.sessions.elsewhere.body')}</EmptyStateBody>
            {account}
          </EmptyState>
        ) : error !== undefined && rows.length === 0 ? (
          <Problem error={error} />
        ) : isLoading || resource === undefined ? (
          <Spinner aria-label={say('app.loading')} />
        ) : (
          <Table aria-label={say('proof.sessions')} variant="compact">
            <Thead>
              <Tr>
                <Th>{say('proof.sessions.client')}</Th>
                <Th>{say('proof.sessions.strength')}</Th>
                <Th>{say('proof.sessions.started')}</Th>
                <Th>{say('proof.sessions.ends')}</Th>
                <Th screenReaderText={say('proof.sessions.end')} />
              </Tr>
            </Thead>
            <Tbody>
              {mine.map((session) => (
                <SessionRow key={session.metadata.uid} session={session} resource={resource} />
              ))}
            </Tbody>
          </Table>
        )}
      </PageSection>
    </>
  );
}

function SessionRow({ session, resource }: { readonly session: Session; readonly resource: Resource }) {
  const { say } = useTexts();
  const [isEnding, setEnding] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const { spec, metadata } = session;
  const end = async () => {
    setEnding(true);
    setProblem(undefined);
    await askJson(pathOf(resource, undefined, metadata.name), {
      method: 'DELETE',
      body: { preconditions: { uid: metadata.uid } },
    }).catch(setProblem);
    setEnding(false);
  };
  return (
    <Tr>
      <Td dataLabel={say('proof.sessions.client')}>{spec.client}</Td>
      <Td dataLabel={say('proof.sessions.strength')}>{spec.strength}</Td>
      <Td dataLabel={say('proof.sessions.started')}>
        <When at={spec.startedAt} />
      </Td>
      <Td dataLabel={say('proof.sessions.ends')}>
        <When at={spec.expiresAt} />
      </Td>
      <Td isActionCell>
        {problem !== undefined && (
          <Alert variant="danger" isInline isPlain component="p" title={problemText(problem, say)} />
        )}
        <Button variant="secondary" size="sm" isLoading={isEnding} onClick={() => void end()}>
          {say('proof.sessions.end')}
        </Button>
      </Td>
    </Tr>
  );
}
