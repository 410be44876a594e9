/**
 * What one of our own processes says to its supervisor: a line of JSON each, into the pipe whose number stands in its environment. A supervisor of before there was that gives
 * a channel of Node's instead.
 */
import { writeSync } from 'node:fs';
import type { ChildMessage } from './definition.ts';

export const WORDS = 'CASEMATE_WORDS';
/** Standard input, output and errors come before. */
export const WORDS_DESCRIPTOR = 3;
/** Of one message. */
const LINE_CHARACTERS_MAX = 1_048_576;

/** Says it. A supervisor that was killed hears nothing, and the next one starts this process anew. */
export function tellSupervisor(message: ChildMessage): void {
  const descriptor = process.env[WORDS];
  if (descriptor === undefined) {
    if (process.connected) process.send?.(message);
    return;
  }
  try {
    writeSync(Number(descriptor), `${JSON.stringify(message)}\n`);
  } catch (error) {
    if (!UNHEARD.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

const UNHEARD: readonly string[] = ['EPIPE', 'EAGAIN'];

/** Makes messages of what comes out of the pipe. What is none is left out: the process is one of ours, but may be cut off in the middle. */
export function listener(onMessage: (message: ChildMessage) => void): (chunk: Uint8Array) => void {
  const decoder = new TextDecoder();
  let text = '';
  return (chunk) => {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      const message = parsed(line);
      if (message !== undefined) onMessage(message);
    }
    if (text.length > LINE_CHARACTERS_MAX) text = '';
  };
}

function parsed(line: string): ChildMessage | undefined {
  try {
    return JSON.parse(line) as ChildMessage;
  } catch {
    return undefined;
  }
}
