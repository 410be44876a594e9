/** Makes an object of any kind by a form that its schema describes, beside what the form says as code. */
import {
  Breadcrumb,
  BreadcrumbItem,
  Bullseye,
  Button,
  Content,
  PageSection,
  Spinner,
  Title,
} from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useRef } from 'react';
import { ALLOWED, allowed, type Intent, whyRefused } from '../api/allowed.ts';
import { askJson } from '../api/client.ts';
import { discovery, pathOf, type Resource, resourceName } from '../api/discovery.ts';
import type { ApiObject } from '../api/live-list.ts';
import { emptyDraft, useDraft } from '../forms/draft.ts';
import type { ObjectSchema } from '../forms/field-schema.ts';
import { FormPage } from '../forms/form-page.tsx';
import { LeaveGuard } from '../forms/leave-guard.tsx';
import { manifestOf } from '../forms/manifest.ts';
import { schemaOf } from '../forms/schema-query.ts';
import { useSending } from '../forms/sending.ts';
import { Problem } from '../shell/problem.tsx';
import { useTexts } from '../texts/texts.ts';
import { Description, FieldTextsOf } from '../texts/use-field-texts.tsx';
import { objectPath } from './object-path.ts';

export function CreatePage() {
  const { say } = useTexts();
  const { resource: wanted = '' } = useParams({ strict: false }) as { resource?: string };
  const { project } = useSearch({ strict: false }) as { project?: string };
  const { data: resources, error } = useQuery(discovery);
  const resource = resources?.find((one) => resourceName(one) === wanted);
  if (error !== null && resources === undefined) return <Problem error={error} />;
  if (resources !== undefined && resource === undefined)
    return <Problem error={new Error(say('error.page'))} />;
  if (resource === undefined) return <Loading />;
  return <CreateResource key={`${wanted} ${project ?? ''}`} resource={resource} project={project} />;
}

function Loading() {
  const { say } = useTexts();
  return (
    <Bullseye>
      <Spinner aria-label={say('app.loading')} />
    </Bullseye>
  );
}

interface CreateResourceProps {
  readonly resource: Resource;
  readonly project: string | undefined;
}

function CreateResource({ resource, project }: CreateResourceProps) {
  const { say } = useTexts();
  const { data: schema, error } = useQuery(schemaOf(resource));
  if (error !== null && schema === undefined) return <Problem error={error} />;
  if (schema === null) return <Problem error={new Error(say('error.page'))} />;
  if (schema === undefined) return <Loading />;
  return <CreateForm resource={resource} project={project} schema={schema} />;
}

interface CreateFormProps extends CreateResourceProps {
  readonly schema: ObjectSchema;
}

function CreateForm({ resource, project, schema }: CreateFormProps) {
  const { say, kinds, words } = useTexts();
  const navigate = useNavigate();
  const { kind, group, version, plural, isNamespaced } = resource;
  const isSent = useRef(false);
  const draft = useDraft({
    schema,
    isProject: group === '' && plural === 'namespaces',
    isNamespaced,
    initial: emptyDraft(schema, isNamespaced ? project : undefined),
    original: undefined,
  });
  const sending = useSending(draft);
  const inProject = draft.form.project;
  const intent: Intent = { verb: 'create', resource, project: inProject };
  const { data: answer = ALLOWED } = useQuery(allowed(intent));
  const denial = whyRefused(intent, answer, say);
  const object = manifestOf({
    apiVersion: group === '' ? version : `${group}/${version}`,
    kind,
    draft: draft.value,
  });
  const create = async () => {
    const made = await askJson<ApiObject>(`${pathOf(resource, inProject)}?fieldValidation=Strict`, {
      method: 'POST',
      body: object,
    });
    isSent.current = true;
    await navigate({ to: objectPath(resource, made.metadata) });
  };
  const title = say('list.create', words(resource));
  const list = {
    to: '/resources/$resource',
    params: { resource: resourceName(resource) } as never,
    search: { project } as never,
  };
  return (
    <>
      <LeaveGuard isUnsaved={() => draft.isChanged && !isSent.current} />
      <PageSection>
        <Breadcrumb aria-label={say('app.breadcrumb')}>
          <BreadcrumbItem
            render={({ className }) => (
              <Link className={className} {...list}>
                {kinds(resource)}
              </Link>
            )}
          />
          <BreadcrumbItem isActive>{title}</BreadcrumbItem>
        </Breadcrumb>
        <Title headingLevel="h1">{title}</Title>
        <FieldTextsOf group={resource.group}>
          <Content component="p">
            <Description text={schema.description} />
          </Content>
        </FieldTextsOf>
      </PageSection>
      <PageSection isFilled>
        <FormPage
          resource={resource}
          schema={schema}
          draft={draft}
          sending={sending}
          object={object}
          submit={title}
          whyNot={denial}
          onSubmit={() => void sending.send(denial, create)}
          otherAction={
            <Button variant="link" component={(props: object) => <Link {...props} {...list} />}>
              {say('cancel')}
            </Button>
          }
        />
      </PageSection>
    </>
  );
}
