/** What the instance's system says, as it says it: text alone, the last lines of it. */
import {
  Alert,
  AlertActionLink,
  Button,
  Content,
  EmptyState,
  EmptyStateBody,
  Flex,
  FlexItem,
  SearchInput,
  Switch,
} from '@patternfly/react-core';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import './compute.css';
import { ApiError, ask } from '../../api/client.ts';
import { pathOf } from '../../api/discovery.ts';
import type { TabProps } from '../../resources/detail-page.tsx';
import { problemText } from '../../shell/problem.tsx';
import { useTexts } from '../../texts/texts.ts';
import { LINES_MAX, LogLines } from './log-lines.ts';

/** Asked for at first. */
const TAIL_LINES = 1_000;
/** How far from its end somebody may be and still be taken there by new lines. */
const END_PX = 24;

type State =
  | { readonly type: 'reading' | 'ended' | 'lost' }
  | { readonly type: 'failed'; readonly error: Error };

export function LogTab({ resource, object }: TabProps) {
  const { say } = useTexts();
  const { namespace, name } = object.metadata;
  const path = `${pathOf(resource, namespace, name)}/log`;
  const [reading, setReading] = useState(0);
  const [text, setText] = useState('');
  const [state, setState] = useState<State>({ type: 'reading' });
  const [isFollowing, setFollowing] = useState(true);
  const [search, setSearch] = useState('');
  const box = useRef<HTMLElement>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another number reads it anew
  useEffect(() => {
    const stop = new AbortController();
    const lines = new LogLines();
    let frame = 0;
    setText('');
    setState({ type: 'reading' });
    const read = async () => {
      const answer = await ask(`${path}?follow=true&tailLines=${TAIL_LINES}`, {
        accept: 'text/plain',
        signal: stop.signal,
      });
      const reader = (answer.body as ReadableStream<Uint8Array>)
        .pipeThrough(new TextDecoderStream() as never)
        .getReader() as ReadableStreamDefaultReader<string>;
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        lines.add(value);
        // Many lines at once are shown once.
        cancelAnimationFrame(frame);
        frame = requestAnimationFrame(() => setText(lines.text()));
      }
    };
    read().then(
      () => setState({ type: 'ended' }),
      (error: Error) => {
        if (stop.signal.aborted) return;
        setState(error instanceof ApiError ? { type: 'failed', error } : { type: 'lost' });
      },
    );
    return () => {
      stop.abort();
      cancelAnimationFrame(frame);
    };
  }, [path, reading]);

  const shown = useMemo(() => {
    const wanted = search.trim().toLowerCase();
    if (wanted === '') return text;
    return text
      .split('\n')
      .filter((line) => line.toLowerCase().includes(wanted))
      .join('\n');
  }, [text, search]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: what is new moves it
  useLayoutEffect(() => {
    if (isFollowing && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [shown, isFollowing]);

  return (
    <>
      <Flex>
        <FlexItem grow={{ default: 'grow' }}>
          <SearchInput
            aria-label={say('compute.log.search')}
            placeholder={say('compute.log.search')}
            value={search}
            onChange={(_event, value) => setSearch(value)}
            onClear={() => setSearch('')}
          />
        </FlexItem>
        <FlexItem>
          <Switch
            id="log-follow"
            label={say('compute.log.follow')}
            isChecked={isFollowing}
            onChange={(_event, isOn) => setFollowing(isOn)}
          />
        </FlexItem>
        <FlexItem>
          <Button
            variant="secondary"
            isAriaDisabled={text === ''}
            onClick={() => void navigator.clipboard.writeText(shown)}
          >
            {say('compute.log.copy')}
          </Button>
        </FlexItem>
      </Flex>
      {state.type !== 'reading' && (
        <Alert
          component="p"
          isInline
          isLiveRegion
          variant={state.type === 'ended' ? 'info' : 'warning'}
          title={
            state.type === 'failed'
              ? problemText(state.error, say)
              : say(state.type === 'ended' ? 'compute.log.ended' : 'compute.log.lost')
          }
          actionLinks={
            <AlertActionLink onClick={() => setReading(reading + 1)}>
              {say('compute.log.again')}
            </AlertActionLink>
          }
        />
      )}
      {text === '' && state.type === 'ended' ? (
        <EmptyState titleText={say('compute.log.none')} headingLevel="h2">
          <EmptyStateBody>{say('compute.log.none.body')}</EmptyStateBody>
        </EmptyState>
      ) : (
        <section
          ref={box}
          className="casemate-log"
          role="log"
          aria-live="off"
          aria-label={say('compute.log.title')}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse scrolls it with the keyboard (WCAG 2.1.1)
          tabIndex={0}
          onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
            if (isFollowing && scrollHeight - scrollTop - clientHeight > END_PX) setFollowing(false);
          }}
        >
          {shown}
        </section>
      )}
      <Content component="small">{say('compute.log.bound', { count: LINES_MAX })}</Content>
    </>
  );
}
