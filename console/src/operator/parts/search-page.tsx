/** A page that lists what there is of one kind: a search, the newest or nearest rows, and what to do where there is nothing yet. */
import {
  Content,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  SearchInput,
  StackItem,
} from '@patternfly/react-core';
import { type ReactNode, useState } from 'react';
import type { LiveState } from '../../api/live-list.ts';
import { Page } from '../../parts/page.tsx';
import { Rows, type RowsColumn } from '../../parts/rows.tsx';
import { Command } from '../../parts/shown.tsx';
import { useTexts } from '../../texts/texts.ts';

/** Rows in the page; who looks for others searches. */
const SHOWN_MAX = 200;

export interface SearchPageProps<Item extends { readonly metadata: { readonly uid: string } }> {
  readonly title: string;
  readonly lead: string;
  /** What the search field is called. */
  readonly search: string;
  /** The one thing to do here, also where there is nothing yet. */
  readonly action: ReactNode;
  readonly empty: { readonly title: string; readonly body: string; readonly command: string };
  readonly list: Pick<LiveState, 'isLoading' | 'error'>;
  /** All of them, in the order in which they are shown. */
  readonly items: readonly Item[];
  readonly columns: readonly RowsColumn<Item>[];
  /** Before the list. */
  readonly above?: ReactNode;
  /** After it. */
  readonly below?: ReactNode;
  /** What is searched in. */
  textOf(item: Item): string;
}

export function SearchPage<Item extends { readonly metadata: { readonly uid: string } }>(
  props: SearchPageProps<Item>,
) {
  const { title, lead, search, action, empty, list, items, columns, above, below, textOf } = props;
  const { say } = useTexts();
  const [wanted, setWanted] = useState('');
  const found = items.filter((item) => textOf(item).toLowerCase().includes(wanted.trim().toLowerCase()));
  return (
    <Page
      title={title}
      lead={lead}
      action={items.length === 0 ? undefined : action}
      state={{ isLoading: list.isLoading, error: items.length === 0 ? list.error : undefined }}
    >
      {above}
      {items.length === 0 ? (
        <EmptyState titleText={empty.title} headingLevel="h2">
          <EmptyStateBody>{empty.body}</EmptyStateBody>
          <EmptyStateFooter>
            <EmptyStateActions>{action}</EmptyStateActions>
            <Command>{empty.command}</Command>
          </EmptyStateFooter>
        </EmptyState>
      ) : (
        <StackItem>
          <SearchInput
            aria-label={search}
            placeholder={search}
            value={wanted}
            onChange={(_event, value) => setWanted(value)}
            onClear={() => setWanted('')}
          />
          <Rows
            label={title}
            columns={columns}
            items={found.slice(0, SHOWN_MAX)}
            keyOf={({ metadata }) => metadata.uid}
          />
          {found.length === 0 && (
            <Content component="p">{say('list.noMatch', { count: items.length })}</Content>
          )}
          {found.length > SHOWN_MAX && (
            <Content component="p">{say('operator.more', { count: found.length - SHOWN_MAX })}</Content>
          )}
          {below}
        </StackItem>
      )}
    </Page>
  );
}
