/**
 * The events of one watch: what there was, then each change as it is committed, at the client's pace. A client that cannot keep up is
 * disconnected and resumes; an event is never dropped silently. Changes are not awaited one by one: with 1,000 watchers the
 * promises of each change cost as much as sending it.
 */
import type { Writable } from 'node:stream';
import { expired, isStatusError } from '../errors.ts';
import type { Entry, Watch, WatchEvent } from '../realm.ts';
import { errorStatus } from './answer.ts';
import type { Receiver } from './fanout.ts';
import { LIST_CHUNK_BYTES, SLOW_CLIENT_LIMIT_MS, WATCH_BOOKMARK_INTERVAL_MS } from './limits.ts';
import type { Selection } from './list.ts';
import type { Wire } from './options.ts';
import type { WireRequest } from './request.ts';
import type { EventType, WatchEncoder } from './watch-encoder.ts';
import type { WatchSink } from './watch-sink.ts';

export interface WatchSource {
  readonly watch: Watch;
  /** What there was when the watch began and the client wants to be told. */
  readonly initial: readonly Entry[];
  /** Everything up to here is in `initial` or was known to the client. */
  readonly revision: number;
}

export interface WatchForm {
  readonly encoder: WatchEncoder;
  readonly selection: Pick<Selection, 'matches'>;
  readonly bookmarks: boolean;
  /** A bookmark that says so follows the initial state. */
  readonly initialEventsEnd: boolean;
}

/** What a change is to a client that sees only what it selected. Undefined: nothing. */
export function selectedType(
  event: Exclude<WatchEvent, { type: 'BOOKMARK' }>,
  selection: Pick<Selection, 'matches'>,
): EventType | undefined {
  if (event.type === 'DELETED') {
    return selection.matches(event.previous ?? event.entry) ? 'DELETED' : undefined;
  }
  const is = selection.matches(event.entry);
  const was = event.type === 'MODIFIED' && event.previous !== undefined && selection.matches(event.previous);
  if (is) return was ? 'MODIFIED' : 'ADDED';
  return was ? 'DELETED' : undefined;
}

export class WatchStream implements Receiver {
  asked = false;
  readonly #wire: Wire;
  readonly #request: WireRequest;
  readonly #sink: WatchSink;
  readonly #source: WatchSource;
  readonly #form: WatchForm;
  readonly #ended = Promise.withResolvers<void>();
  /** How many of the initial entries are sent. */
  #initialSent = 0;
  #initialDone = false;
  #seen: number;
  #bookmarked_ms: number;
  /** Set while the client's buffer is full: ends the wait for it. */
  #unblock: (() => void) | undefined;
  #isEnded = false;

  constructor(wire: Wire, request: WireRequest, sink: WatchSink, source: WatchSource, form: WatchForm) {
    this.#wire = wire;
    this.#request = request;
    this.#sink = sink;
    this.#source = source;
    this.#form = form;
    this.#seen = source.revision;
    this.#bookmarked_ms = wire.clock.now();
  }

  /** Sends until the watch is closed, `end` is called, or the client has gone or is too slow; resolves then. */
  run(): Promise<void> {
    const { signal } = this.#request;
    // The client has gone, or the server is closing: then it is still told that this is the end.
    const stop = () => {
      if (this.#unblock) this.#drop();
      else this.#source.watch.close();
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    this.#source.watch.onReady(() => this.#ask());
    return this.#ended.promise.finally(() => signal.removeEventListener('abort', stop));
  }

  /** Ends with an ERROR event that says why, unless the client takes nothing. */
  end(reason: unknown): void {
    if (this.#isEnded) return;
    if (!isStatusError(reason)) {
      this.#wire.logger.error({ err: reason, requestId: this.#request.id }, 'a watch failed');
    }
    if (this.#unblock) {
      this.#drop();
      return;
    }
    const error = isStatusError(reason, 'NotFound') ? expired('this realm is gone') : reason;
    this.#finish();
    this.#sink.end(`${JSON.stringify({ type: 'ERROR', object: errorStatus(error, this.#request.id) })}\n`);
  }

  /** Called by the fan-out, in turn with the other watches. */
  deliver(): void {
    if (this.#isEnded || this.#unblock) return;
    try {
      if (this.#initialDone) this.#sendChanges();
      else this.#sendInitial();
    } catch (error) {
      this.end(error);
    }
  }

  #ask(): void {
    if (!this.#isEnded && !this.#unblock) this.#wire.fanout.ask(this);
  }

  #sendInitial(): void {
    const { initial, revision } = this.#source;
    const { encoder, initialEventsEnd } = this.#form;
    const now_ms = this.#wire.clock.now();
    const parts: Buffer[] = [];
    for (let size = 0; size < LIST_CHUNK_BYTES; this.#initialSent += 1) {
      const entry = initial[this.#initialSent];
      if (entry === undefined) break;
      const line = encoder.event('ADDED', entry, now_ms, false);
      parts.push(line);
      size += line.length;
    }
    if (this.#initialSent === initial.length) {
      this.#initialDone = true;
      if (initialEventsEnd) parts.push(encoder.bookmark(revision, true));
    }
    this.#write(parts);
    this.#ask();
  }

  #sendChanges(): void {
    const events = this.#source.watch.take();
    if (events === undefined) {
      this.#finish();
      this.#sink.end();
      return;
    }
    if (events.length === 0) return;
    const { encoder, selection, bookmarks } = this.#form;
    const now_ms = this.#wire.clock.now();
    const parts: Buffer[] = [];
    let idle = false;
    for (const event of events) {
      if (event.type === 'BOOKMARK') {
        idle = true;
        this.#seen = Math.max(this.#seen, event.revision);
        continue;
      }
      this.#seen = event.entry.revision;
      const type = selectedType(event, selection);
      if (type !== undefined) parts.push(encoder.event(type, event.entry, now_ms, true));
    }
    if (bookmarks && (idle || now_ms - this.#bookmarked_ms >= WATCH_BOOKMARK_INTERVAL_MS)) {
      parts.push(encoder.bookmark(this.#seen, false));
      this.#bookmarked_ms = now_ms;
    }
    this.#write(parts);
    // There may be more than one portion; a watch is only idle once it was found empty.
    this.#ask();
  }

  #write(parts: readonly Buffer[]): void {
    if (parts.length === 0) return;
    if (this.#sink.isGone) {
      this.#drop();
      return;
    }
    const full = this.#sink.write(parts);
    if (full !== undefined) this.#waitFor(full);
  }

  /** Sends nothing until the client took what it has; a client that takes nothing for too long is given up. */
  #waitFor(full: Writable): void {
    const onDrain = () => {
      unblock();
      this.#ask();
    };
    const cancel = this.#wire.clock.after(SLOW_CLIENT_LIMIT_MS, () => this.#drop());
    const unblock = () => {
      this.#unblock = undefined;
      cancel();
      full.off('drain', onDrain);
    };
    this.#unblock = unblock;
    full.once('drain', onDrain);
  }

  /** The client has gone, or is to go: nothing can be said to it any more. */
  #drop(): void {
    if (this.#isEnded) return;
    this.#finish();
    this.#sink.destroy();
  }

  #finish(): void {
    this.#isEnded = true;
    this.#unblock?.();
    this.#ended.resolve();
  }
}
