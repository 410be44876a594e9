/** An address of an object that is not there: what the ledger knows of it. When it was deleted and by whom, and at `?tab=history` its history. */
import {
  Breadcrumb,
  BreadcrumbItem,
  Button,
  Content,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  PageSection,
  Spinner,
  Stack,
  StackItem,
  Title,
} from '@patternfly/react-core';
import { Link, useSearch } from '@tanstack/react-router';
import { resourceName } from '../api/discovery.ts';
import { objectPath } from '../resources/object-path.ts';
import { Problem } from '../shell/problem.tsx';
import { useTexts } from '../texts/texts.ts';
import type { Life } from './lives.ts';
import { enderOf, Lives, type Named, useLives } from './lives-list.tsx';
import { Moment } from './moment.tsx';

export interface GonePageProps extends Named {
  /** That it is not there. */
  readonly error: unknown;
}

export function GonePage({ error, ...named }: GonePageProps) {
  const { say, kinds } = useTexts();
  const { resource, project, name } = named;
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const { lives, error: unknown, isFetching, hasNextPage, fetchNextPage } = useLives(named);
  // Who may not read the ledger learns no more than that it is not there.
  if (unknown !== null) return <Problem isPage error={error} />;
  const [newest] = lives ?? [];
  const further = hasNextPage && (
    <Button variant="secondary" isLoading={isFetching} onClick={() => void fetchNextPage()}>
      {say('proof.lives.further')}
    </Button>
  );
  if (lives === undefined || newest?.end === undefined)
    return (
      <>
        <Problem isPage error={error} />
        <PageSection>
          {lives === undefined || isFetching ? (
            <Content component="p">
              <Spinner size="md" aria-label={say('app.loading')} /> {say('proof.gone.looking')}
            </Content>
          ) : (
            <Stack hasGutter>
              <StackItem>
                <Content component="p">{say('proof.gone.unknown')}</Content>
              </StackItem>
              {further !== false && <StackItem>{further}</StackItem>}
            </Stack>
          )}
        </PageSection>
      </>
    );
  return (
    <>
      <PageSection>
        <Breadcrumb>
          <BreadcrumbItem
            render={({ className }) => (
              <Link
                className={className}
                to="/resources/$resource"
                params={{ resource: resourceName(resource) } as never}
                search={{ project } as never}
              >
                {kinds(resource)}
              </Link>
            )}
          />
          <BreadcrumbItem isActive>{name}</BreadcrumbItem>
        </Breadcrumb>
        <Title headingLevel="h1">{name}</Title>
        {tab === 'history' && (
          <Content component="p">
            <WasDeleted life={newest} />
          </Content>
        )}
      </PageSection>
      <PageSection isFilled>
        {tab === 'history' ? (
          <Stack hasGutter>
            <StackItem>
              <Title headingLevel="h2">{say('detail.history')}</Title>
            </StackItem>
            <StackItem>
              <Lives lives={lives} isOpen />
            </StackItem>
            {further !== false && <StackItem>{further}</StackItem>}
          </Stack>
        ) : (
          <EmptyState titleText={say('proof.gone.title', { name })} headingLevel="h2" status="info">
            <EmptyStateBody>
              <WasDeleted life={newest} />
            </EmptyStateBody>
            <EmptyStateFooter>
              <EmptyStateActions>
                <Link
                  to={objectPath(resource, {
                    name,
                    ...(project === undefined ? {} : { namespace: project }),
                  })}
                  search={{ tab: 'history' } as never}
                >
                  {say('proof.gone.history')}
                </Link>
              </EmptyStateActions>
            </EmptyStateFooter>
          </EmptyState>
        )}
      </PageSection>
    </>
  );
}

function WasDeleted({ life }: { readonly life: Life }) {
  const { say } = useTexts();
  if (life.end === undefined) return null;
  return (
    <>
      {say('proof.gone.deleted', { who: enderOf(life, say) })} <Moment at={life.end.leaf.time} />
    </>
  );
}
