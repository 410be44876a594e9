/** What came to the gap: every bundle, how far it is, and the way to bring one in. */
import { StackItem } from '@patternfly/react-core';
import { Link } from '@tanstack/react-router';
import { useLiveList, useLiveObject } from '../../api/live-list.ts';
import { BUNDLE_IMPORTS, BUNDLE_TRUSTS, useKind } from '../../parts/kind.ts';
import { LinkButton } from '../../parts/link-button.tsx';
import type { RowsColumn } from '../../parts/rows.tsx';
import { When } from '../../parts/shown.tsx';
import { type Say, useTexts } from '../../texts/texts.ts';
import { SearchPage } from '../parts/search-page.tsx';
import { type Import, phaseOf } from './import.ts';
import { NoTrustAlert } from './no-trust-alert.tsx';
import { PhaseLabel } from './phase.tsx';
import { scanText } from './scan.tsx';

export function BundlesPage() {
  const { say } = useTexts();
  const list = useLiveList(useKind(BUNDLE_IMPORTS));
  const trust = useLiveObject(useKind(BUNDLE_TRUSTS), undefined, 'region');
  const all = list.rows
    .map(({ object }) => object as Import)
    .toSorted((a, b) => b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp));
  const isTrusted = trust.object?.status?.phase === 'Trusted';
  return (
    <SearchPage
      title={say('operator.bundles.title')}
      lead={say('operator.bundles.lead')}
      search={say('operator.bundles.search')}
      action={<LinkButton to="/bring-in">{say('operator.bundles.bring')}</LinkButton>}
      empty={{
        title: say('operator.bundles.empty'),
        body: say('operator.bundles.empty.body'),
        command: 'casemate gap import FILE',
      }}
      list={list}
      items={all}
      textOf={({ metadata, status }) => `${metadata.name} ${status?.bundle?.name ?? ''}`}
      columns={columns(say)}
      above={
        !trust.isLoading &&
        trust.error === undefined &&
        !isTrusted && (
          <StackItem>
            <NoTrustAlert />
          </StackItem>
        )
      }
      below={
        isTrusted && (
          <LinkButton to="/bundle-trust" variant="link" isInline>
            {say('operator.trust.show')}
          </LinkButton>
        )
      }
    />
  );
}

const columns = (say: Say): readonly RowsColumn<Import>[] => [
  {
    title: say('operator.column.name'),
    isNowrap: true,
    cell: ({ metadata }) => (
      <Link to="/bundles/$name" params={{ name: metadata.name }}>
        {metadata.name}
      </Link>
    ),
  },
  {
    title: say('operator.column.bundle'),
    cell: ({ status }) =>
      status?.bundle === undefined ? '' : `${status.bundle.name} ${status.bundle.version}`,
  },
  { title: say('operator.column.state'), cell: (one) => <PhaseLabel phase={phaseOf(one)} /> },
  {
    title: say('operator.column.findings'),
    cell: ({ status }) =>
      status?.refusals?.[0]?.part ?? (status?.scan === undefined ? '' : scanText(status.scan, say)),
  },
  { title: say('operator.column.by'), isNowrap: true, cell: ({ status }) => status?.requestedBy ?? '' },
  { title: say('operator.column.came'), cell: ({ metadata }) => <When at={metadata.creationTimestamp} /> },
];
