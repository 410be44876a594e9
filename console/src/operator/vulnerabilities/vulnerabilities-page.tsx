/** What runs in this region itself and is vulnerable: the worst first, with what it affects and what to bring in next. */
import {
  Alert,
  Content,
  EmptyState,
  EmptyStateBody,
  FormSelect,
  FormSelectOption,
  LabelGroup,
  SearchInput,
  StackItem,
  Toolbar,
  ToolbarContent,
  ToolbarItem,
} from '@patternfly/react-core';
import { ExpandableRowContent, Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useState } from 'react';
import type {
  ReportCounts,
  ReportFinding,
  ReportStatus,
} from '../../../../src/gap/advisories/report/report-kind.ts';
import { useLiveObject } from '../../api/live-list.ts';
import { ExpandCell } from '../../parts/expand-cell.tsx';
import { useKind, VULNERABILITY_REPORTS } from '../../parts/kind.ts';
import { Page } from '../../parts/page.tsx';
import { Command, When } from '../../parts/shown.tsx';
import { pairText } from '../../texts/pair.ts';
import { useTexts } from '../../texts/texts.ts';
import { SEVERITIES, SeverityLabel } from './severity.tsx';

const NAME = 'newest';
const OPEN = 'open';
const ALL = 'all';
const COLUMNS = 6;

export function VulnerabilitiesPage() {
  const { say } = useTexts();
  const live = useLiveObject(useKind(VULNERABILITY_REPORTS), undefined, NAME);
  const [search, setSearch] = useState('');
  const [shown, setShown] = useState<string>(OPEN);
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const status = live.object?.status as ReportStatus | undefined;
  const all = status?.findings ?? [];
  const wanted = search.trim().toLowerCase();
  const found = all.filter(
    (one) =>
      (shown === ALL || (one.open && (shown === OPEN || one.severity === shown))) &&
      `${one.id} ${one.package} ${one.where.join(' ')}`.toLowerCase().includes(wanted),
  );
  const counts = status?.counts as ReportCounts | undefined;
  return (
    <Page
      title={say('operator.vulnerabilities.title')}
      lead={say('operator.vulnerabilities.lead')}
      state={{ isLoading: live.isLoading, error: live.object === undefined ? live.error : undefined }}
    >
      {status?.data === undefined ? (
        <EmptyState titleText={say('operator.vulnerabilities.none')} headingLevel="h2">
          <EmptyStateBody>{say('operator.vulnerabilities.none.body')}</EmptyStateBody>
          <Command>casemate advisories load FILE</Command>
        </EmptyState>
      ) : (
        <>
          <StackItem>
            <Content component="p">
              {say('operator.scan.dataOf')} <When at={status.data.asOf} />
            </Content>
            {counts !== undefined && (
              <LabelGroup aria-label={say('operator.scan.openFindings')} numLabels={SEVERITIES.length}>
                {SEVERITIES.map((severity) => (
                  <SeverityLabel key={severity} severity={severity} count={counts[severity]} />
                ))}
              </LabelGroup>
            )}
          </StackItem>
          <StackItem>
            <Toolbar>
              <ToolbarContent>
                <ToolbarItem>
                  <SearchInput
                    aria-label={say('operator.vulnerabilities.search')}
                    placeholder={say('operator.vulnerabilities.search')}
                    value={search}
                    onChange={(_event, value) => setSearch(value)}
                    onClear={() => setSearch('')}
                  />
                </ToolbarItem>
                <ToolbarItem>
                  <FormSelect
                    aria-label={say('operator.vulnerabilities.shown')}
                    value={shown}
                    onChange={(_event, value) => setShown(value)}
                  >
                    <FormSelectOption value={OPEN} label={say('operator.vulnerabilities.open')} />
                    {SEVERITIES.map((severity) => (
                      <FormSelectOption
                        key={severity}
                        value={severity}
                        label={say(`operator.severity.${severity}`)}
                      />
                    ))}
                    <FormSelectOption value={ALL} label={say('operator.vulnerabilities.all')} />
                  </FormSelect>
                </ToolbarItem>
                <ToolbarItem align={{ default: 'alignEnd' }}>
                  <Content component="p" aria-live="polite">
                    {say('list.count', { count: found.length })}
                  </Content>
                </ToolbarItem>
              </ToolbarContent>
            </Toolbar>
            {found.length === 0 ? (
              <EmptyState
                titleText={say('operator.vulnerabilities.nothing')}
                headingLevel="h2"
                variant="sm"
              />
            ) : (
              <Table aria-label={say('operator.vulnerabilities.title')} variant="compact">
                <Thead>
                  <Tr>
                    <Th screenReaderText={say('operator.vulnerabilities.more')} />
                    <Th>{say('operator.vulnerabilities.severity')}</Th>
                    <Th>{say('operator.vulnerabilities.id')}</Th>
                    <Th>{say('operator.vulnerabilities.package')}</Th>
                    <Th>{say('operator.vulnerabilities.fixedIn')}</Th>
                    <Th>{say('operator.vulnerabilities.where')}</Th>
                  </Tr>
                </Thead>
                {found.map((finding) => {
                  const key = `${finding.id} ${finding.purl} ${finding.open}`;
                  return (
                    <FindingRows
                      key={key}
                      finding={finding}
                      isOpened={opened.has(key)}
                      onToggle={() => {
                        const next = new Set(opened);
                        if (!next.delete(key)) next.add(key);
                        setOpened(next);
                      }}
                    />
                  );
                })}
              </Table>
            )}
            {(status.omitted ?? 0) > 0 && (
              <Alert
                component="p"
                variant="info"
                isInline
                title={say('operator.vulnerabilities.omitted', { count: status.omitted ?? 0 })}
              />
            )}
          </StackItem>
        </>
      )}
    </Page>
  );
}

interface FindingRowsProps {
  readonly finding: ReportFinding;
  readonly isOpened: boolean;
  onToggle(): void;
}

function FindingRows({ finding, isOpened, onToggle }: FindingRowsProps) {
  const { say } = useTexts();
  const { id, severity, state, open, version, fixedIn, where, places, summary, vex, detail, note } = finding;
  return (
    <Tbody isExpanded={isOpened}>
      <Tr>
        <ExpandCell
          label={say('pair', { name: say('operator.vulnerabilities.more'), value: id })}
          isExpanded={isOpened}
          onToggle={onToggle}
        />
        <Td dataLabel={say('operator.vulnerabilities.severity')}>
          <SeverityLabel severity={severity} />
          {state === 'undetermined' && ` ${say('operator.vulnerabilities.undetermined')}`}
        </Td>
        <Td dataLabel={say('operator.vulnerabilities.id')}>{id}</Td>
        <Td dataLabel={say('operator.vulnerabilities.package')}>{`${finding.package} ${version}`}</Td>
        <Td dataLabel={say('operator.vulnerabilities.fixedIn')}>
          {fixedIn ?? say(open ? 'operator.vulnerabilities.noFix' : 'operator.vulnerabilities.settled')}
        </Td>
        <Td dataLabel={say('operator.vulnerabilities.where')}>
          {where.slice(0, 1).join('')}
          {places > 1 && ` ${say('operator.vulnerabilities.andMore', { count: places - 1 })}`}
        </Td>
      </Tr>
      <Tr isExpanded={isOpened}>
        <Td colSpan={COLUMNS}>
          <ExpandableRowContent>
            <Content component="p">{summary}</Content>
            {(note ?? detail) !== undefined && <Content component="p">{pairText(say, note, detail)}</Content>}
            {finding.import !== undefined && (
              <Content component="p">
                {say('operator.vulnerabilities.import')} <code>{finding.import}</code>
              </Content>
            )}
            {vex !== undefined && (
              <Content component="p">
                {say('operator.vulnerabilities.vex', { status: vex.status, author: vex.author })}{' '}
                {pairText(say, vex.justification, vex.words)}
              </Content>
            )}
            <Content component="p">{where.join(', ')}</Content>
          </ExpandableRowContent>
        </Td>
      </Tr>
    </Tbody>
  );
}
