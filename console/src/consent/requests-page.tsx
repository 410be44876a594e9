/** What waits for the consent of people in this realm, and what became of what did. */
import { Stack, StackItem } from '@patternfly/react-core';
import type { ReactNode } from 'react';
import { Page, Part } from '../parts/page.tsx';
import { useTexts } from '../texts/texts.ts';
import { EndedRequests } from './ended-requests.tsx';
import { OpenRequests } from './open-requests.tsx';
import { isOpen, type Request, useRequests } from './requests.ts';

export interface RequestsPageProps {
  readonly title: string;
  readonly lead: string;
  /** What is said where nothing waits. */
  readonly none: { readonly title: string; readonly body: string };
  /** What one agrees to, in words. */
  summaryOf?(request: Request): ReactNode;
  /** What waits beside requests, before them; undefined: nothing. */
  readonly also?: ReactNode;
}

export function RequestsPage({ title, lead, none, summaryOf, also }: RequestsPageProps) {
  const { say } = useTexts();
  const { all, state, resource } = useRequests();
  const open = all.filter(isOpen);
  const ended = all.filter((one) => !isOpen(one));
  return (
    <Page
      title={title}
      lead={lead}
      state={{
        isLoading: state.isLoading || resource === undefined,
        error: all.length === 0 ? state.error : undefined,
      }}
    >
      <Part title={say('consent.open')}>
        <Stack hasGutter>
          {also !== undefined && <StackItem>{also}</StackItem>}
          {resource !== undefined && (open.length > 0 || also === undefined) && (
            <StackItem>
              <OpenRequests
                requests={open}
                resource={resource}
                none={none}
                {...(summaryOf === undefined ? {} : { summaryOf })}
              />
            </StackItem>
          )}
        </Stack>
      </Part>
      {ended.length > 0 && (
        <Part title={say('consent.ended')}>
          <EndedRequests requests={ended} />
        </Part>
      )}
    </Page>
  );
}
