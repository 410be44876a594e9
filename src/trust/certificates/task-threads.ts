/**
 * Work on certificates on threads of its own, so that the region's one thread does not wait for it. Threads start when there is work and
 * end when there has been none for a while; a thread that fails takes its tasks with it, and whoever asked tries again.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Clock } from '#kernel/clock.ts';
import { StatusError } from '#kernel/errors.ts';
import { RequestError } from './request.ts';
import type { CertificateTasks, RequestedTask, SigningTask } from './tasks.ts';

const THREADS_MAX = 4;
/** Tasks that may wait on all threads; more are refused. */
const TASKS_MAX = 1_000;
const IDLE_MS = 60_000;

type Task =
  | { readonly name: 'sign'; readonly input: SigningTask }
  | { readonly name: 'signRequested'; readonly input: RequestedTask }
  | { readonly name: 'checkRequest'; readonly input: string }
  | { readonly name: 'checkServerRequest'; readonly input: string };

type Result<Name extends Task['name']> = Awaited<ReturnType<CertificateTasks[Name]>>;

export interface Question {
  readonly id: number;
  readonly task: Task;
}

/** With one of the three. */
export interface Answer {
  readonly id: number;
  readonly result?: Result<Task['name']>;
  readonly refused?: Pick<RequestError, 'reason' | 'message'>;
  readonly failed?: Error;
}

interface Waiting {
  readonly resolve: (result: Result<Task['name']>) => void;
  readonly reject: (reason: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

export interface CertificateThreads extends CertificateTasks {
  /** Ends the threads; what they were doing fails. */
  close(): Promise<void>;
}

const ended = (): Error => new Error('the thread that works on certificates ended');

/** One thread fewer than there are cores, which is the region's own, and at least one. */
const threadsFor = (cores: number): number => Math.max(1, Math.min(cores - 1, THREADS_MAX));

export function certificateThreads(
  clock: Clock,
  threads_max = threadsFor(availableParallelism()),
): CertificateThreads {
  const threads = new Set<Thread>();
  let next = 0;
  let tasks = 0;
  let closed = false;
  let cancelIdle = () => {};

  function start(): Thread {
    const worker = new Worker(new URL('./task-worker.ts', import.meta.url));
    const thread: Thread = { worker, waiting: new Map() };
    // It keeps no process alive: whoever waits for it does.
    worker.unref();
    worker.on('message', (answer: Answer) => settle(thread, answer));
    worker.on('error', (error: Error) => drop(thread, error));
    worker.on('exit', () => drop(thread, ended()));
    threads.add(thread);
    return thread;
  }

  function settle({ waiting }: Thread, { id, result, refused, failed }: Answer): void {
    const task = waiting.get(id);
    waiting.delete(id);
    if (result) task?.resolve(result);
    else task?.reject(refused ? new RequestError(refused.reason, refused.message) : failed);
  }

  function drop(thread: Thread, reason: Error): void {
    threads.delete(thread);
    for (const { reject } of thread.waiting.values()) reject(reason);
    thread.waiting.clear();
  }

  async function endAll(): Promise<void> {
    const ending = [...threads];
    // At once, so that no new task goes to one of them, and no answer is taken that came while it was being ended.
    for (const thread of ending) drop(thread, ended());
    await Promise.all(ending.map(({ worker }) => worker.terminate()));
  }

  /** The one with the least to do; another one when all have something and there may be more. */
  function pick(): Thread {
    const [least] = [...threads].sort((a, b) => a.waiting.size - b.waiting.size);
    return !least || (least.waiting.size > 0 && threads.size < threads_max) ? start() : least;
  }

  async function ask<Name extends Task['name']>(task: Task & { readonly name: Name }): Promise<Result<Name>> {
    if (closed) throw new Error('work on certificates has ended');
    if (tasks >= TASKS_MAX) {
      throw new StatusError(
        'TooManyRequests',
        `certificates: ${TASKS_MAX} are being worked on; try again in a second`,
        { retryAfterSeconds: 1 },
      );
    }
    cancelIdle();
    tasks += 1;
    try {
      const { worker, waiting } = pick();
      const id = next++;
      const { promise, resolve, reject } = Promise.withResolvers<Result<Task['name']>>();
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, task } satisfies Question);
      // Each question is answered with the result of the task it names.
      return (await promise) as Result<Name>;
    } finally {
      tasks -= 1;
      if (tasks === 0 && !closed) cancelIdle = clock.after(IDLE_MS, () => void endAll());
    }
  }

  return {
    sign: (input) => ask({ name: 'sign', input }),
    signRequested: (input) => ask({ name: 'signRequested', input }),
    checkRequest: (input) => ask({ name: 'checkRequest', input }),
    checkServerRequest: (input) => ask({ name: 'checkServerRequest', input }),
    async close() {
      closed = true;
      cancelIdle();
      await endAll();
    },
  };
}
