/**
 * Runs the mirror's process for as long as there is something to serve and somebody to serve it to, and starts it again when it ends. It is told all addresses each time, with
 * whatever is served at that moment; so nothing that it misses is lost.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Clock } from '#kernel/clock.ts';
import type { Logger } from '#kernel/logger.ts';
import { MIRROR_PORT } from './limits.ts';

const RESTART_MIN_MS = 1_000;
const RESTART_MAX_MS = 60_000;
// A tree of 100,000 packages takes a tenth of it.
const HEAP_MIB = 512;
const PROGRAM = fileURLToPath(new URL('../../../', import.meta.url));
const MAIN = fileURLToPath(new URL('./process.ts', import.meta.url));

export interface ToMirror {
  readonly addresses: readonly string[];
}

export interface FromMirror {
  readonly fault?: string;
  /** Addresses that it listens at. */
  readonly serving?: readonly string[];
}

export interface MirrorChildOptions {
  /** The region's folder of content. */
  readonly content: string;
  readonly port?: number;
  readonly clock: Pick<Clock, 'after'>;
  readonly logger: Logger;
}

/** What Node lets it do: speak to the network, read the program and what was published. `content`: the region's folder of content. */
export const permissions = (content: string): string[] => [
  '--permission',
  '--allow-net',
  `--allow-fs-read=${PROGRAM}`,
  // Without the last sign a folder's name would stand for whatever begins with it.
  `--allow-fs-read=${content}/`,
  `--max-old-space-size=${HEAP_MIB}`,
  '--max-semi-space-size=2',
  '--disable-warning=SecurityWarning',
  '--disable-warning=ExperimentalWarning',
];

export class MirrorChild {
  readonly #options: MirrorChildOptions;
  readonly #addresses = new Map<string, string>();
  #hasContent = false;
  #isClosed = false;
  #child: ChildProcess | undefined;
  #serving: readonly string[] = [];
  #restart_ms = RESTART_MIN_MS;
  #cancelRestart: (() => void) | undefined;
  #waiting: (() => void)[] = [];

  constructor(options: MirrorChildOptions) {
    this.#options = options;
  }

  /** Serves a network at that address, or, without one, no longer. `key`: which network. */
  want(key: string, address: string | undefined): void {
    if (this.#addresses.get(key) === address) return;
    if (address === undefined) this.#addresses.delete(key);
    else this.#addresses.set(key, address);
    this.#bringAbout();
  }

  /** What is served may be another: `isAny` whether there is anything at all. */
  renewed(isAny: boolean): void {
    this.#hasContent = isAny;
    this.#bringAbout();
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Addresses that it listens at now. */
  get serving(): readonly string[] {
    return this.#serving;
  }

  /** Resolves once `isSo` holds of the addresses that are served. */
  async until(isSo: (serving: readonly string[]) => boolean): Promise<void> {
    while (!isSo(this.#serving)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelRestart?.();
    this.#child?.kill();
  }

  #bringAbout(): void {
    const isNeeded = !this.#isClosed && this.#hasContent && this.#addresses.size > 0;
    if (isNeeded && this.#child === undefined && this.#cancelRestart === undefined) this.#start();
    const message: ToMirror = { addresses: isNeeded ? [...this.#addresses.values()] : [] };
    if (this.#child?.connected === true) this.#child.send(message, () => {});
  }

  #start(): void {
    const { content, port = MIRROR_PORT, logger } = this.#options;
    const child = fork(MAIN, [content, String(port)], {
      execArgv: permissions(content),
      env: { LANG: 'C.UTF-8', NODE_ENV: 'production' },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child = child;
    child.on('message', ({ fault, serving }: FromMirror) => {
      if (fault !== undefined) logger.warn({ mirror: true }, `the package mirror: ${fault}`);
      if (serving === undefined) return;
      if (serving.length > 0) this.#restart_ms = RESTART_MIN_MS;
      this.#now(serving);
    });
    child.on('error', (error) => logger.error({ error: String(error) }, 'the package mirror'));
    child.once('exit', (code, signal) => this.#ended(child, code ?? signal));
  }

  #ended(child: ChildProcess, how: number | string | null): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#now([]);
    if (this.#isClosed) return;
    this.#options.logger.error({ how }, 'the package mirror ended; it is started again');
    this.#cancelRestart = this.#options.clock.after(this.#restart_ms, () => {
      this.#cancelRestart = undefined;
      this.#bringAbout();
    });
    this.#restart_ms = Math.min(RESTART_MAX_MS, 2 * this.#restart_ms);
  }

  #now(serving: readonly string[]): void {
    this.#serving = serving;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
