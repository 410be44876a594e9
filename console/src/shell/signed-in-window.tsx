/** What a window shows that somebody signed in in for another page, for as long as the browser does not close it. */
import {
  Button,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
} from '@patternfly/react-core';
import { useTexts } from '../texts/texts.ts';

export function SignedInWindow() {
  const { say } = useTexts();
  return (
    <EmptyState titleText={say('signedIn.title')} headingLevel="h1" status="success">
      <EmptyStateBody>{say('signedIn.body')}</EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <Button onClick={() => close()}>{say('signedIn.close')}</Button>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}
