/** Runs a job of load in a process of its own and waits for what it measured. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Target } from '../lib/target.ts';

export interface Job {
  /** Clients take them in turn. */
  readonly targets: readonly Target[];
  /** Connections, each with one request in flight. */
  readonly clients: number;
  /** At most so many requests, and for so long. */
  readonly requests: number;
  readonly duration_ms: number;
  /** Sent before, and not counted. */
  readonly warmup_ms?: number;
  /** How long a client waits between an answer and its next request. */
  readonly pause_ms?: number;
  readonly method: string;
  /** `%` becomes the request's number, in the body too. */
  readonly path: string;
  readonly body?: string;
  /** Each client opens its connection, sends one request and ends, a few of them at a time. */
  readonly inTurn?: boolean;
  /** The first number; default 0. */
  readonly first?: number;
}

export interface JobResult {
  readonly elapsed_ms: number;
  readonly latencies_ms: readonly number[];
  /** How often each HTTP code was answered. */
  readonly codes: Readonly<Record<string, number>>;
  readonly bytes: number;
  /** The first number that was not used. */
  readonly next: number;
}

interface Message {
  readonly measuring?: boolean;
  readonly measured?: boolean;
  readonly result?: JobResult;
  readonly error?: string;
}

export interface JobHooks {
  /** Called when measuring begins and when it ends, to read counters of the server. */
  readonly onStart?: () => void;
  readonly onEnd?: () => void;
}

export function runJob(job: Job, hooks: JobHooks = {}): Promise<JobResult> {
  const child = fork(fileURLToPath(new URL('worker.ts', import.meta.url)), { serialization: 'advanced' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the load generator ended with ${code}`)));
    child.on('message', ({ measuring, measured, result, error }: Message) => {
      if (measuring) hooks.onStart?.();
      if (measured) hooks.onEnd?.();
      if (error !== undefined) reject(new Error(error));
      if (result !== undefined) resolve(result);
    });
    child.send(job);
  });
}

/** Throws unless every answer had that code. */
export function expectOnly({ codes }: JobResult, code: number): void {
  const others = Object.keys(codes).filter((each) => Number(each) !== code);
  if (others.length > 0) throw new Error(`answers other than ${code}: ${JSON.stringify(codes)}`);
}
