/** Requests that wait: a card each with what this person can say to it, or that nothing waits. */
import { EmptyState, EmptyStateBody, Label, Stack, StackItem } from '@patternfly/react-core';
import type { ReactNode } from 'react';
import type { Resource } from '../api/discovery.ts';
import { LinkButton } from '../parts/link-button.tsx';
import { useIdentity } from '../shell/identity.ts';
import { useTexts } from '../texts/texts.ts';
import { targetPath } from './names.ts';
import { RequestCard } from './request-card.tsx';
import type { Request } from './requests.ts';

export interface OpenRequestsProps {
  readonly requests: readonly Request[];
  /** The kind of requests. */
  readonly resource: Resource;
  /** What is said where nothing waits. */
  readonly none: { readonly title: string; readonly body: string };
  /** What one agrees to, in words. */
  summaryOf?(request: Request): ReactNode;
}

export function OpenRequests({ requests, resource, none, summaryOf }: OpenRequestsProps) {
  const { say } = useTexts();
  const { name: me } = useIdentity();
  if (requests.length === 0)
    return (
      <EmptyState titleText={none.title} headingLevel="h3" variant="sm">
        <EmptyStateBody>{none.body}</EmptyStateBody>
      </EmptyState>
    );
  const carryOut = ({ spec, status }: Request) => {
    if (status.phase !== 'Approved') return undefined;
    return status.requestedBy === me ? (
      <LinkButton to={targetPath(spec.target)}>{say('consent.request.carryOut')}</LinkButton>
    ) : (
      <Label status="success">{say('consent.request.agreed')}</Label>
    );
  };
  return (
    <Stack hasGutter>
      {requests.map((request) => (
        <StackItem key={request.metadata.uid}>
          <RequestCard
            request={request}
            resource={resource}
            to={targetPath(request.spec.target)}
            summary={summaryOf?.(request)}
            carryOut={carryOut(request)}
          />
        </StackItem>
      ))}
    </Stack>
  );
}
