/** The page of one object of any kind: as it is now, whoever changes it. Kinds that have more to show add tabs: `kind-tabs.ts`. */
import {
  Alert,
  Breadcrumb,
  BreadcrumbItem,
  Bullseye,
  PageSection,
  Spinner,
  Tab,
  TabContentBody,
  Tabs,
  TabTitleText,
  Title,
} from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { ApiError } from '../api/client.ts';
import { discovery, type Resource, resourceName } from '../api/discovery.ts';
import { type ApiObject, useLiveObject } from '../api/live-list.ts';
import { Problem } from '../shell/problem.tsx';
import { useTexts } from '../texts/texts.ts';
import { tabsOf } from './kind-tabs.ts';

/** Of what is not there the ledger may know: loaded then. */
const GonePage = lazy(async () => ({ default: (await import('../ledger/gone-page.tsx')).GonePage }));

/** What a tab is given. */
export interface TabProps {
  readonly resource: Resource;
  readonly object: ApiObject;
}

export function DetailPage() {
  const { say, kinds } = useTexts();
  const {
    resource: wanted = '',
    project,
    name = '',
  } = useParams({ strict: false }) as { resource?: string; project?: string; name?: string };
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const { data: resources, error: unknown } = useQuery(discovery);
  const resource = resources?.find((one) => resourceName(one) === wanted);
  const { object, error, isLoading } = useLiveObject(resource, project, name);
  if (unknown !== null && resources === undefined) return <Problem isPage error={unknown} />;
  if (resources !== undefined && resource === undefined)
    return <Problem isPage error={new Error(say('error.page'))} />;
  const loading = (
    <Bullseye>
      <Spinner aria-label={say('app.loading')} />
    </Bullseye>
  );
  if (resource === undefined || (isLoading && error === undefined)) return loading;
  if (object === undefined)
    return error !== undefined && !(error instanceof ApiError && error.code === 404) ? (
      <Problem isPage error={error} />
    ) : (
      <Suspense fallback={loading}>
        <GonePage
          resource={resource}
          project={project}
          name={name}
          error={new ApiError(404, { code: 404, details: { kind: resource.kind, name } } as never)}
        />
      </Suspense>
    );
  const tabs = tabsOf(resource);
  const active = tabs.find(({ id }) => id === tab) ?? tabs[0];
  return (
    <>
      <PageSection>
        <Breadcrumb>
          <BreadcrumbItem
            render={({ className }) => (
              <Link
                className={className}
                to="/resources/$resource"
                params={{ resource: wanted }}
                search={{ project } as never}
              >
                {kinds(resource)}
              </Link>
            )}
          />
          <BreadcrumbItem isActive>{name}</BreadcrumbItem>
        </Breadcrumb>
        <Title headingLevel="h1">{name}</Title>
        {object.metadata.deletionTimestamp !== undefined && (
          <Alert variant="warning" isInline title={say('detail.deleting')} />
        )}
      </PageSection>
      <PageSection isFilled>
        <Tabs
          activeKey={active?.id ?? ''}
          onSelect={(_event, key) =>
            void navigate({
              search: ((before: object) => ({ ...before, tab: String(key) })) as never,
              replace: true,
            })
          }
          mountOnEnter
          unmountOnExit
        >
          {tabs.map(({ id, title, Content }) => (
            <Tab key={id} eventKey={id} title={<TabTitleText>{say(title)}</TabTitleText>}>
              <Suspense fallback={loading}>
                <TabContentBody hasPadding>
                  <Content resource={resource} object={object} />
                </TabContentBody>
              </Suspense>
            </Tab>
          ))}
        </Tabs>
      </PageSection>
    </>
  );
}
