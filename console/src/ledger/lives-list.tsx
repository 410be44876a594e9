/** Objects that had a name, one after another: when each was there, who ended it, what it was at its end, and its history. */
import { Alert, Button, ExpandableSection, Spinner, Stack, StackItem, Title } from '@patternfly/react-core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type Resource, resourceName } from '../api/discovery.ts';
import { Fields } from '../resources/fields.tsx';
import { problemText } from '../shell/problem.tsx';
import { type Say, useTexts } from '../texts/texts.ts';
import { ObjectHistory } from './history-tab.tsx';
import { leafWords } from './leaf-words.ts';
import { openBody } from './leaves.ts';
import { type Life, livesIn } from './lives.ts';
import { bodyOf } from './log-reader.ts';
import { Moment } from './moment.tsx';
import { searchLeaves } from './search.ts';

/** Leaves that one look asks for: as many as the API gives at once. */
const LIMIT = 500;

export interface Named {
  readonly resource: Resource;
  readonly project: string | undefined;
  readonly name: string;
}

/** All that the ledger knows by that name, from the newest backwards. */
export function useLives({ resource, project, name }: Named) {
  const { data, ...query } = useInfiniteQuery({
    queryKey: ['ledger lives', resourceName(resource), project, name],
    // It may have been made and deleted again since somebody looked.
    staleTime: 0,
    initialPageParam: undefined as number | undefined,
    queryFn: ({ pageParam }) =>
      searchLeaves({
        log: 'changes',
        resource: resourceName(resource),
        namespace: project,
        name,
        from: pageParam,
        limit: LIMIT,
      }),
    getNextPageParam: ({ next }) => next,
  });
  const lives = data === undefined ? undefined : livesIn(data.pages.flatMap(({ leaves }) => leaves));
  return { ...query, lives };
}

/** Who ended it; empty where the ledger says it no more. */
export const enderOf = ({ end }: Life, say: Say): string =>
  end === undefined ? '' : leafWords(end.leaf, say).who;

export function EarlierLives({ uid, ...named }: Named & { readonly uid: string }) {
  const { say } = useTexts();
  const { lives = [], error, hasNextPage, isFetchingNextPage, fetchNextPage } = useLives(named);
  const earlier = lives.filter((life) => life.uid !== uid);
  if (error !== null || (earlier.length === 0 && !hasNextPage)) return null;
  return (
    <Stack hasGutter>
      <StackItem>
        <Title headingLevel="h2">{say('proof.lives.earlier')}</Title>
      </StackItem>
      <StackItem>
        <Lives lives={earlier} />
      </StackItem>
      {hasNextPage && (
        <StackItem>
          <Button variant="link" isInline isLoading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {say('proof.lives.further')}
          </Button>
        </StackItem>
      )}
    </Stack>
  );
}

export interface LivesProps {
  readonly lives: readonly Life[];
  /** Whether the newest is open from the beginning. */
  readonly isOpen?: boolean;
}

export function Lives({ lives, isOpen = false }: LivesProps) {
  return (
    <Stack hasGutter>
      {lives.map((life, at) => (
        <StackItem key={life.uid}>
          <LifeSection life={life} isOpen={isOpen && at === 0} />
        </StackItem>
      ))}
    </Stack>
  );
}

function LifeSection({ life, isOpen }: { readonly life: Life; readonly isOpen: boolean }) {
  const { say } = useTexts();
  const [isExpanded, setExpanded] = useState(isOpen);
  const { birth, end, last, uid } = life;
  return (
    <ExpandableSection
      isExpanded={isExpanded}
      onToggle={(_event, is) => setExpanded(is)}
      isIndented
      toggleContent={
        <>
          {birth === undefined ? (
            say('proof.lives.before')
          ) : (
            <>
              {say('proof.lives.made', { who: leafWords(birth.leaf, say).who })}{' '}
              <Moment at={birth.leaf.time} />
            </>
          )}
          {end !== undefined && (
            <>
              {'; '}
              {say('proof.lives.deleted', { who: enderOf(life, say) })} <Moment at={end.leaf.time} />
            </>
          )}
        </>
      }
    >
      {isExpanded && (
        <Stack hasGutter>
          <StackItem>
            <ObjectHistory uid={uid} newest={last.index} />
          </StackItem>
          {end !== undefined && (
            <StackItem>
              <Title headingLevel="h3">{say('proof.lives.held')}</Title>
              <Held life={life} />
            </StackItem>
          )}
        </Stack>
      )}
    </ExpandableSection>
  );
}

/** What it was at its end, as its last leaf recorded it. */
function Held({ life: { last } }: { readonly life: Life }) {
  const { say } = useTexts();
  const { data, error } = useQuery({
    queryKey: ['ledger held', last.index],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => {
      const body = await bodyOf(last.index);
      if ('noBody' in body || last.leaf.type !== 'change') return body;
      return { object: await openBody(last.index, last.leaf.digest, body.bytes) };
    },
  });
  if (error !== null) return <Alert variant="danger" isInline title={problemText(error, say)} />;
  if (data === undefined) return <Spinner size="md" aria-label={say('app.loading')} />;
  if (!('object' in data))
    return (
      <Alert variant="info" isInline isPlain title={say('proof.body.none')}>
        {'noBody' in data ? data.noBody : ''}
      </Alert>
    );
  return <Fields value={shownOf(data.object)} />;
}

/** Without what the API keeps for itself. Pure. */
function shownOf(object: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { managedFields: _, ...metadata } = object.metadata as Readonly<Record<string, unknown>>;
  return { ...object, metadata };
}
