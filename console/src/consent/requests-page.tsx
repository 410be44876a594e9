/** What waits for the consent of people in this realm, and what became of what did. */
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
}

export function RequestsPage({ title, lead, none, summaryOf }: RequestsPageProps) {
  const { say } = useTexts();
  const { all, state, resource } = useRequests();
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
        {resource !== undefined && (
          <OpenRequests
            requests={all.filter(isOpen)}
            resource={resource}
            none={none}
            {...(summaryOf === undefined ? {} : { summaryOf })}
          />
        )}
      </Part>
      {ended.length > 0 && (
        <Part title={say('consent.ended')}>
          <EndedRequests requests={ended} />
        </Part>
      )}
    </Page>
  );
}
