/** The page of a new instance: what there is to choose from, and the form once that is known. */
import { Bullseye, EmptyState, EmptyStateBody, PageSection, Spinner, Title } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { discovery, resourceName } from '../../../api/discovery.ts';
import { useLiveList } from '../../../api/live-list.ts';
import { Problem } from '../../../shell/problem.tsx';
import { useTexts } from '../../../texts/texts.ts';
import { IMAGES, INSTANCES } from '../instance.ts';
import { CreateForm } from './create-form.tsx';
import { namesOf } from './use-new-instance.ts';

export function CreateInstancePage() {
  const { say } = useTexts();
  const { project: wantedProject, snapshot } = useSearch({ strict: false }) as {
    project?: string;
    snapshot?: string;
  };
  const { data: resources, error } = useQuery(discovery);
  const find = (name: string) => resources?.find((one) => resourceName(one) === name);
  const projects = useLiveList(find('namespaces'));
  const images = useLiveList(find(IMAGES));
  const instances = useLiveList(find(INSTANCES), { project: wantedProject });
  if (error !== null) return <Problem error={error} />;
  if (resources === undefined || projects.isLoading || images.isLoading || instances.isLoading)
    return (
      <Bullseye>
        <Spinner aria-label={say('app.loading')} />
      </Bullseye>
    );
  return (
    <PageSection isFilled aria-labelledby="create-title">
      <Title headingLevel="h1" id="create-title">
        {say('compute.create.title')}
      </Title>
      {images.rows.length === 0 && snapshot === undefined ? (
        <EmptyState titleText={say('compute.create.noImage')} headingLevel="h2">
          <EmptyStateBody>{say('compute.create.noImage.body')}</EmptyStateBody>
        </EmptyState>
      ) : (
        <CreateForm
          projects={namesOf(projects.rows.map(({ object }) => object))}
          images={images.rows.map(({ object }) => object)}
          instances={instances.rows.map(({ object }) => object)}
          wantedProject={wantedProject}
          snapshot={snapshot}
        />
      )}
    </PageSection>
  );
}
