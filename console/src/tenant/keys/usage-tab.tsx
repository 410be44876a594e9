/** Who used a key, when and for what: from the access log, where every use stands before it happens. Each entry can be verified here. */
import {
  Alert,
  Button,
  Content,
  EmptyState,
  EmptyStateBody,
  Pagination,
  SearchInput,
  Spinner,
  Stack,
  StackItem,
  TextInput,
  Title,
  Toolbar,
  ToolbarContent,
  ToolbarItem,
} from '@patternfly/react-core';
import { ExpandableRowContent, Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { Link } from '@tanstack/react-router';
import { useDeferredValue, useEffect, useId, useMemo, useState } from 'react';
import { pathOf } from '../../api/discovery.ts';
import { caseOf } from '../../ledger/leaf-words.ts';
import { useMayReadLog } from '../../ledger/may-read.ts';
import { Moment } from '../../ledger/moment.tsx';
import { ProofPanel } from '../../ledger/proof-panel.tsx';
import { ExpandCell } from '../../parts/expand-cell.tsx';
import type { TabProps } from '../../resources/detail-page.tsx';
import { Problem } from '../../shell/problem.tsx';
import { useTexts } from '../../texts/texts.ts';
import './keys.css';
import { pairText } from '../../texts/pair.ts';
import { useKeyUses } from './live-uses.ts';
import { usageSource } from './usage-source.ts';
import { type KeyUse, startOfDay, usesByDay } from './uses.ts';
import { UsesChart } from './uses-chart.tsx';

const BUCKETS = 'buckets.objects.casemate.internal';
/** Days that are shown at first. */
const DAYS = 14;
const PER_PAGE = 20;
/** Typing goes on for so long before it is asked. */
const TYPING_MS = 300;
const COLUMNS = 6;

/** As date inputs write it, by the browser's calendar. */
const dateText = (at: Date): string =>
  [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => `${part}`.padStart(2, '0')).join('-');

/** Undefined: no date. `days`: added to it. */
function dateOf(text: string, days = 0): Date | undefined {
  const [year, month, day] = text.split('-').map(Number);
  if (year === undefined || month === undefined || day === undefined) return undefined;
  const at = new Date(year, month - 1, day + days);
  return Number.isNaN(at.getTime()) ? undefined : at;
}

export function UsageTab({ resource, object: { metadata } }: TabProps) {
  const { say } = useTexts();
  const id = useId();
  const made = useMemo(() => new Date(metadata.creationTimestamp), [metadata.creationTimestamp]);
  const [caller, setCaller] = useState('');
  const [from, setFrom] = useState(() => {
    const first = startOfDay(new Date());
    first.setDate(first.getDate() - DAYS + 1);
    return dateText(first);
  });
  const [until, setUntil] = useState('');
  const first = dateOf(from);
  // The log knows keys by their names: what an earlier key of this name did is not this one's.
  const since = first === undefined || first < made ? made : first;
  const last = dateOf(until, 1);
  const usage = `${pathOf(resource, metadata.namespace, metadata.name)}/usage`;
  const { uses, erased, error, refetch, isPlaceholderData, ...more } = useKeyUses({
    usage,
    project: metadata.namespace,
    name: metadata.name,
    caller: useTyped(caller),
    since,
    until: last === undefined ? undefined : new Date(last.getTime() - 1),
  });
  if (error !== null) return <Problem error={error} onRetry={() => void refetch()} />;
  return (
    <Stack hasGutter>
      <StackItem>
        <Content component="p">{say('proof.uses.lead')}</Content>
      </StackItem>
      <StackItem>
        <Toolbar>
          <ToolbarContent>
            <ToolbarItem>
              <label htmlFor={`${id}-from`}>{say('proof.uses.from')}</label>
              <TextInput
                id={`${id}-from`}
                type="date"
                value={from}
                onChange={(_event, value) => setFrom(value)}
              />
            </ToolbarItem>
            <ToolbarItem>
              <label htmlFor={`${id}-until`}>{say('proof.uses.until')}</label>
              <TextInput
                id={`${id}-until`}
                type="date"
                value={until}
                onChange={(_event, value) => setUntil(value)}
              />
            </ToolbarItem>
            <ToolbarItem>
              <SearchInput
                aria-label={say('proof.uses.caller')}
                placeholder={say('proof.uses.caller')}
                value={caller}
                onChange={(_event, value) => setCaller(value)}
                onClear={() => setCaller('')}
              />
            </ToolbarItem>
          </ToolbarContent>
        </Toolbar>
      </StackItem>
      {uses === undefined ? (
        <StackItem>
          <Spinner aria-label={say('app.loading')} />
        </StackItem>
      ) : (
        <>
          <StackItem>
            <Title headingLevel="h2">{say('proof.uses.days')}</Title>
            <UsesChart
              days={usesByDay(uses, first ?? made, last === undefined ? new Date() : (dateOf(until) ?? last))}
            />
            {more.hasNextPage && (
              <Alert
                variant="info"
                isInline
                isPlain
                title={say('proof.uses.notAll', { count: uses.length })}
              />
            )}
            {erased > 0 && (
              <Alert variant="info" isInline isPlain title={say('proof.uses.erased', { count: erased })} />
            )}
          </StackItem>
          <StackItem>
            {uses.length === 0 ? (
              <EmptyState titleText={say('proof.uses.none')} headingLevel="h2">
                <EmptyStateBody>{say('proof.uses.none.body')}</EmptyStateBody>
              </EmptyState>
            ) : (
              <UsesTable uses={uses} usage={usage} project={metadata.namespace} />
            )}
          </StackItem>
          {more.hasNextPage && (
            <StackItem>
              <Button
                variant="secondary"
                isLoading={more.isFetchingNextPage}
                onClick={() => void more.fetchNextPage()}
              >
                {say('proof.history.more')}
              </Button>
            </StackItem>
          )}
          <StackItem>
            <Content component="small">{say('proof.uses.honest')}</Content>
          </StackItem>
        </>
      )}
    </Stack>
  );
}

/** What was typed, once nobody types any more. */
function useTyped(text: string): string {
  const [typed, setTyped] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setTyped(text.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return useDeferredValue(typed);
}

interface UsesTableProps {
  readonly uses: readonly KeyUse[];
  readonly usage: string;
  readonly project: string | undefined;
}

function UsesTable({ uses, usage, project }: UsesTableProps) {
  const { say } = useTexts();
  const [page, setPage] = useState(1);
  const [perPage, setPerPage] = useState(PER_PAGE);
  const mayReadLog = useMayReadLog('access');
  const source = useMemo(() => usageSource(usage), [usage]);
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const pages = Math.max(1, Math.ceil(uses.length / perPage));
  const shownPage = Math.min(page, pages);
  const toggle = (index: number) =>
    setOpen((before) => {
      const after = new Set(before);
      if (!after.delete(index)) after.add(index);
      return after;
    });
  return (
    <>
      <Pagination
        itemCount={uses.length}
        page={shownPage}
        perPage={perPage}
        isCompact
        titles={{
          paginationAriaLabel: say('proof.uses.pages'),
          toNextPageAriaLabel: say('proof.uses.pages.next'),
          toPreviousPageAriaLabel: say('proof.uses.pages.previous'),
          ofWord: '/',
          items: '',
          perPageSuffix: '',
        }}
        onSetPage={(_event, to) => setPage(to)}
        onPerPageSelect={(_event, count) => setPerPage(count)}
      />
      <Table aria-label={say('proof.uses')} variant="compact" isExpandable>
        <Thead>
          <Tr>
            <Th screenReaderText={say('proof.verify')} />
            <Th>{say('proof.when')}</Th>
            <Th>{say('proof.who')}</Th>
            <Th>{say('proof.uses.what')}</Th>
            <Th>{say('proof.decision')}</Th>
            <Th>{say('proof.leaf')}</Th>
          </Tr>
        </Thead>
        {uses.slice((shownPage - 1) * perPage, shownPage * perPage).map((use) => {
          const { leaf } = use;
          const isExpanded = open.has(leaf.index);
          return (
            <Tbody key={leaf.index} isExpanded={isExpanded}>
              <Tr isContentExpanded={isExpanded}>
                <ExpandCell
                  label={say('proof.leaf.number', { index: leaf.index })}
                  isExpanded={isExpanded}
                  onToggle={() => toggle(leaf.index)}
                />
                <Td dataLabel={say('proof.when')}>
                  <Moment at={leaf.leaf.time} />
                </Td>
                <Td dataLabel={say('proof.who')}>
                  {leaf.isRecordFalse ? (
                    <strong>{say('proof.recordFalse')}</strong>
                  ) : (
                    <>
                      {use.who ?? say('proof.erased')}
                      {use.address !== undefined && <small> {use.address}</small>}
                    </>
                  )}
                </Td>
                <Td dataLabel={say('proof.uses.what')}>
                  <What use={use} project={project} />
                </Td>
                <Td dataLabel={say('proof.decision')}>
                  {pairText(
                    say,
                    say('proof.decided', { decision: use.decision }),
                    leaf.leaf.type === 'access' ? leaf.leaf.reason : undefined,
                  )}
                </Td>
                <Td dataLabel={say('proof.leaf')}>
                  {mayReadLog ? (
                    <Link
                      to="/ledger/$log/$index"
                      params={{ log: 'access', index: String(leaf.index) } as never}
                    >
                      {leaf.index}
                    </Link>
                  ) : (
                    leaf.index
                  )}
                </Td>
              </Tr>
              <Tr isExpanded={isExpanded}>
                <Td colSpan={COLUMNS}>
                  {isExpanded && (
                    <ExpandableRowContent>
                      <ProofPanel log="access" leaf={leaf} source={source} />
                    </ExpandableRowContent>
                  )}
                </Td>
              </Tr>
            </Tbody>
          );
        })}
      </Table>
    </>
  );
}

function What({
  use: { action, bucket, reason },
  project,
}: { readonly use: KeyUse } & Pick<UsesTableProps, 'project'>) {
  const { say } = useTexts();
  return (
    <>
      {say('proof.uses.action', { action: caseOf(action), word: action })}
      {bucket !== undefined && (
        <>
          {' '}
          {say('proof.uses.for')}{' '}
          <Link to={`/resources/${BUCKETS}/${project ?? ''}/${encodeURIComponent(bucket)}`}>{bucket}</Link>
        </>
      )}
      {reason !== undefined && ` (${say('proof.uses.reason', { reason })})`}
    </>
  );
}
