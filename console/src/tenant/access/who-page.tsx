/** Who can reach this? Of any kind, in any project, whether there is such an object yet or not. The question is part of the address. */
import {
  Content,
  Form,
  FormGroup,
  FormSelect,
  FormSelectOption,
  PageSection,
  Spinner,
  Stack,
  StackItem,
  TextInput,
  Title,
} from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useDeferredValue, useId } from 'react';
import { discovery, resourceName } from '../../api/discovery.ts';
import { useTexts } from '../../texts/texts.ts';
import { deedsOf } from './questions.ts';
import { ReachTable } from './reach-table.tsx';
import { WhyForm } from './why-form.tsx';

const FIRST = 'instances.compute.casemate.internal';
const NAME_LENGTH_MAX = 253;

export function WhoPage() {
  const { say, words } = useTexts();
  const id = useId();
  const navigate = useNavigate();
  const {
    of = FIRST,
    project,
    name = '',
  } = useSearch({ strict: false }) as {
    of?: string;
    project?: string;
    name?: string;
  };
  const { data: resources } = useQuery(discovery);
  const askedName = useDeferredValue(name.trim());
  const resource = resources?.find((one) => resourceName(one) === of);
  const go = (next: object) =>
    void navigate({ to: '/access/who', search: { of, project, name, ...next } as never, replace: true });
  const asked = resource && {
    resource,
    project: resource.isNamespaced ? project : undefined,
    name: askedName === '' ? undefined : askedName,
  };
  return (
    <>
      <PageSection>
        <Title headingLevel="h1">{say('proof.reach')}</Title>
        <Content component="p">{say('proof.reach.lead')}</Content>
        <Form isHorizontal>
          <FormGroup label={say('proof.reach.kind')} fieldId={`${id}-kind`}>
            <FormSelect id={`${id}-kind`} value={of} onChange={(_event, value) => go({ of: value })}>
              {(resources ?? [])
                .filter((one) => deedsOf(one).length > 0)
                .map((one) => (
                  <FormSelectOption
                    key={resourceName(one)}
                    value={resourceName(one)}
                    label={`${words(one).titles} (${resourceName(one)})`}
                  />
                ))}
            </FormSelect>
          </FormGroup>
          <FormGroup label={say('proof.reach.name')} fieldId={`${id}-name`}>
            <TextInput
              id={`${id}-name`}
              value={name}
              maxLength={NAME_LENGTH_MAX}
              onChange={(_event, value) => go({ name: value === '' ? undefined : value })}
            />
          </FormGroup>
          {resource?.isNamespaced === true && (
            <FormGroup label={say('project.label')}>{project ?? say('project.all')}</FormGroup>
          )}
        </Form>
      </PageSection>
      <PageSection isFilled>
        {asked === undefined ? (
          <Spinner aria-label={say('app.loading')} />
        ) : (
          <Stack hasGutter>
            <StackItem>
              <ReachTable {...asked} />
            </StackItem>
            <StackItem>
              <Title headingLevel="h2">{say('proof.why')}</Title>
            </StackItem>
            <StackItem>
              <WhyForm key={of} {...asked} />
            </StackItem>
          </Stack>
        )}
      </PageSection>
    </>
  );
}
