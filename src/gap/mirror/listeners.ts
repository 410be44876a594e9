/** Listens at exactly the addresses that are asked for: one that the host does not have yet, or that something else has, is tried again while it is wanted. */
import type { Server } from 'node:net';
import type { Clock } from '#kernel/clock.ts';
import { GATEWAYS_MAX } from './limits.ts';

const TRY_AGAIN_MS = 1_000;

export interface ListenersOptions {
  readonly make: () => Server & { closeAllConnections(): void };
  readonly port: number;
  readonly clock: Pick<Clock, 'after'>;
  /** Once for each address and reason. */
  readonly onProblem: (address: string, code: string) => void;
  /** What it listens at now. */
  readonly onChange: (addresses: readonly string[]) => void;
}

interface Listener {
  readonly server: ReturnType<ListenersOptions['make']>;
  isOpen: boolean;
}

export class Listeners {
  readonly #options: ListenersOptions;
  readonly #open = new Map<string, Listener>();
  readonly #problems = new Map<string, string>();
  #wanted: readonly string[] = [];
  #cancelRetry: (() => void) | undefined;

  constructor(options: ListenersOptions) {
    this.#options = options;
  }

  want(addresses: readonly string[]): void {
    this.#wanted = [...new Set(addresses)].slice(0, GATEWAYS_MAX);
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    for (const [address, { server }] of this.#open) {
      if (this.#wanted.includes(address)) continue;
      this.#open.delete(address);
      server.close();
      server.closeAllConnections();
    }
    for (const address of this.#wanted) if (!this.#open.has(address)) this.#listen(address);
    this.#tell();
  }

  #listen(address: string): void {
    const server = this.#options.make();
    const listener: Listener = { server, isOpen: false };
    this.#open.set(address, listener);
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (this.#open.get(address) === listener) this.#open.delete(address);
      const code = error.code ?? error.message;
      if (this.#problems.get(address) !== code) this.#options.onProblem(address, code);
      this.#problems.set(address, code);
      this.#cancelRetry ??= this.#options.clock.after(TRY_AGAIN_MS, () => {
        this.#cancelRetry = undefined;
        this.want(this.#wanted);
      });
    });
    server.listen({ host: address, port: this.#options.port }, () => {
      listener.isOpen = true;
      this.#problems.delete(address);
      this.#tell();
    });
  }

  #tell(): void {
    this.#options.onChange([...this.#open].filter(([, { isOpen }]) => isOpen).map(([address]) => address));
  }
}
