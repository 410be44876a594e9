/** The ledger of this realm: the state of its two logs, and their leaves from the newest backwards. */
import {
  Button,
  Content,
  EmptyState,
  EmptyStateBody,
  Form,
  NumberInput,
  PageSection,
  SearchInput,
  Spinner,
  Stack,
  StackItem,
  Tab,
  TabContentBody,
  Tabs,
  TabTitleText,
  Title,
  Toolbar,
  ToolbarContent,
  ToolbarGroup,
  ToolbarItem,
} from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useDeferredValue, useState } from 'react';
import type { WholeLeaf } from '../../../src/kernel/log/personal.ts';
import { Problem } from '../shell/problem.tsx';
import { type Say, useTexts } from '../texts/texts.ts';
import { leafWords } from './leaf-words.ts';
import { LOGS, type LogName } from './log-reader.ts';
import { LogState } from './log-state.tsx';
import { Moment } from './moment.tsx';
import { type LeavesPage, readBack, signedSize } from './read-back.ts';

export function LedgerPage() {
  const { say } = useTexts();
  const { log: asked } = useSearch({ strict: false }) as { log?: string };
  const navigate = useNavigate();
  const log = LOGS.find((one) => one === asked) ?? 'changes';
  return (
    <>
      <PageSection>
        <Title headingLevel="h1">{say('proof.ledger')}</Title>
        <Content component="p">{say('proof.ledger.lead')}</Content>
      </PageSection>
      <PageSection isFilled>
        <Tabs
          aria-label={say('proof.ledger')}
          activeKey={log}
          mountOnEnter
          unmountOnExit
          onSelect={(_event, key) =>
            void navigate({ to: '/ledger', search: { log: String(key) } as never, replace: true })
          }
        >
          {LOGS.map((one) => (
            <Tab key={one} eventKey={one} title={<TabTitleText>{say(`proof.log.${one}`)}</TabTitleText>}>
              <TabContentBody hasPadding>
                <Stack hasGutter>
                  <StackItem>
                    <Content component="p">{say(`proof.log.${one}.lead`)}</Content>
                  </StackItem>
                  <StackItem>
                    <LogState log={one} />
                  </StackItem>
                  <StackItem>
                    <Leaves log={one} />
                  </StackItem>
                </Stack>
              </TabContentBody>
            </Tab>
          ))}
        </Tabs>
      </PageSection>
    </>
  );
}

const textOf = (leaf: WholeLeaf, say: Say) =>
  Object.values({ ...leafWords(leaf, say), index: leaf.index, uid: 'uid' in leaf ? leaf.uid : '' })
    .join('\n')
    .toLowerCase();

function Leaves({ log }: { readonly log: LogName }) {
  const { say, language } = useTexts();
  const [text, setText] = useState('');
  const wanted = useDeferredValue(text.trim().toLowerCase());
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['ledger leaves', log, wanted, language],
    initialPageParam: Number.MAX_SAFE_INTEGER,
    placeholderData: keepPreviousData,
    queryFn: async ({ pageParam }): Promise<LeavesPage> =>
      readBack({
        log,
        size: await signedSize(log),
        from: pageParam,
        isWanted: (leaf) => wanted === '' || textOf(leaf, say).includes(wanted),
      }),
    getNextPageParam: ({ next }) => next,
  });
  const leaves = data?.pages.flatMap((page) => page.leaves) ?? [];
  const looked = data?.pages.reduce((count, page) => count + page.looked, 0) ?? 0;
  return (
    <section aria-labelledby="leaves-title">
      <Title headingLevel="h2" id="leaves-title">
        {say('proof.leaves')}
      </Title>
      <Toolbar>
        <ToolbarContent>
          <ToolbarItem>
            <SearchInput
              aria-label={say('proof.leaves.search')}
              placeholder={say('proof.leaves.search')}
              value={text}
              onChange={(_event, value) => setText(value)}
              onClear={() => setText('')}
            />
          </ToolbarItem>
          <ToolbarGroup align={{ default: 'alignEnd' }}>
            <ToolbarItem>
              <GoToLeaf log={log} />
            </ToolbarItem>
            <ToolbarItem>
              <Button variant="secondary" onClick={() => void refetch()}>
                {say('proof.leaves.newest')}
              </Button>
            </ToolbarItem>
          </ToolbarGroup>
        </ToolbarContent>
      </Toolbar>
      {error !== null ? (
        <Problem error={error} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Spinner aria-label={say('app.loading')} />
      ) : leaves.length === 0 ? (
        <EmptyState titleText={say('proof.leaves.none')} headingLevel="h3">
          <EmptyStateBody>{say('proof.leaves.looked', { count: looked })}</EmptyStateBody>
        </EmptyState>
      ) : (
        <Table aria-label={say('proof.leaves')} variant="compact">
          <Thead>
            <Tr>
              <Th modifier="wrap">{say('proof.leaf')}</Th>
              <Th>{say('proof.when')}</Th>
              <Th>{say('proof.who')}</Th>
              <Th>{say('proof.what')}</Th>
              <Th>{say('proof.object')}</Th>
              <Th modifier="wrap">{say(log === 'access' ? 'proof.decision' : 'proof.through')}</Th>
            </Tr>
          </Thead>
          <Tbody>
            {leaves.map(({ index, leaf, isRecordFalse }) => {
              const words = leafWords(leaf, say);
              return (
                <Tr key={index}>
                  <Td dataLabel={say('proof.leaf')}>
                    <Link to="/ledger/$log/$index" params={{ log, index: String(index) } as never}>
                      {index}
                    </Link>
                  </Td>
                  <Td dataLabel={say('proof.when')}>
                    <Moment at={leaf.time} />
                  </Td>
                  <Td dataLabel={say('proof.who')}>
                    {isRecordFalse ? <strong>{say('proof.recordFalse')}</strong> : words.who}
                  </Td>
                  <Td dataLabel={say('proof.what')}>{words.what}</Td>
                  <Td dataLabel={say('proof.object')} modifier="breakWord">
                    {words.object}
                  </Td>
                  <Td dataLabel={say('proof.through')} modifier="breakWord">
                    {words.through}
                  </Td>
                </Tr>
              );
            })}
          </Tbody>
        </Table>
      )}
      {hasNextPage && (
        <Button variant="secondary" isLoading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {say('proof.history.more')}
        </Button>
      )}
    </section>
  );
}

function GoToLeaf({ log }: { readonly log: LogName }) {
  const { say } = useTexts();
  const navigate = useNavigate();
  const [index, setIndex] = useState(0);
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault();
        void navigate({ to: '/ledger/$log/$index', params: { log, index: String(index) } as never });
      }}
    >
      <NumberInput
        value={index}
        min={0}
        inputAriaLabel={say('proof.goTo')}
        minusBtnAriaLabel={say('proof.goTo.minus')}
        plusBtnAriaLabel={say('proof.goTo.plus')}
        onMinus={() => setIndex(Math.max(0, index - 1))}
        onPlus={() => setIndex(index + 1)}
        onChange={(event) => setIndex(Math.max(0, Math.trunc(Number(event.currentTarget.value)) || 0))}
        unit={
          <Button type="submit" variant="secondary">
            {say('proof.goTo')}
          </Button>
        }
      />
    </Form>
  );
}
