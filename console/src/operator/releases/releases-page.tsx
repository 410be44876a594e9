/** Releases of Casemate: which runs, which came in, and how far each is that somebody planned. */
import {
  Content,
  EmptyState,
  EmptyStateBody,
  EmptyStateFooter,
  Label,
  StackItem,
} from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { Phase } from '../../../../src/gap/release/release-kind.ts';
import { useLiveList } from '../../api/live-list.ts';
import { BUNDLE_IMPORTS, RELEASES, useKind } from '../../parts/kind.ts';
import { LinkButton } from '../../parts/link-button.tsx';
import { make } from '../../parts/named.ts';
import { Page, Part } from '../../parts/page.tsx';
import { Rows } from '../../parts/rows.tsx';
import { Command, Fact, Facts } from '../../parts/shown.tsx';
import { WorkButton } from '../../parts/work.tsx';
import { useTexts } from '../../texts/texts.ts';
import type { Import } from '../bundles/import.ts';
import { regionStatus } from '../region-status.ts';
import { conditionOf } from '../seal/reports.ts';
import { availableIn, phaseOf, type Release } from './release.ts';

const STATUS: Readonly<Partial<Record<Phase, 'success' | 'warning' | 'danger' | 'info'>>> = {
  Running: 'success',
  AwaitingApproval: 'warning',
  Approved: 'warning',
  Blocked: 'danger',
  Failed: 'danger',
  Interrupted: 'danger',
  RolledBack: 'danger',
  Planning: 'info',
  Upgrading: 'info',
};

export function ReleaseLabel({ phase }: { readonly phase: Phase }) {
  const { say } = useTexts();
  return <Label status={STATUS[phase]}>{say(`operator.release.${phase}`)}</Label>;
}

export function ReleasesPage() {
  const { say } = useTexts();
  const navigate = useNavigate();
  const resource = useKind(RELEASES);
  const list = useLiveList(resource);
  const imports = useLiveList(useKind(BUNDLE_IMPORTS)).rows.map(({ object }) => object as Import);
  const { data: about } = useQuery(regionStatus);
  const all = list.rows.map(({ object }) => object as Release);
  const available = availableIn(imports).filter(
    ({ version }) => !all.some(({ spec }) => spec.version === version),
  );
  const plan = async (version: string) => {
    if (resource === undefined) return;
    await make(resource, version, { version });
    await navigate({ to: '/releases/$name', params: { name: version } });
  };
  return (
    <Page
      title={say('operator.releases.title')}
      lead={say('operator.releases.lead')}
      state={{ isLoading: list.isLoading, error: all.length === 0 ? list.error : undefined }}
    >
      {about !== undefined && (
        <StackItem>
          <Facts>
            <Fact term={say('operator.releases.running')}>{`Casemate ${about.version}`}</Fact>
          </Facts>
        </StackItem>
      )}
      {all.length === 0 && available.length === 0 && (
        <EmptyState titleText={say('operator.releases.none')} headingLevel="h2">
          <EmptyStateBody>{say('operator.releases.none.body')}</EmptyStateBody>
          <EmptyStateFooter>
            <LinkButton to="/bring-in">{say('operator.bundles.bring')}</LinkButton>
          </EmptyStateFooter>
        </EmptyState>
      )}
      {available.length > 0 && (
        <Part title={say('operator.releases.available')}>
          <Rows
            label={say('operator.releases.available')}
            isCompact
            items={available}
            keyOf={({ version }) => version}
            columns={[
              { title: say('operator.releases.version'), cell: ({ version }) => version },
              {
                title: say('operator.column.bundle'),
                cell: ({ bundle }) => (
                  <Link to="/bundles/$name" params={{ name: bundle }}>
                    {bundle}
                  </Link>
                ),
              },
              {
                title: say('operator.releases.plan'),
                isAction: true,
                cell: ({ version }) => (
                  <WorkButton
                    variant="secondary"
                    aria-label={say('pair', { name: say('operator.releases.plan'), value: version })}
                    task={() => plan(version)}
                  >
                    {say('operator.releases.plan')}
                  </WorkButton>
                ),
              },
            ]}
          />
        </Part>
      )}
      {all.length > 0 && (
        <Part title={say('operator.releases.planned')}>
          <Rows
            label={say('operator.releases.planned')}
            items={all}
            keyOf={({ metadata }) => metadata.uid}
            columns={[
              {
                title: say('operator.releases.version'),
                cell: ({ metadata, spec }) => (
                  <Link to="/releases/$name" params={{ name: metadata.name }}>
                    {spec.version}
                  </Link>
                ),
              },
              { title: say('operator.releases.from'), cell: ({ status }) => status?.plan?.from ?? '' },
              { title: say('operator.column.state'), cell: (one) => <ReleaseLabel phase={phaseOf(one)} /> },
              {
                title: say('operator.releases.how'),
                cell: (one) => conditionOf(one, 'Ready')?.message ?? '',
              },
            ]}
          />
        </Part>
      )}
      <Part title={say('operator.releases.machine')}>
        <Content component="p">{say('operator.releases.machine.lead')}</Content>
        <Command>casemate release status</Command>
      </Part>
    </Page>
  );
}
