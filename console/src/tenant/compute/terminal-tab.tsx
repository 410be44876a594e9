/** A shell in the instance, in the page. It opens as soon as the instance runs, and says how it ended. */
import {
  Alert,
  AlertActionLink,
  Bullseye,
  Button,
  Content,
  EmptyState,
  EmptyStateBody,
  Flex,
  FlexItem,
  Spinner,
} from '@patternfly/react-core';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import { useEffect, useRef, useState } from 'react';
import '@xterm/xterm/css/xterm.css';
import './compute.css';
import { ApiError } from '../../api/client.ts';
import { pathOf } from '../../api/discovery.ts';
import type { TabProps } from '../../resources/detail-page.tsx';
import { problemText } from '../../shell/problem.tsx';
import { type Say, useTexts } from '../../texts/texts.ts';
import { type ExecSocket, openExec, type TerminalEnd } from './exec-socket.ts';
import { readyOf, statusOf } from './instance.ts';
import { withStyledElements } from './terminal-styles.ts';

/** Lines that can be scrolled back to. */
const SCROLLBACK_LINES = 5_000;
/** What the instance wrote and the page has not shown yet: with more, the page would stand still. */
const UNSHOWN_BYTES_MAX = 16 * 1_024 * 1_024;
const FONT_PX = 14;
const CONFLICT = 409;
const FORBIDDEN = 403;
/** Exit codes above it are of a signal. */
const SIGNAL = 128;
/** WCAG 1.4.3, whatever colours a program chooses. */
const CONTRAST = 4.5;
const THEME = { background: '#151515', foreground: '#f2f2f2', cursor: '#f2f2f2', cursorAccent: '#151515' };

export function TerminalTab({ resource, object }: TabProps) {
  const { phase, startedAt } = statusOf(object);
  const wasRunning = useRef(false);
  if (phase === 'Running') wasRunning.current = true;
  const { namespace, name } = object.metadata;
  if (!wasRunning.current) return <NotYet phase={phase} message={readyOf(object).message} />;
  return (
    <Shell
      path={`${pathOf(resource, namespace, name)}/exec`}
      name={name}
      startedAt={phase === 'Running' ? startedAt : undefined}
    />
  );
}

function NotYet({ phase, message }: { readonly phase: string | undefined; readonly message: string }) {
  const { say } = useTexts();
  const isOff = phase === 'Stopped' || phase === 'Stopping';
  return (
    <EmptyState
      titleText={say(isOff ? 'compute.terminal.off' : 'compute.terminal.soon')}
      headingLevel="h2"
      {...(isOff ? {} : { icon: Spinner })}
    >
      <EmptyStateBody>
        <Content component="p" aria-live="polite">
          {isOff ? say('compute.terminal.off.body') : message || say('compute.terminal.soon.body')}
        </Content>
      </EmptyStateBody>
    </EmptyState>
  );
}

type State = 'connecting' | 'open' | TerminalEnd;

interface ShellProps {
  readonly path: string;
  readonly name: string;
  /** Of the instance. Undefined: it does not run. */
  readonly startedAt: string | undefined;
}

const isRefused = (state: State, code: number): boolean =>
  typeof state === 'object' &&
  state.type === 'refused' &&
  state.error instanceof ApiError &&
  state.error.code === code;

/** The region would open one if it ran. */
const isNotRunning = (state: State) => isRefused(state, CONFLICT);

function Shell({ path, name, startedAt }: ShellProps) {
  const { say } = useTexts();
  const screen = useRef<HTMLDivElement>(null);
  const leave = useRef<HTMLButtonElement>(null);
  const socket = useRef<ExecSocket>(undefined);
  const [state, setState] = useState<State>('connecting');
  const [tooMuch, setTooMuch] = useState(false);
  /** A new number opens a new one. */
  const [session, setSession] = useState(0);
  const label = say('compute.terminal.input', { name });

  // biome-ignore lint/correctness/useExhaustiveDependencies: another number is another session; a change of language is none
  useEffect(() => {
    const place = screen.current;
    if (place === null) return;
    setState('connecting');
    setTooMuch(false);
    Terminal.strings.promptLabel = label;
    const terminal = new Terminal({
      scrollback: SCROLLBACK_LINES,
      fontSize: FONT_PX,
      fontFamily: 'ui-monospace, "Liberation Mono", monospace',
      minimumContrastRatio: CONTRAST,
      screenReaderMode: true,
      cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
      theme: THEME,
    });
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    withStyledElements(() => terminal.open(place));
    fit.fit();
    let unshown_bytes = 0;
    const exec = openExec(path, {
      opened() {
        setState('open');
        exec.resize(terminal);
        terminal.focus();
      },
      output(bytes) {
        unshown_bytes += bytes.length;
        if (unshown_bytes > UNSHOWN_BYTES_MAX) {
          exec.close();
          setState({ type: 'refused', error: new Error(say('compute.terminal.flood')) });
          return;
        }
        terminal.write(bytes, () => {
          unshown_bytes -= bytes.length;
        });
      },
      ended(how) {
        terminal.options.disableStdin = true;
        setState(how);
      },
    });
    socket.current = exec;
    terminal.onData((text) => setTooMuch(!exec.input(text)));
    terminal.onResize((size) => exec.resize(size));
    // A terminal takes the Tab key for itself: without a way out, nobody with a keyboard alone could leave it (WCAG 2.1.2).
    terminal.attachCustomKeyEventHandler((event) => {
      if (!(event.ctrlKey && event.shiftKey && event.key === 'F6')) return true;
      if (event.type === 'keydown') leave.current?.focus();
      return false;
    });
    const observer = new ResizeObserver(() => fit.fit());
    observer.observe(place);
    return () => {
      observer.disconnect();
      exec.close();
      terminal.dispose();
    };
  }, [path, session]);

  const again = () => setSession(session + 1);
  const waits = isNotRunning(state);
  /** When it had been started, as far as was known, when the region said that it does not run. */
  const startedBefore = useRef(startedAt);
  if (!waits) startedBefore.current = startedAt;
  const runsAgain = waits && startedAt !== undefined && startedAt !== startedBefore.current;
  useEffect(() => {
    if (runsAgain) setSession((before) => before + 1);
  }, [runsAgain]);
  return (
    <section aria-label={say('compute.terminal.title')}>
      {typeof state === 'object' && (
        <Alert
          component="p"
          isInline
          isLiveRegion
          variant={state.type === 'exited' ? 'info' : 'warning'}
          title={endText(state, say)}
          actionLinks={<AlertActionLink onClick={again}>{say('compute.terminal.again')}</AlertActionLink>}
        />
      )}
      {tooMuch && (
        <Alert
          component="p"
          isInline
          isLiveRegion
          variant="warning"
          title={say('compute.terminal.tooMuch')}
        />
      )}
      <div className="casemate-terminal" hidden={isRefused(state, FORBIDDEN)}>
        {state === 'connecting' && (
          <Bullseye className="casemate-terminal-wait">
            <Spinner size="md" aria-label={say('compute.terminal.connecting')} />
          </Bullseye>
        )}
        <div ref={screen} className="casemate-terminal-screen" />
      </div>
      <Flex>
        <FlexItem>
          <Button
            ref={leave}
            variant="secondary"
            isAriaDisabled={state !== 'open'}
            onClick={() => {
              socket.current?.close();
              setState({ type: 'exited', code: 0 });
            }}
          >
            {say('compute.terminal.end')}
          </Button>
        </FlexItem>
        <FlexItem>
          <Content component="small">{say('compute.terminal.keys')}</Content>
        </FlexItem>
      </Flex>
    </section>
  );
}

function endText(end: TerminalEnd, say: Say): string {
  if (end.type === 'exited' && end.code > SIGNAL)
    return say('compute.terminal.killed', { signal: end.code - SIGNAL });
  if (end.type === 'exited') return say('compute.terminal.exited', { code: end.code });
  if (end.type === 'lost') return say('compute.terminal.lost');
  if (isNotRunning(end)) return say('compute.terminal.notRunning');
  return end.error === undefined ? say('compute.terminal.refused') : problemText(end.error, say);
}
