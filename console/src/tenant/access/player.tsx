/** Plays a recording in a terminal that takes no input: at its pace or faster, paused, or all at once. What comes while it is being recorded follows. */
import { Button, Flex, FlexItem, ToggleGroup, ToggleGroupItem } from '@patternfly/react-core';
import { Terminal } from '@xterm/xterm';
import { useEffect, useRef, useState } from 'react';
import '@xterm/xterm/css/xterm.css';
import '../compute/compute.css';
import { useTexts } from '../../texts/texts.ts';
import { withStyledElements } from '../compute/terminal-styles.ts';
import { type Cast, sizeOf } from './asciicast.ts';

/** Nobody waits longer than this for the next key to be pressed. */
const IDLE_S_MAX = 2;
const SCROLLBACK_LINES = 10_000;
const SPEEDS = [1, 4, 16] as const;
const THEME = { background: '#151515', foreground: '#f2f2f2' };
/** WCAG 1.4.3, whatever colours a program chooses. */
const CONTRAST = 4.5;

export interface PlayerProps {
  readonly cast: Cast;
  /** It is still going on: what there is is shown at once, and what comes, as it comes. */
  readonly isLive: boolean;
  readonly label: string;
}

export function Player({ cast, isLive, label }: PlayerProps) {
  const { say } = useTexts();
  const screen = useRef<HTMLDivElement>(null);
  const terminal = useRef<Terminal>(undefined);
  const [isPlaying, setPlaying] = useState(isLive);
  const [speed, setSpeed] = useState<number>(SPEEDS[0]);
  /** The next event. */
  const [at, setAt] = useState(0);
  const { width, height, events } = cast;

  useEffect(() => {
    const place = screen.current;
    if (place === null) return;
    const made = new Terminal({
      cols: width,
      rows: height,
      scrollback: SCROLLBACK_LINES,
      minimumContrastRatio: CONTRAST,
      screenReaderMode: true,
      disableStdin: true,
      convertEol: true,
      theme: THEME,
    });
    withStyledElements(() => made.open(place));
    terminal.current = made;
    return () => made.dispose();
  }, [width, height]);

  useEffect(() => {
    const next = events[at];
    if (!isPlaying || next === undefined) return;
    const show = () => {
      if (next.code === 'o') terminal.current?.write(next.text);
      else if (next.code === 'r') {
        const size = sizeOf(next.text);
        terminal.current?.resize(size.width, size.height);
      }
      setAt(at + 1);
    };
    const pause_s = Math.min(IDLE_S_MAX, next.time_s - (events[at - 1]?.time_s ?? 0));
    const timer = setTimeout(show, isLive ? 0 : (pause_s / speed) * 1_000);
    return () => clearTimeout(timer);
  }, [events, at, isPlaying, isLive, speed]);

  const isOver = at >= events.length && !isLive;
  const again = () => {
    terminal.current?.reset();
    setAt(0);
    setPlaying(true);
  };
  const atOnce = () => {
    for (const { code, text } of events.slice(at)) if (code === 'o') terminal.current?.write(text);
    setAt(events.length);
  };
  return (
    <section aria-label={label}>
      <Flex alignItems={{ default: 'alignItemsCenter' }}>
        <FlexItem>
          <Button onClick={() => (isOver ? again() : setPlaying(!isPlaying))}>
            {say(isOver ? 'proof.play.again' : isPlaying ? 'proof.play.pause' : 'proof.play')}
          </Button>
        </FlexItem>
        <FlexItem>
          <Button variant="secondary" isAriaDisabled={isOver} onClick={atOnce}>
            {say('proof.play.atOnce')}
          </Button>
        </FlexItem>
        <FlexItem>
          <ToggleGroup aria-label={say('proof.play.speed')}>
            {SPEEDS.map((one) => (
              <ToggleGroupItem
                key={one}
                text={say('proof.play.times', { speed: one })}
                isSelected={speed === one}
                onChange={() => setSpeed(one)}
              />
            ))}
          </ToggleGroup>
        </FlexItem>
      </Flex>
      <div className="casemate-terminal">
        <div ref={screen} className="casemate-terminal-screen" />
      </div>
    </section>
  );
}
