/** What went wrong, in words that say what to do: of a refusal which right is missing, and who can give it. */
import {
  Button,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
} from '@patternfly/react-core';
import { ApiError, Unreachable } from '../api/client.ts';
import { manyOf, wordsOfKind } from '../texts/kind-words.ts';
import { type Say, useTexts } from '../texts/texts.ts';

/** As the API words a refusal: who may not do what to which resource, where, and which roles may (src/kernel/wire/authorize.ts). */
const REFUSAL =
  /" may not (?<verb>\S+) (?<resource>[^\s:]+)(?: in the project "(?<project>[^"]+)")?: it takes role (?<roles>[a-z -]+?)(?: there)?;/;

export function problemText(error: unknown, say: Say): string {
  if (error instanceof Unreachable) return say('error.unreachable');
  if (error instanceof ApiError && error.code === 401) return say('connection.ended');
  if (error instanceof ApiError && error.code === 403) {
    const { verb, resource, project = 'none', roles } = REFUSAL.exec(error.message)?.groups ?? {};
    if (verb !== undefined && resource !== undefined && roles !== undefined)
      return say('error.forbidden', {
        verb,
        resource: manyOf(resource),
        project,
        roles: roles.replaceAll(' or ', ', '),
      });
  }
  if (error instanceof ApiError && error.code === 404)
    return say('error.notFound', {
      ...wordsOfKind(error.status.details?.kind ?? ''),
      name: error.status.details?.name ?? '',
    });
  return error instanceof Error ? error.message : String(error);
}

export interface ProblemProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
  /** It stands in place of the whole page, and so has its first heading. */
  readonly isPage?: boolean;
}

export function Problem({ error, onRetry, isPage = false }: ProblemProps) {
  const { say } = useTexts();
  return (
    <EmptyState titleText={say('error.title')} headingLevel={isPage ? 'h1' : 'h2'} status="danger">
      <EmptyStateBody>{problemText(error, say)}</EmptyStateBody>
      {onRetry !== undefined && (
        <EmptyStateFooter>
          <EmptyStateActions>
            <Button onClick={onRetry}>{say('error.retry')}</Button>
          </EmptyStateActions>
        </EmptyStateFooter>
      )}
    </EmptyState>
  );
}
