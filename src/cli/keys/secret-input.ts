/** Reads secrets: from the terminal without showing them, or from standard input. Never from arguments or the environment. */
import { createInterface } from 'node:readline';
import type { ReadStream } from 'node:tty';
import { CliError } from '../resources/errors.ts';

const SECRET_LENGTH_MAX = 4_096;
const CLEAR_ALL = '\u001b[2J\u001b[3J\u001b[H';

export const isTerminal = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true;

/** One line, from the terminal (unseen) or from standard input. Throws when there is none. */
export async function readSecret(question: string): Promise<string> {
  return process.stdin.isTTY ? readUnseen(question, process.stdin) : nextLine();
}

/** Waits until somebody at the terminal presses Enter. What else they type is neither shown nor kept. */
export async function pressEnter(question: string): Promise<void> {
  await readUnseen(question, process.stdin);
}

/** Empties the screen and what can be scrolled back to. */
export const clearScreen = (): boolean => process.stderr.write(CLEAR_ALL);

const ENDINGS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Does what puts a secret on the screen, which is cleared however that ends: done, failed, or this process told to end. */
export async function onScreen(work: () => Promise<void>): Promise<void> {
  const end = () => {
    clearScreen();
    process.exit(1);
  };
  for (const signal of ENDINGS) process.once(signal, end);
  try {
    await work();
  } finally {
    clearScreen();
    for (const signal of ENDINGS) process.off(signal, end);
  }
}

let lines: AsyncIterator<string> | undefined;

async function nextLine(): Promise<string> {
  lines ??= createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })[
    Symbol.asyncIterator
  ]();
  const { value, done } = await lines.next();
  if (done) throw new CliError('standard input ended before it was complete');
  return value.slice(0, SECRET_LENGTH_MAX);
}

async function readUnseen(question: string, input: ReadStream): Promise<string> {
  // Before it is asked for, so that not even who types at once is echoed.
  input.setRawMode(true);
  process.stderr.write(question);
  input.setEncoding('utf8');
  input.resume();
  try {
    return await typed(input);
  } finally {
    input.setRawMode(false);
    input.pause();
    process.stderr.write('\n');
  }
}

function typed(input: ReadStream): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = '';
  const take = (chunk: string) => {
    for (const letter of chunk) {
      if (letter === '\r' || letter === '\n') return resolve(text);
      if (letter === '\u0003' || letter === '\u0004') return reject(new CliError('interrupted'));
      if (letter === '\u007f' || letter === '\b') text = text.slice(0, -1);
      else if (letter >= ' ' && text.length < SECRET_LENGTH_MAX) text += letter;
    }
  };
  const gone = () => reject(new CliError('the terminal was closed'));
  input.on('data', take);
  input.once('end', gone);
  return promise.finally(() => {
    input.off('data', take);
    input.off('end', gone);
  });
}
