/** The page of any kind: its objects as a live table, searched, chosen, deleted. */
import { PageSection, Spinner, Title } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { useParams, useSearch } from '@tanstack/react-router';
import { discovery, resourceName } from '../api/discovery.ts';
import { useLiveList } from '../api/live-list.ts';
import { Problem } from '../shell/problem.tsx';
import { useTexts } from '../texts/texts.ts';
import { ResourceTable } from './resource-table.tsx';

export function ListPage() {
  const { say, kinds } = useTexts();
  const { resource: wanted = '' } = useParams({ strict: false }) as { resource?: string };
  const { project } = useSearch({ strict: false }) as { project?: string };
  const { data: resources, error: unknown } = useQuery(discovery);
  const resource = resources?.find((one) => resourceName(one) === wanted);
  const list = useLiveList(resource, { project: resource?.isNamespaced === true ? project : undefined });
  if (unknown !== null && resources === undefined) return <Problem isPage error={unknown} />;
  if (resources !== undefined && resource === undefined)
    return <Problem isPage error={new Error(say('error.page'))} />;
  if (resource === undefined) return <Spinner aria-label={say('app.loading')} />;
  return (
    <PageSection isFilled>
      <Title headingLevel="h1">{kinds(resource)}</Title>
      {list.error !== undefined && list.rows.length === 0 ? (
        <Problem error={list.error} />
      ) : (
        <ResourceTable resource={resource} list={list} project={project} />
      )}
    </PageSection>
  );
}
