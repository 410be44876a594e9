/** The first page of an organization's console: what needs attention, what projects hold, and where to begin. */
import {
  Alert,
  AlertActionLink,
  AlertGroup,
  Content,
  EmptyState,
  EmptyStateBody,
  Spinner,
} from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { discovery, resourceName } from '../../api/discovery.ts';
import { useLiveList } from '../../api/live-list.ts';
import { isUnderWay, isWaiting, operatorOf, useAccessRequests } from '../../consent/access-requests.ts';
import { transitionText } from '../../consent/names.ts';
import { isOpen, useRequests } from '../../consent/requests.ts';
import { useKind } from '../../parts/kind.ts';
import { Page, Part } from '../../parts/page.tsx';
import { objectPath } from '../../resources/object-path.ts';
import { useIdentity } from '../../shell/identity.ts';
import { kindWords } from '../../texts/kind-words.ts';
import { useTexts } from '../../texts/texts.ts';
import { FirstSteps } from './first-steps.tsx';
import { LatestChanges } from './latest-changes.tsx';
import { useNotReady } from './not-ready.ts';
import { Quotas } from './quotas.tsx';
import { WhatThereIs } from './what-there-is.tsx';

const SHOWN_MAX = 20;
const INSTANCES = 'instances.compute.casemate.internal';

interface Concern {
  readonly key: string;
  readonly variant: 'danger' | 'warning' | 'info';
  readonly title: string;
  readonly body?: string;
  readonly to: string;
  readonly action: string;
}

export function Home() {
  const { say } = useTexts();
  const { displayName } = useIdentity();
  const { project } = useSearch({ strict: false }) as { project?: string };
  const { concerns, isDone, looked } = useConcerns(project);
  const projects = useLiveList(useKind('namespaces'));
  const quotas = useLiveList(useKind('quotas.tenancy.casemate.internal'), { project });
  const hasInstances = looked.some(
    ({ resource, count }) => resourceName(resource) === INSTANCES && count > 0,
  );
  const isNew = isDone && !hasInstances && !projects.isLoading && project === undefined;
  return (
    <Page title={say('home.title')} lead={say('proof.home.hello', { name: displayName })}>
      <Part title={say('home.attention')}>
        {concerns.length > 0 ? (
          <Concerns concerns={concerns} />
        ) : isDone ? (
          <EmptyState titleText={say('home.attention.none')} headingLevel="h3" variant="sm" status="success">
            <EmptyStateBody>{say('home.attention.none.body')}</EmptyStateBody>
          </EmptyState>
        ) : (
          <Spinner size="md" aria-label={say('app.loading')} />
        )}
      </Part>
      {isNew && (
        <Part title={say('proof.home.first')}>
          <FirstSteps hasProject={projects.rows.length > 0} />
        </Part>
      )}
      {looked.some(({ count }) => count > 0) && (
        <Part title={say('home.have')}>
          <WhatThereIs looked={looked} project={project} />
        </Part>
      )}
      {quotas.error === undefined && !quotas.isLoading && (
        <Part title={say('proof.home.quotas')}>
          <Quotas quotas={quotas.rows.map(({ object }) => object)} />
        </Part>
      )}
      <LatestChanges project={project} />
    </Page>
  );
}

function Concerns({ concerns }: { readonly concerns: readonly Concern[] }) {
  const { say } = useTexts();
  const navigate = useNavigate();
  return (
    <>
      <AlertGroup isLiveRegion aria-label={say('home.attention')}>
        {concerns.slice(0, SHOWN_MAX).map(({ key, variant, title, body, to, action }) => (
          <Alert
            key={key}
            isInline
            component="h3"
            variant={variant}
            title={title}
            actionLinks={<AlertActionLink onClick={() => void navigate({ to })}>{action}</AlertActionLink>}
          >
            {body}
          </Alert>
        ))}
      </AlertGroup>
      {concerns.length > SHOWN_MAX && (
        <Content component="p">{say('proof.home.more', { count: concerns.length - SHOWN_MAX })}</Content>
      )}
    </>
  );
}

/** The most pressing first. */
function useConcerns(project: string | undefined) {
  const { say } = useTexts();
  const { name: me } = useIdentity();
  const { data: resources = [] } = useQuery(discovery);
  const access = useAccessRequests();
  const approvals = useRequests();
  const looked = useNotReady(resources, project);
  const concerns: Concern[] = [
    ...access.all.filter(isUnderWay).map((one) => ({
      key: one.metadata.uid,
      variant: one.spec.breakGlass === true ? ('danger' as const) : ('warning' as const),
      title: say('proof.operators.isIn', { operator: operatorOf(one), project: one.spec.project }),
      body: one.spec.reason,
      to: '/access',
      action: say('proof.home.watch'),
    })),
    ...access.all.filter(isWaiting).map((one) => ({
      key: one.metadata.uid,
      variant: 'warning' as const,
      title: say('proof.operators.asks', { operator: operatorOf(one), project: one.spec.project }),
      body: one.spec.reason,
      to: '/access',
      action: say('proof.home.decide'),
    })),
    ...approvals.all
      .filter((one) => isOpen(one) && one.status.phase === 'Pending')
      .filter(({ status }) => status.requestedBy !== me && !status.approvals.some(({ by }) => by === me))
      .map(({ metadata, spec, status }) => ({
        key: metadata.uid,
        variant: 'warning' as const,
        title: say('proof.home.approval', {
          by: status.requestedBy,
          what: transitionText(spec.transition, say),
          name: spec.target.name,
        }),
        body: spec.reason,
        to: '/approvals',
        action: say('proof.home.decide'),
      })),
    ...looked.kinds
      .flatMap(({ notReady }) => notReady)
      .map(({ resource, object, message }) => ({
        key: object.metadata.uid,
        variant: 'warning' as const,
        title: say('proof.home.notReady', {
          kind: kindWords(resource).title,
          name: object.metadata.name,
        }),
        body: message,
        to: objectPath(resource, object.metadata),
        action: say('proof.home.look'),
      })),
  ];
  return {
    concerns,
    isDone: looked.isDone && !access.state.isLoading && !approvals.state.isLoading,
    looked: looked.kinds,
  };
}
