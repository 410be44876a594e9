/** History of one object: every change that the ledger has of it, who made it, through what, and what it changed; each can be verified here. */
import {
  Alert,
  Button,
  Content,
  EmptyState,
  EmptyStateBody,
  Spinner,
  Stack,
  StackItem,
} from '@patternfly/react-core';
import { ExpandableRowContent, Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { ExpandCell } from '../parts/expand-cell.tsx';
import type { TabProps } from '../resources/detail-page.tsx';
import { Problem } from '../shell/problem.tsx';
import { useTexts } from '../texts/texts.ts';
import { ChangeBody } from './change-body.tsx';
import { leafWords } from './leaf-words.ts';
import { EarlierLives } from './lives-list.tsx';
import { Moment } from './moment.tsx';
import { ProofPanel } from './proof-panel.tsx';
import { type LeavesPage, type ReadLeaf, readBack, signedSize } from './read-back.ts';

/** A change is signed for shortly after it was made. */
const LOOK_AGAIN_MS = 1_000;

interface HistoryPage extends LeavesPage {
  /** Of the newest page: whether the log has signed for the last change yet. */
  readonly isSigned: boolean;
}

export function HistoryTab({ resource, object }: TabProps) {
  const { uid, resourceVersion, namespace, name } = object.metadata;
  return (
    <Stack hasGutter>
      <StackItem>
        {/* An object's resourceVersion is the leaf that last changed it. */}
        <ObjectHistory uid={uid} newest={Number(resourceVersion)} />
      </StackItem>
      <StackItem>
        <EarlierLives resource={resource} project={namespace} name={name} uid={uid} />
      </StackItem>
    </Stack>
  );
}

export interface ObjectHistoryProps {
  readonly uid: string;
  /** The leaf that last changed it. */
  readonly newest: number;
}

export function ObjectHistory({ uid, newest }: ObjectHistoryProps) {
  const { say } = useTexts();
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['ledger history', uid, newest],
    initialPageParam: newest,
    placeholderData: keepPreviousData,
    queryFn: async ({ pageParam }): Promise<HistoryPage> => {
      const size = await signedSize('changes');
      const page = await readBack({
        log: 'changes',
        size,
        from: pageParam,
        isWanted: (leaf) => leaf.type === 'change' && leaf.uid === uid,
        isFirst: (leaf) => leaf.type === 'change' && leaf.verb === 'create',
      });
      return { ...page, isSigned: newest < size };
    },
    getNextPageParam: ({ next }) => next,
    refetchInterval: ({ state }) => (state.data?.pages[0]?.isSigned === false ? LOOK_AGAIN_MS : false),
  });
  if (error !== null) return <Problem error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Spinner aria-label={say('app.loading')} />;
  const leaves = data.pages.flatMap((page) => page.leaves);
  return (
    <Stack hasGutter>
      <StackItem>
        <Content component="p">{say('proof.history.lead')}</Content>
        {data.pages[0]?.isSigned === false && (
          <Alert variant="info" isInline isPlain title={say('proof.history.unsigned')} />
        )}
      </StackItem>
      <StackItem>
        {leaves.length === 0 ? (
          <EmptyState titleText={say('proof.history.none')} headingLevel="h2">
            <EmptyStateBody>{say('proof.history.none.body')}</EmptyStateBody>
          </EmptyState>
        ) : (
          <HistoryTable leaves={leaves} uid={uid} />
        )}
      </StackItem>
      {hasNextPage && (
        <StackItem>
          <Button variant="secondary" isLoading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {say('proof.history.more')}
          </Button>
        </StackItem>
      )}
    </Stack>
  );
}

function HistoryTable({ leaves, uid }: { readonly leaves: readonly ReadLeaf[]; readonly uid: string }) {
  const { say } = useTexts();
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const toggle = (index: number) =>
    setOpen((before) => {
      const after = new Set(before);
      if (!after.delete(index)) after.add(index);
      return after;
    });
  return (
    <Table aria-label={say('detail.history')} variant="compact" isExpandable>
      <Thead>
        <Tr>
          <Th screenReaderText={say('proof.history.expand')} />
          <Th>{say('proof.when')}</Th>
          <Th>{say('proof.who')}</Th>
          <Th>{say('proof.what')}</Th>
          <Th>{say('proof.through')}</Th>
          <Th>{say('proof.leaf')}</Th>
        </Tr>
      </Thead>
      {leaves.map((one, at) => {
        const { leaf, index, isRecordFalse } = one;
        const words = leafWords(leaf, say);
        const isExpanded = open.has(index);
        return (
          <Tbody key={index} isExpanded={isExpanded}>
            <Tr isContentExpanded={isExpanded}>
              <ExpandCell
                label={say('pair', { name: say('proof.history.expand'), value: index })}
                isExpanded={isExpanded}
                onToggle={() => toggle(index)}
              />
              <Td dataLabel={say('proof.when')}>
                <Moment at={leaf.time} />
              </Td>
              <Td dataLabel={say('proof.who')}>
                {isRecordFalse ? <strong>{say('proof.recordFalse')}</strong> : words.who}
              </Td>
              <Td dataLabel={say('proof.what')}>{words.what}</Td>
              <Td dataLabel={say('proof.through')}>{words.through}</Td>
              <Td dataLabel={say('proof.leaf')}>
                <Link to="/ledger/$log/$index" params={{ log: 'changes', index: String(index) } as never}>
                  {index}
                </Link>
              </Td>
            </Tr>
            <Tr isExpanded={isExpanded}>
              <Td colSpan={6}>
                {isExpanded && (
                  <ExpandableRowContent>
                    <Stack hasGutter>
                      <StackItem>
                        <ChangeBody leaf={one} before={leaves[at + 1]} />
                      </StackItem>
                      <StackItem>
                        <ProofPanel log="changes" leaf={one} uid={uid} />
                      </StackItem>
                    </Stack>
                  </ExpandableRowContent>
                )}
              </Td>
            </Tr>
          </Tbody>
        );
      })}
    </Table>
  );
}
