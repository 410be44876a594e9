/** Rows of a live list: searched, sorted, with the columns that somebody wants, and what can be done to several at once. Only rows in sight are in the page. */
import {
  Bullseye,
  Button,
  Checkbox,
  Content,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  SearchInput,
  Spinner,
  Toolbar,
  ToolbarContent,
  ToolbarItem,
} from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useId, useMemo, useRef, useState } from 'react';
import { type Resource, resourceName } from '../api/discovery.ts';
import type { LiveState, Row } from '../api/live-list.ts';
import { useIsPrinting } from '../shell/printing.ts';
import { useTexts } from '../texts/texts.ts';
import { FieldTextsOf, useFieldTexts } from '../texts/use-field-texts.tsx';
import { cellText } from './cells.ts';
import { ColumnMenu, useShownColumns } from './columns.tsx';
import { DeleteButton } from './delete-button.tsx';
import { ChosenFilters, FilterMenu, facetsOf, useFilters } from './filters.tsx';
import { objectPath } from './object-path.ts';

const ROW_PX = 54;
const OVERSCAN = 12;
/** On paper there is no scrolling; more than these nobody prints. */
const ROWS_PRINTED_MAX = 2_000;

export interface ResourceTableProps {
  readonly resource: Resource;
  readonly list: LiveState;
  readonly project: string | undefined;
}

/** PatternFly's own boxes say "Select row 3", in English: these say whose row it is. */
const CHECK = 'pf-v6-c-table__check';

const collator = new Intl.Collator(undefined, { numeric: true });

export function ResourceTable(props: ResourceTableProps) {
  return (
    <FieldTextsOf group={props.resource.group}>
      <LiveTable {...props} />
    </FieldTextsOf>
  );
}

function LiveTable({ resource, list, project }: ResourceTableProps) {
  const { say, kinds, words } = useTexts();
  const texts = useFieldTexts();
  const id = useId();
  const [search, setSearch] = useState('');
  const [sort, setSort] = useState<{ readonly index: number; readonly direction: 'asc' | 'desc' }>({
    index: 0,
    direction: 'asc',
  });
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const columns = useShownColumns(resourceName(resource), list.columns);
  const withProject = resource.isNamespaced && project === undefined;
  const cellOf = useCallback(
    (row: Row, at: number) => cellText(row.cells[at], list.columns[at]?.name ?? '', texts),
    [list.columns, texts],
  );
  // All that a row shows, and what the API calls it, in small letters.
  const textOf = useMemo(() => {
    const known = new WeakMap<Row, string>();
    return (row: Row): string => {
      const text =
        known.get(row) ??
        [row.object.metadata.namespace ?? '', ...row.cells.map((_cell, at) => cellOf(row, at)), ...row.cells]
          .join('\n')
          .toLowerCase();
      known.set(row, text);
      return text;
    };
  }, [cellOf]);
  const filters = useFilters();
  const facets = useMemo(() => facetsOf(list.columns, list.rows), [list.columns, list.rows]);
  const rows = useMemo(() => {
    const wanted = search.trim().toLowerCase();
    const found = list.rows.filter(
      (row) => filters.matches(row, list.columns) && (wanted === '' || textOf(row).includes(wanted)),
    );
    const sign = sort.direction === 'asc' ? 1 : -1;
    return found.sort((a, b) => sign * collator.compare(cellOf(a, sort.index), cellOf(b, sort.index)));
  }, [list.rows, list.columns, search, filters, sort, cellOf, textOf]);
  const scroll = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
  });
  const isPrinting = useIsPrinting();
  const inSight = virtual.getVirtualItems();
  const shown = isPrinting ? rows.slice(0, ROWS_PRINTED_MAX).map((_row, index) => ({ index })) : inSight;
  const before = isPrinting ? 0 : (inSight[0]?.start ?? 0);
  const after = isPrinting ? 0 : virtual.getTotalSize() - (inSight.at(-1)?.end ?? 0);
  const selected = list.rows.filter(({ object }) => chosen.has(object.metadata.uid));
  const width = columns.shown.length + (withProject ? 2 : 1);
  const canDelete = resource.verbs.includes('delete');
  const choose = (uids: readonly string[], isChosen: boolean) => {
    const next = new Set(chosen);
    for (const uid of uids) isChosen ? next.add(uid) : next.delete(uid);
    setChosen(next);
  };
  if (list.isLoading) {
    return (
      <Bullseye>
        <Spinner aria-label={say('app.loading')} />
      </Bullseye>
    );
  }
  const create = resource.verbs.includes('create') ? (
    <Button
      component={(props: object) => (
        <Link
          {...props}
          to="/create/$resource"
          params={{ resource: resourceName(resource) }}
          search={{ project } as never}
        />
      )}
    >
      {say('list.create', words(resource))}
    </Button>
  ) : null;
  if (list.rows.length === 0) {
    return (
      <EmptyState titleText={say('list.empty', words(resource))} headingLevel="h2">
        <EmptyStateBody>{create === null ? null : say('list.empty.create')}</EmptyStateBody>
        <EmptyStateFooter>
          <EmptyStateActions>{create}</EmptyStateActions>
          <code>casemate get {resource.plural}</code>
        </EmptyStateFooter>
      </EmptyState>
    );
  }
  return (
    <>
      <Toolbar clearAllFilters={() => setSearch('')}>
        <ToolbarContent>
          <ToolbarItem>
            <SearchInput
              aria-label={say('list.search', words(resource))}
              placeholder={say('list.search', words(resource))}
              value={search}
              onChange={(_event, value) => setSearch(value)}
              onClear={() => setSearch('')}
            />
          </ToolbarItem>
          <ToolbarItem>{create}</ToolbarItem>
          {canDelete && (
            <ToolbarItem>
              <DeleteButton
                resource={resource}
                objects={selected.map(({ object }) => object)}
                onDone={() => setChosen(new Set())}
              />
            </ToolbarItem>
          )}
          {(facets.length > 0 || filters.chosen.length > 0) && (
            <ToolbarItem>
              <FilterMenu filters={filters} facets={facets} />
            </ToolbarItem>
          )}
          <ToolbarItem>
            <ColumnMenu columns={columns} />
          </ToolbarItem>
          <ToolbarItem align={{ default: 'alignEnd' }}>
            <Content component="p" aria-live="polite">
              {selected.length > 0
                ? say('list.selected', { count: selected.length })
                : rows.length === 0
                  ? say('list.noMatch', { count: list.rows.length })
                  : say('list.count', { count: rows.length })}
            </Content>
          </ToolbarItem>
        </ToolbarContent>
        {filters.chosen.length > 0 && (
          <ToolbarContent>
            <ToolbarItem>
              <ChosenFilters filters={filters} />
            </ToolbarItem>
          </ToolbarContent>
        )}
      </Toolbar>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse scrolls it with the keyboard (WCAG 2.1.1) */}
      <section ref={scroll} className="casemate-table" tabIndex={0} aria-label={kinds(resource)}>
        <Table aria-label={kinds(resource)} isStickyHeader aria-rowcount={rows.length + 1}>
          <Thead>
            <Tr>
              {canDelete && (
                <Th aria-label={say('list.selectAll')} className={CHECK}>
                  <Checkbox
                    id={`${id}-all`}
                    aria-label={say('list.selectAll')}
                    isChecked={rows.length > 0 && rows.every(({ object }) => chosen.has(object.metadata.uid))}
                    onChange={(_event, isChosen) =>
                      choose(
                        rows.map(({ object }) => object.metadata.uid),
                        isChosen,
                      )
                    }
                  />
                </Th>
              )}
              {withProject && <Th>{say('project.label')}</Th>}
              {columns.shown.map(({ column, index }) => (
                <Th
                  key={column.name}
                  sort={{
                    sortBy: sort,
                    columnIndex: index,
                    onSort: (_event, at, direction) => setSort({ index: at, direction }),
                  }}
                >
                  {texts.column(column.name)}
                </Th>
              ))}
            </Tr>
          </Thead>
          <Tbody>
            {before > 0 && <Spacer height={before} width={width} />}
            {shown.map(({ index }) => {
              const row = rows[index] as Row;
              const { uid, name, namespace } = row.object.metadata;
              return (
                <Tr key={uid} aria-rowindex={index + 2}>
                  {canDelete && (
                    <Td className={CHECK}>
                      <Checkbox
                        id={`${id}-${uid}`}
                        aria-label={say('list.select', { name })}
                        isChecked={chosen.has(uid)}
                        onChange={(_event, isChosen) => choose([uid], isChosen)}
                      />
                    </Td>
                  )}
                  {withProject && <Td>{namespace}</Td>}
                  {columns.shown.map(({ column, index: at }) => (
                    <Td key={column.name} dataLabel={texts.column(column.name)}>
                      {at === 0 ? (
                        <Link to={objectPath(resource, row.object.metadata)}>{name}</Link>
                      ) : (
                        cellOf(row, at)
                      )}
                    </Td>
                  ))}
                </Tr>
              );
            })}
            {after > 0 && <Spacer height={after} width={width} />}
          </Tbody>
        </Table>
      </section>
    </>
  );
}

const Spacer = ({ height, width }: { readonly height: number; readonly width: number }) => (
  <tr>
    <td colSpan={width} style={{ height, padding: 0 }} />
  </tr>
);
