/**
 * The `casemate` command at a real terminal: a pseudo-terminal by util-linux' `script`, which every Debian has, with the echo of a terminal
 * that nobody changed. What it holds is what a person at it sees. Tests only.
 */
import { spawn } from 'node:child_process';
import { shellWord } from '../../own-command.ts';
import { bareEnvironment, MAIN } from '../../resources/test-cli.ts';

/** Far beyond what any ceremony here takes: a test that hangs says so. */
const LIMIT_MS = 60_000;
/** Empties the screen, and what can be scrolled back to. */
export const CLEARED = '\u001b[2J\u001b[3J\u001b[H';
export const ENTER = '\r';
export const INTERRUPT = '\u0003';

export interface Terminal {
  /** Everything that was ever shown. */
  readonly all: string;
  /** What is on the screen, or can be scrolled back to, now. */
  readonly screen: string;
  /** Resolves when the words come after what was waited for before; gives everything up to their end. */
  until(words: string | RegExp): Promise<string>;
  type(text: string): void;
  readonly ended: Promise<number | null>;
}

/** Any command, as arguments. */
export function inTerminal(command: readonly string[], folder: string): Terminal {
  const words = command.map(shellWord).join(' ');
  const child = spawn('script', ['-qef', '-E', 'always', '-c', words, '/dev/null'], {
    cwd: folder,
    env: { ...bareEnvironment(folder), TERM: 'xterm', SHELL: '/bin/sh' },
    timeout: LIMIT_MS,
  });
  let all = '';
  let seen = 0;
  let arrived = () => {};
  let isOver = false;
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    all += chunk;
    arrived();
  });
  // Who types into a terminal that has gone is told so by what they wait for.
  child.stdin.on('error', () => {});
  const { promise: ended, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('error', reject);
  child.once('close', (code) => {
    isOver = true;
    arrived();
    resolve(code);
  });
  const find = (words: string | RegExp): number => {
    const rest = all.slice(seen);
    if (typeof words === 'string') {
      const at = rest.indexOf(words);
      return at < 0 ? -1 : seen + at + words.length;
    }
    const found = words.exec(rest);
    return found ? seen + found.index + found[0].length : -1;
  };
  return {
    get all() {
      return all;
    },
    get screen() {
      return all.slice(Math.max(0, all.lastIndexOf(CLEARED)));
    },
    async until(words) {
      for (;;) {
        const end = find(words);
        if (end >= 0) {
          const text = all.slice(seen, end);
          seen = end;
          return text;
        }
        if (isOver) throw new Error(`it ended without showing ${words}:\n${JSON.stringify(all.slice(seen))}`);
        await new Promise<void>((done) => {
          arrived = done;
        });
      }
    },
    type: (text) => void child.stdin.write(text),
    ended,
  };
}

export const casemateInTerminal = (args: readonly string[], folder: string): Terminal =>
  inTerminal([process.execPath, MAIN, ...args], folder);
