/** The region's tenants: their names and states. What is in them no operator sees. */
import { Link } from '@tanstack/react-router';
import { useLiveList } from '../../api/live-list.ts';
import { ORGANIZATIONS, useKind } from '../../parts/kind.ts';
import { LinkButton } from '../../parts/link-button.tsx';
import type { RowsColumn } from '../../parts/rows.tsx';
import { When } from '../../parts/shown.tsx';
import { type Say, useTexts } from '../../texts/texts.ts';
import { SearchPage } from '../parts/search-page.tsx';
import type { Organization } from './organization.ts';
import { StateLabel } from './state-label.tsx';

export function OrganizationsPage() {
  const { say } = useTexts();
  const list = useLiveList(useKind(ORGANIZATIONS));
  return (
    <SearchPage
      title={say('operator.org.title')}
      lead={say('operator.org.lead')}
      search={say('operator.org.search')}
      action={<LinkButton to="/new-organization">{say('operator.org.create')}</LinkButton>}
      empty={{
        title: say('operator.org.empty'),
        body: say('operator.org.empty.body'),
        command: 'casemate org create NAME --admin USER',
      }}
      list={list}
      items={list.rows
        .map(({ object }) => object as Organization)
        .toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name))}
      textOf={({ metadata, spec }) => `${metadata.name} ${spec.displayName ?? ''}`}
      columns={columns(say)}
    />
  );
}

const columns = (say: Say): readonly RowsColumn<Organization>[] => [
  {
    title: say('operator.column.name'),
    isNowrap: true,
    cell: ({ metadata }) => (
      <Link to="/organizations/$name" params={{ name: metadata.name }}>
        {metadata.name}
      </Link>
    ),
  },
  { title: say('operator.org.displayName'), cell: ({ spec }) => spec.displayName ?? '' },
  { title: say('operator.org.admin'), cell: ({ spec }) => spec.firstAdministrator.user },
  { title: say('operator.column.state'), cell: (one) => <StateLabel organization={one} /> },
  { title: say('operator.column.came'), cell: ({ metadata }) => <When at={metadata.creationTimestamp} /> },
];
