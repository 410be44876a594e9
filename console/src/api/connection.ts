/** Whether the region answers and the session lives, as one thing that the whole page can show. */

export type ConnectionState = 'connected' | 'lost' | 'session-ended';

class Connection {
  #state: ConnectionState = 'connected';
  #cut = new AbortController();
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = (): ConnectionState => this.#state;

  /** Aborts when the connection is lost: what is open then may never hear of it. */
  get cut(): AbortSignal {
    return this.#cut.signal;
  }

  reached(): void {
    if (this.#state === 'lost') this.#become('connected');
  }

  lost(): void {
    if (this.#state !== 'connected') return;
    this.#become('lost');
    this.#cut.abort();
    this.#cut = new AbortController();
  }

  sessionEnded(): void {
    this.#become('session-ended');
  }

  /** Who was here has signed in again. */
  resumed(): void {
    if (this.#state === 'session-ended') this.#become('connected');
  }

  /** Resolves when no session has ended, or not any more, or when the signal aborts. */
  whileEnded(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (this.#state === 'session-ended' && !signal.aborted) return;
        unsubscribe();
        resolve();
      };
      const unsubscribe = this.subscribe(look);
      signal.addEventListener('abort', look, { once: true });
      look();
    });
  }

  #become(state: ConnectionState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

export const connection = new Connection();

// Streams that are open stay silent when the machine loses its network; the browser says it.
addEventListener('offline', () => connection.lost());
