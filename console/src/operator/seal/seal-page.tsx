/** How the region's air gap is held: now, by which rules, with what proof; and who tried to leave. */
import { Alert, Content, EmptyState, EmptyStateBody, StackItem } from '@patternfly/react-core';
import { Link, useSearch } from '@tanstack/react-router';
import { type ApiObject, useLiveList, useLiveObject } from '../../api/live-list.ts';
import { change } from '../../consent/requests.ts';
import { INTERCONNECTIONS, REGION_TIMES, SEAL_REPORTS, SEALS, useKind } from '../../parts/kind.ts';
import { LinkButton } from '../../parts/link-button.tsx';
import { Page, Part } from '../../parts/page.tsx';
import { RegionSays } from '../../parts/region-says.tsx';
import { Rows } from '../../parts/rows.tsx';
import { Fact, Facts, When } from '../../parts/shown.tsx';
import { WorkButton } from '../../parts/work.tsx';
import { useTexts } from '../../texts/texts.ts';
import { FlowMatrix } from './flow-matrix.tsx';
import { FlowsTable } from './flows-table.tsx';
import { Attempts, Findings, ProbeMatrix } from './report-parts.tsx';
import { conditionOf, type Flow, type Report } from './reports.ts';

/** There is one of each. */
const NAME = 'region';
const REPORTS_SHOWN_MAX = 30;

interface SealStatus {
  readonly enforced?: boolean;
  readonly processes?: readonly string[];
  readonly flows?: number;
  readonly report?: string;
}

export function SealPage() {
  const { say } = useTexts();
  const { report: wanted } = useSearch({ strict: false }) as { report?: string };
  const sealKind = useKind(SEALS);
  const flowKind = useKind(INTERCONNECTIONS);
  const seal = useLiveObject(sealKind, undefined, NAME);
  const time = useLiveObject(useKind(REGION_TIMES), undefined, NAME);
  const flows = useLiveList(flowKind).rows.map(({ object }) => object as Flow);
  const reports = useLiveList(useKind(SEAL_REPORTS))
    .rows.map(({ object }) => object as Report)
    .toSorted((a, b) => b.spec.at.localeCompare(a.spec.at));
  const report = reports.find(({ metadata }) => metadata.name === wanted) ?? reports[0];
  const status: SealStatus = seal.object?.status ?? {};
  const sealed = conditionOf(seal.object, 'Sealed');
  const onTime = conditionOf(time.object, 'OnTime');
  return (
    <Page
      title={say('operator.seal.title')}
      lead={say('operator.seal.lead')}
      action={
        seal.object !== undefined && sealKind !== undefined ? (
          <WorkButton
            task={() => change(sealKind, seal.object as ApiObject, { spec: { probe: crypto.randomUUID() } })}
          >
            {say('operator.seal.probe')}
          </WorkButton>
        ) : undefined
      }
      state={{ isLoading: seal.isLoading, error: seal.object === undefined ? seal.error : undefined }}
    >
      <StackItem>
        <Alert
          component="p"
          variant={sealed?.status === 'True' ? 'success' : 'danger'}
          isInline
          isLiveRegion
          title={say(sealed?.status === 'True' ? 'operator.seal.sealed' : 'operator.seal.notSealed')}
        >
          <RegionSays>{sealed?.message}</RegionSays>
        </Alert>
      </StackItem>
      <StackItem>
        <Facts>
          {sealed !== undefined && (
            <Fact term={say('operator.column.came')}>
              <When at={sealed.lastTransitionTime} />
            </Fact>
          )}
          {status.enforced !== undefined && (
            <Fact term={say('operator.seal.rest')}>
              {say(status.enforced ? 'operator.seal.rest.dropped' : 'operator.seal.rest.counted')}
            </Fact>
          )}
          {status.processes !== undefined && (
            <Fact term={say('operator.seal.processes')}>{status.processes.join(', ')}</Fact>
          )}
          {onTime !== undefined && (
            <Fact term={say('operator.time')}>
              {say(`operator.time.${onTime.status}`)} <RegionSays>{onTime.message}</RegionSays>
            </Fact>
          )}
        </Facts>
      </StackItem>
      <Part title={say('operator.seal.matrix')}>
        <Content component="p">{say('operator.seal.matrix.lead')}</Content>
        <FlowMatrix flows={flows} enforced={status.enforced} />
      </Part>
      <Part title={say('operator.seal.flows')}>
        {flows.length === 0 || flowKind === undefined ? (
          <EmptyState titleText={say('operator.seal.flows.none')} headingLevel="h3" variant="sm">
            <EmptyStateBody>{say('operator.seal.flows.none.body')}</EmptyStateBody>
          </EmptyState>
        ) : (
          <FlowsTable resource={flowKind} flows={flows} />
        )}
        <LinkButton variant="secondary" to={`/create/${INTERCONNECTIONS}`}>
          {say('operator.seal.declare')}
        </LinkButton>
      </Part>
      {report === undefined ? (
        <Part title={say('operator.seal.reports')}>
          <EmptyState titleText={say('operator.seal.reports.none')} headingLevel="h3" variant="sm">
            <EmptyStateBody>{say('operator.seal.reports.none.body')}</EmptyStateBody>
          </EmptyState>
        </Part>
      ) : (
        <>
          <Part title={say('operator.seal.attempts')}>
            <Content component="p">
              {say('operator.seal.report.of')} <When at={report.spec.at} />
            </Content>
            <Findings report={report} />
            <Attempts report={report} />
          </Part>
          <Part title={say('operator.seal.probes')}>
            <Content component="p">{say('operator.seal.probes.lead')}</Content>
            <ProbeMatrix report={report} />
          </Part>
          <Part title={say('operator.seal.reports')}>
            <Rows
              label={say('operator.seal.reports')}
              isCompact
              items={reports.slice(0, REPORTS_SHOWN_MAX)}
              keyOf={({ metadata }) => metadata.uid}
              columns={[
                {
                  title: say('operator.column.name'),
                  cell: ({ metadata }) => (
                    <Link
                      to="/seal"
                      search={{ report: metadata.name } as never}
                      {...(metadata.uid === report.metadata.uid ? { 'aria-current': 'true' as const } : {})}
                    >
                      {metadata.name}
                    </Link>
                  ),
                },
                { title: say('operator.seal.at'), cell: ({ spec }) => <When at={spec.at} /> },
                { title: say('operator.seal.why'), cell: ({ spec }) => say(`operator.seal.why.${spec.why}`) },
                {
                  title: say('operator.column.state'),
                  cell: ({ spec }) => (spec.sealed ? say('operator.seal.sealed') : spec.reason),
                },
                { title: say('operator.seal.attempts'), cell: ({ spec }) => spec.attemptsInAll },
              ]}
            />
          </Part>
        </>
      )}
    </Page>
  );
}
