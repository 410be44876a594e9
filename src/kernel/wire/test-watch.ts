/**
 * A reader of watches, and a way to let time pass until an answer comes. Tests only.
 */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import type { ManualClock } from '../store/manual-clock.ts';
import type { TestServer } from './test-server.ts';

export interface ReadEvent {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: events hold objects of every shape
  readonly object: any;
}

/** The lines of one watch, as they come. */
export class WatchReader {
  readonly response: IncomingMessage;
  readonly #lines: AsyncIterator<string>;
  readonly #close: () => void;

  constructor(response: IncomingMessage, close: () => void) {
    this.response = response;
    this.#lines = createInterface({ input: response })[Symbol.asyncIterator]();
    this.#close = close;
  }

  /** The next event; undefined when the stream ended. */
  async next(): Promise<ReadEvent | undefined> {
    const { value, done } = await this.#lines.next();
    return done ? undefined : JSON.parse(value);
  }

  async take(count: number): Promise<(string | undefined)[]> {
    const taken: (string | undefined)[] = [];
    for (let index = 0; index < count; index++) {
      const event = await this.next();
      taken.push(event && `${event.type} ${event.object.metadata.name ?? ''}`.trim());
    }
    return taken;
  }

  close(): void {
    this.#close();
  }
}

/** Opens a watch as `alice`; resolves when its head has come, whatever its code. */
export async function openWatch(
  server: TestServer,
  path: string,
  headers: Record<string, string> = {},
): Promise<WatchReader> {
  const request = server.open(path, { headers });
  request.on('error', () => {});
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.on('error', () => {});
  return new WatchReader(response, () => request.destroy());
}

/** Lets a clock run until an answer comes. */
export async function advanceUntil<T>(answer: Promise<T>, manual: ManualClock, step_ms: number): Promise<T> {
  let done = false;
  const finished = answer.finally(() => {
    done = true;
  });
  while (!done) {
    // The request must arrive before time passes, so turns of the event loop are given until it has.
    await new Promise((resolve) => setImmediate(resolve));
    if (manual.pending > 0) await manual.advance(step_ms);
  }
  return finished;
}
