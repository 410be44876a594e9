/**
 * The signals of requests that are being answered: one aborts when its client has gone, all when the server closes. Kept by hand, because an
 * `AbortSignal.any` for each request costs more than all the rest of a small read's bookkeeping.
 */
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

export class OpenRequests {
  readonly #open = new Map<ServerResponse, AbortController>();
  readonly #closing: AbortSignal;

  constructor(closing: AbortSignal) {
    this.#closing = closing;
    closing.addEventListener('abort', () => {
      for (const request of this.#open.values()) request.abort(closing.reason);
    });
  }

  /** The signal of a request, until its response is closed. */
  signalOf(response: ServerResponse): AbortSignal {
    if (this.#closing.aborted) return this.#closing;
    const request = new AbortController();
    this.#open.set(response, request);
    response.once('close', () => {
      this.#open.delete(response);
      // An answer that was sent whole has nobody left to tell; to abort all the same would make an error with a stack.
      if (!response.writableFinished) request.abort();
    });
    return request.signal;
  }

  /** Whether part of an answer is on its way over a connection. Looks through all of them: for what is rare. */
  isAnswering(socket: Duplex): boolean {
    for (const response of this.#open.keys()) {
      if (response.socket === socket && response.headersSent) return true;
    }
    return false;
  }
}
