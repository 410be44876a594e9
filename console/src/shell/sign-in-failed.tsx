/** The provider refused to sign somebody in to this console. */
import {
  Button,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
} from '@patternfly/react-core';
import { place } from '../session/place.ts';
import { signIn } from '../session/session.ts';
import { useTexts } from '../texts/texts.ts';

export interface SignInFailedProps {
  readonly reason: string;
  /** Signing in was for another page: what is left here is to close this window. */
  readonly isWindow: boolean;
}

export function SignInFailed({ reason, isWindow }: SignInFailedProps) {
  const { say } = useTexts();
  return (
    <EmptyState titleText={say('error.title')} headingLevel="h1" status="danger">
      <EmptyStateBody>{reason}</EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          {isWindow ? (
            <Button onClick={() => close()}>{say('signedIn.close')}</Button>
          ) : (
            <Button onClick={() => void signIn(place.base)}>{say('error.retry')}</Button>
          )}
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}
