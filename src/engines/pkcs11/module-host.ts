/**
 * The agent's side of the module host: starts one when it is needed, gives every operation a bound in time, and ends a host that crashed
 * or hangs, so that the next operation gets a fresh one.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Clock } from '#kernel/clock.ts';
import type { HostStart } from './host.ts';
import type { HsmOperation, HsmRequest, HsmResponse, HsmResult } from './protocol.ts';

/** One operation, with those that are ahead of it: an HSM over a network takes milliseconds, one that makes a key a second. */
export const OPERATION_LIMIT_MS = 10_000;
const WAITING_MAX = 4_096;
const HOST = fileURLToPath(new URL('./host.ts', import.meta.url));
const FLAGS = ['--experimental-ffi', '--no-warnings', '--max-old-space-size=64', '--max-semi-space-size=1'];

/** Why an operation was not done; asked again it may be. */
export class HostProblem extends Error {
  override readonly name = 'HostProblem';
}

interface Waiting {
  resolve(result: HsmResult): void;
  reject(problem: HostProblem): void;
  cancel(): void;
}

export interface ModuleHostOptions {
  readonly start: HostStart;
  /** What the module wants of its environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly operationLimit_ms?: number;
}

export class ModuleHost {
  readonly #options: ModuleHostOptions;
  readonly #waiting = new Map<number, Waiting>();
  #child: ChildProcess | undefined;
  #last = 0;

  constructor(options: ModuleHostOptions) {
    this.#options = options;
  }

  /** The process, for whoever wants to see what happens when it is killed. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Throws HostProblem. */
  perform(operation: HsmOperation): Promise<HsmResult> {
    if (this.#waiting.size >= WAITING_MAX) {
      return Promise.reject(new HostProblem(`${WAITING_MAX} operations are waiting already`));
    }
    const child = this.#running();
    const id = ++this.#last;
    const { promise, resolve, reject } = Promise.withResolvers<HsmResult>();
    const limit_ms = this.#options.operationLimit_ms ?? OPERATION_LIMIT_MS;
    const cancel = this.#options.clock.after(limit_ms, () => {
      this.#end(child, `the module did not answer within ${limit_ms} ms`);
    });
    this.#waiting.set(id, { resolve, reject, cancel });
    const request: HsmRequest = { ...operation, id };
    child.send(request, (error) => {
      if (error) this.#end(child, 'the module’s process ended');
    });
    return promise;
  }

  close(): void {
    if (this.#child) this.#end(this.#child, 'the agent is stopping');
  }

  #running(): ChildProcess {
    if (this.#child) return this.#child;
    const child = fork(HOST, [], {
      execArgv: FLAGS,
      env: { ...this.#options.environment },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child = child;
    child.on('message', (message: HsmResponse) => this.#answered(message));
    child.once('exit', (code, signal) =>
      this.#end(child, `the module’s process ended (${signal ?? `exit ${code}`})`),
    );
    child.once('error', () => this.#end(child, 'the module’s process could not be started'));
    child.send(this.#options.start, () => {});
    return child;
  }

  #answered(message: HsmResponse): void {
    const waiting = this.#waiting.get(message.id);
    if (!waiting) return;
    this.#waiting.delete(message.id);
    waiting.cancel();
    if ('result' in message) waiting.resolve(message.result);
    else waiting.reject(new HostProblem(message.problem));
  }

  /** Ends a host for good; whatever waits for it is told why. */
  #end(child: ChildProcess, why: string): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    child.kill('SIGKILL');
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const one of waiting) {
      one.cancel();
      one.reject(new HostProblem(why));
    }
  }
}
