/**
 * One end of the gate: asks the other end, answers what it asks, and hears its news. What comes is no more than JSON here: whoever answers checks what it was asked. Made of two
 * streams, so that it runs over a socket, over standard input and output, and in tests. It ends when a stream ends, or when the other end says what makes no sense.
 */
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '#kernel/clock.ts';
import { ANSWER_MS_MAX, IN_FLIGHT_MAX, LINE_MAX } from './protocol.ts';

type Calls<T> = { readonly [M in keyof T]: (asked: never) => unknown };
type Asked<F> = F extends (asked: infer A) => unknown ? A : never;
type Answered<F> = F extends (asked: never) => infer R ? R : never;

/** What one end answers. An error that a handler throws is told by its message, without its stack. */
export type Handlers<T> = {
  readonly [M in keyof T]: (asked: Asked<T[M]>) => Promise<Answered<T[M]>> | Answered<T[M]>;
};

/** The other end did not do it: what it said, or that it is gone. */
export class GateError extends Error {
  override readonly name = 'GateError';
}

export interface ChannelOptions<Own, News> {
  readonly input: Readable;
  readonly output: Writable;
  readonly handlers: Handlers<Own>;
  readonly onNews?: (news: News) => void;
  readonly clock: Pick<Clock, 'after'>;
}

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
  cancel(): void;
}

interface Message {
  readonly id?: number;
  readonly call?: string;
  readonly asked?: unknown;
  readonly answer?: unknown;
  readonly failed?: string;
  readonly news?: string;
  /** Said by whoever started the other end: how it ended, or why it did not start. */
  readonly type?: string;
  readonly how?: string;
  readonly message?: string;
}

const NEWLINE = 0x0a;

/** `Own`: what this end answers. `Other`: what it may ask. */
export class Channel<Own extends Calls<Own>, Other extends Calls<Other>, News = never, Told = never> {
  readonly #options: ChannelOptions<Own, News>;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended = Promise.withResolvers<string>();
  #held: Buffer[] = [];
  #held_bytes = 0;
  #last = 0;
  #answering = 0;
  #isOpen = true;

  constructor(options: ChannelOptions<Own, News>) {
    this.#options = options;
    const { input, output } = options;
    input.on('data', (chunk: Buffer) => this.#take(chunk));
    for (const event of ['end', 'close'] as const)
      input.once(event, () => this.close('the other end is gone'));
    for (const stream of [input, output]) {
      stream.on('error', (error: Error) => this.close(`the other end is gone: ${error.message}`));
    }
  }

  /** Resolves with why, once nothing can be asked any more. */
  get ended(): Promise<string> {
    return this.#ended.promise;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Throws GateError: what the other end said was wrong, or that it is gone, or takes too long, or has too much to do. */
  ask<M extends keyof Other & string>(call: M, asked: Asked<Other[M]>): Promise<Answered<Other[M]>> {
    return new Promise((resolve, reject) => {
      if (!this.#isOpen) throw new GateError('the other end is gone');
      if (this.#waiting.size >= IN_FLIGHT_MAX) throw new GateError(`${IN_FLIGHT_MAX} requests wait already`);
      const id = ++this.#last;
      const cancel = this.#options.clock.after(ANSWER_MS_MAX, () => {
        this.#waiting.delete(id);
        reject(new GateError(`${call}: no answer within ${ANSWER_MS_MAX / 1_000} s`));
      });
      this.#waiting.set(id, { resolve: (answer) => resolve(answer as Answered<Other[M]>), reject, cancel });
      this.#write({ id, call, asked });
    });
  }

  tell(news: Told): void {
    if (this.#isOpen) this.#write(news as object);
  }

  close(why = 'it was closed'): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const { reject, cancel } of this.#waiting.values()) {
      cancel();
      reject(new GateError(why));
    }
    this.#waiting.clear();
    this.#options.output.end();
    this.#options.input.destroy();
    this.#ended.resolve(why);
  }

  #write(message: object): void {
    const line = JSON.stringify(message);
    if (Buffer.byteLength(line) > LINE_MAX) throw new GateError(`a line has at most ${LINE_MAX} bytes`);
    this.#options.output.write(`${line}\n`);
  }

  #take(chunk: Buffer): void {
    let rest = chunk;
    for (let end = rest.indexOf(NEWLINE); end >= 0 && this.#isOpen; end = rest.indexOf(NEWLINE)) {
      const line = Buffer.concat([...this.#held, rest.subarray(0, end)]).toString('utf8');
      this.#held = [];
      this.#held_bytes = 0;
      rest = rest.subarray(end + 1);
      if (line !== '') this.#hear(line);
    }
    this.#held_bytes += rest.length;
    if (this.#held_bytes > LINE_MAX) this.close(`the other end says more than ${LINE_MAX} bytes in a line`);
    else if (rest.length > 0) this.#held.push(rest);
  }

  #hear(line: string): void {
    let message: Message;
    try {
      message = JSON.parse(line) as Message;
    } catch {
      this.close('the other end says what is no JSON');
      return;
    }
    if (typeof message !== 'object' || message === null) this.close('the other end says what makes no sense');
    else if (typeof message.news === 'string') this.#options.onNews?.(message as News);
    else if (typeof message.type === 'string')
      this.close(String(message.how ?? message.message ?? message.type));
    else if (typeof message.id !== 'number') this.close('the other end says what makes no sense');
    else if (typeof message.call === 'string') void this.#answer(message.id, message.call, message.asked);
    else this.#settle(message.id, message);
  }

  #settle(id: number, { answer, failed }: Message): void {
    // One that came too late waits for nobody.
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.cancel();
    if (failed === undefined) waiting?.resolve(answer);
    else waiting?.reject(new GateError(String(failed)));
  }

  async #answer(id: number, call: string, asked: unknown): Promise<void> {
    const { handlers } = this.#options;
    if (this.#answering >= IN_FLIGHT_MAX) {
      this.close(`the other end asks more than ${IN_FLIGHT_MAX} things at once`);
      return;
    }
    this.#answering++;
    try {
      if (!Object.hasOwn(handlers, call)) throw new GateError(`there is no "${call.slice(0, 32)}"`);
      const handler = handlers[call as keyof Own] as (asked: unknown) => unknown;
      const answer = (await handler(asked)) ?? null;
      if (this.#isOpen) this.#write({ id, answer });
    } catch (error) {
      const failed = error instanceof Error ? error.message : String(error);
      if (this.#isOpen) this.#write({ id, failed: failed.slice(0, LINE_MAX / 2) });
    } finally {
      this.#answering--;
    }
  }
}
