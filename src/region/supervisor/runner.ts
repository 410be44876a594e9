/**
 * Keeps one process running: starts it, waits until it is ready, starts it again with a growing delay when it dies, and
 * stops it in the way it wants. Knows nothing of other processes.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { type Clock, sleep } from '#kernel/clock.ts';
import { copyForOwner } from '../owner-copy.ts';
import type { ChildMessage, ProcessDefinition, ProcessState, ProcessStatus, SealNews } from './definition.ts';
import { Ends } from './ends.ts';
import type { HandedProcess } from './hand-over.ts';
import type { LogFile } from './log-file.ts';
import { tryProbe } from './probe.ts';
import { identify, isAlive } from './process-table.ts';
import { runToItsEnd } from './run-to-its-end.ts';
import { type Running, takeOver } from './running.ts';

const PROBE_INTERVAL_MS = 25;
const BACKOFF_FIRST_MS = 250;
const BACKOFF_MAX_MS = 30_000;
// A process that was ready this long is taken as sound: its next failure starts from the shortest delay.
const SOUND_AFTER_MS = 60_000;
const STOP_COMMAND_LIMIT_MS = 120_000;
const NOTES_MAX = 32;

export interface RunnerOptions {
  readonly definition: ProcessDefinition;
  readonly log: LogFile;
  readonly clock: Clock;
  /** Where its pipes are. */
  readonly pipeFolder: string;
  /** What the program before has left of it. */
  readonly handed?: HandedProcess | undefined;
  /** Puts a process into its control group, at once after it was started. */
  readonly confine?: ((pid: number) => void) | undefined;
  /** Called after every change of state or pid. */
  onChange(): void;
}

export class Runner {
  /** Resolves once, when the process is ready for the first time. Never rejects. */
  readonly firstReady: Promise<void>;
  #definition: ProcessDefinition;
  readonly #log: LogFile;
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #confine: ((pid: number) => void) | undefined;
  readonly #stopping = new AbortController();
  #signalFirstReady: () => void = () => {};
  #finished: Promise<void> | undefined;
  #child: Running | undefined;
  readonly #ends: Ends;
  #handed: HandedProcess | undefined;
  /** That it is ready, in its own words. */
  #told = Promise.withResolvers<void>();
  #isPreparing = false;
  #state: ProcessState = 'waiting';
  #since_ms: number;
  #wrongSince_ms: number | undefined;
  #starts = 0;
  #lastFailure: string | undefined;
  #notes: readonly string[] = [];
  #sealed = '';
  #seal: SealNews | undefined;
  #keys: object | undefined;
  #failing: string | undefined;

  constructor({ definition, log, clock, pipeFolder, handed, confine, onChange }: RunnerOptions) {
    this.#definition = definition;
    this.#log = log;
    this.#clock = clock;
    this.#onChange = onChange;
    this.#confine = confine;
    this.#ends = new Ends(join(pipeFolder, definition.name), {
      onOutput: (chunk) => log.write(chunk),
      onMessage: (message) => this.#hear(message),
    });
    this.#since_ms = clock.now();
    this.firstReady = new Promise((resolve) => {
      this.#signalFirstReady = resolve;
    });
    if (handed !== undefined) this.#takeOver(handed);
  }

  get definition(): ProcessDefinition {
    return this.#definition;
  }

  /** From its next start on. */
  redefine(definition: ProcessDefinition): void {
    this.#definition = definition;
  }

  status(): ProcessStatus {
    return {
      name: this.definition.name,
      state: this.#state,
      ...(this.#child?.pid === undefined ? {} : { pid: this.#child.pid }),
      optional: this.definition.optional === true,
      restarts: Math.max(0, this.#starts - 1),
      since: new Date(this.#since_ms).toISOString(),
      ...(this.#wrongSince_ms === undefined
        ? {}
        : { wrongSince: new Date(this.#wrongSince_ms).toISOString() }),
      ...(this.#keys === undefined ? {} : { keys: this.#keys }),
      ...(this.#failing === undefined ? {} : { failing: this.#failing }),
      ...(this.#sealed === '' ? {} : { sealed: this.#sealed }),
      ...(this.#seal === undefined ? {} : { seal: this.#seal }),
      ...(this.#lastFailure === undefined ? {} : { lastFailure: this.#lastFailure }),
      notes: this.#notes,
    };
  }

  /** Whether another program could take over now: nothing is under way that only this one knows of. */
  get isSettled(): boolean {
    const { ready, speaks } = this.definition;
    if (this.#isPreparing || (ready.type === 'message' && !speaks)) return false;
    return this.#state !== 'starting' && this.#state !== 'stopping';
  }

  /** What the program that takes over has to know. */
  handOver(): HandedProcess {
    const identity = this.#child?.pid === undefined ? undefined : identify(this.#child.pid);
    return {
      name: this.definition.name,
      ...(this.#state === 'ready' && identity !== undefined ? { identity } : {}),
      starts: this.#starts,
      since_ms: this.#since_ms,
      ...(this.#wrongSince_ms === undefined ? {} : { wrongSince_ms: this.#wrongSince_ms }),
      notes: this.#notes,
      sealed: this.#sealed,
      ...(this.#seal === undefined ? {} : { seal: this.#seal }),
      ...(this.#keys === undefined ? {} : { keys: this.#keys }),
      ...(this.#failing === undefined ? {} : { failing: this.#failing }),
      ...(this.#lastFailure === undefined ? {} : { lastFailure: this.#lastFailure }),
    };
  }

  /** Ends of pipes that must stay open while programs change. */
  get pipeDescriptors(): number[] {
    return this.#ends.descriptors;
  }

  #takeOver(handed: HandedProcess): void {
    this.#starts = handed.starts;
    this.#since_ms = handed.since_ms;
    this.#wrongSince_ms = handed.wrongSince_ms;
    this.#notes = handed.notes;
    this.#sealed = handed.sealed;
    this.#seal = handed.seal;
    this.#keys = handed.keys;
    this.#failing = handed.failing;
    this.#lastFailure = handed.lastFailure;
    if (handed.identity === undefined || !isAlive(handed.identity)) return;
    this.#ends.open(this.definition);
    this.#handed = handed;
    this.#child = takeOver(handed.identity, this.#clock);
    this.#state = 'ready';
  }

  /** Keeps the process running from now until `stop`. */
  start(): void {
    this.#finished ??= this.#run();
  }

  /** Ends the process, in `graceMax_ms` at most where that is given; resolves when it is gone. */
  async stop(graceMax_ms?: number): Promise<void> {
    this.#stopping.abort();
    if (this.#child === undefined) this.#enter('stopped');
    else await this.#end(this.#child, graceMax_ms);
    await this.#finished;
    this.#ends.close();
  }

  /** What is to be done once nothing of the region runs any more. */
  async atLast(): Promise<void> {
    const { atLast } = this.definition;
    const problem = await runToItsEnd(this.definition, atLast, undefined, (line) => this.#note(line));
    if (problem !== undefined) this.#note(problem);
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopping.signal.aborted) {
      const readyFor_ms = await this.#runOnce();
      if (this.#stopping.signal.aborted) break;
      this.#wrongSince_ms ??= this.#clock.now();
      failures = readyFor_ms >= SOUND_AFTER_MS ? 1 : failures + 1;
      this.#enter('backoff');
      const delay_ms = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** (failures - 1));
      this.#note(`${this.#lastFailure ?? 'ended'}; starting again in ${delay_ms} ms`);
      await sleep(this.#clock, delay_ms, this.#stopping.signal).catch(() => {});
    }
    this.#enter('stopped');
  }

  /** One life of the process; resolves, when it has ended, to how long it had been ready. */
  async #runOnce(): Promise<number> {
    const handed = this.#child;
    if (this.#handed !== undefined && handed !== undefined) {
      this.#handed = undefined;
      return this.#whileReady(handed, this.#since_ms);
    }
    this.#isPreparing = true;
    const problem = await runToItsEnd(
      this.definition,
      this.definition.prepare,
      this.#stopping.signal,
      (line) => this.#note(line),
    );
    this.#isPreparing = false;
    if (this.#stopping.signal.aborted) return 0;
    if (problem !== undefined) {
      this.#starts++;
      this.#lastFailure = `could not be prepared: ${problem}`;
      return 0;
    }
    this.#told = Promise.withResolvers();
    const child = this.#start();
    this.#child = child;
    const { ended } = child;
    this.#enter('starting');
    const life = new AbortController();
    void ended.then(() => life.abort());
    const isReady = await this.#waitUntilReady(life.signal);
    if (isReady) {
      if (this.#failing === undefined) this.#wrongSince_ms = undefined;
      this.#enter('ready');
      return this.#whileReady(child, this.#clock.now());
    }
    if (life.signal.aborted) {
      const how = await ended;
      this.#lastFailure = `ended before it was ready: ${how}${this.#failing === undefined ? '' : `: ${this.#failing}`}`;
    } else {
      this.#lastFailure = `not ready within ${this.definition.startLimit_ms} ms`;
      if (this.#child !== undefined) await this.#end(this.#child);
    }
    this.#child = undefined;
    return 0;
  }

  /** Until it ends; gives how long it was ready. */
  async #whileReady(child: Running, since_ms: number): Promise<number> {
    this.#signalFirstReady();
    const how = await child.ended;
    this.#lastFailure = `ended: ${how}${this.#failing === undefined ? '' : `: ${this.#failing}`}`;
    this.#child = undefined;
    return this.#clock.now() - since_ms;
  }

  /** Starts the process, with pipes to write and to speak into. */
  #start(): Running {
    const { definition } = this;
    const { command, args } = definition;
    this.#starts++;
    this.#notes = [];
    this.#sealed = '';
    this.#seal = undefined;
    this.#failing = undefined;
    this.#note(`starting: ${command} ${args.join(' ')}`);
    const running = this.#ends.start(definition);
    if (running.pid !== undefined) this.#confine?.(running.pid);
    return running;
  }

  #hear(message: ChildMessage): void {
    if (message.ready || message.handOver) this.#handOver();
    if (message.ready) this.#told.resolve();
    if (message.sealed !== undefined) this.#sealed = message.sealed;
    if (message.seal !== undefined) this.#seal = message.seal;
    if (message.keys !== undefined) this.#keys = message.keys;
    if (message.failing !== undefined) {
      this.#failing = message.failing;
      this.#wrongSince_ms ??= this.#clock.now();
    }
    if (message.notes !== undefined) this.#notes = message.notes.slice(0, NOTES_MAX);
    this.#onChange();
  }

  #handOver(): void {
    for (const copy of this.definition.handsOver ?? []) {
      try {
        copyForOwner(copy);
      } catch (error) {
        this.#note(`${copy.to} could not be made: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  /** False when the process ended, or the limit passed, or the runner is to stop. */
  async #waitUntilReady(life: AbortSignal): Promise<boolean> {
    const { ready, startLimit_ms } = this.definition;
    const signal = AbortSignal.any([life, this.#stopping.signal]);
    const deadline_ms = this.#clock.now() + startLimit_ms;
    if (ready.type === 'message') {
      const limit = sleep(this.#clock, startLimit_ms, signal).then(
        () => false,
        () => false,
      );
      return Promise.race([this.#told.promise.then(() => true), limit]);
    }
    while (!signal.aborted && this.#clock.now() < deadline_ms) {
      if (await tryProbe(ready)) return !life.aborted;
      await sleep(this.#clock, PROBE_INTERVAL_MS, signal).catch(() => {});
    }
    return false;
  }

  async #end(child: Running, graceMax_ms = Number.POSITIVE_INFINITY): Promise<void> {
    const { stop } = this.definition;
    const grace_ms = Math.min(stop.grace_ms, graceMax_ms);
    if (child.isOver) return;
    this.#enter('stopping');
    const killer = this.#clock.after(grace_ms, () => {
      this.#note(`did not end within ${grace_ms} ms: killing it`);
      child.kill('SIGKILL');
    });
    if (stop.command === undefined) {
      child.kill(stop.signal);
    } else {
      const { command, args } = stop.command;
      execFile(command, [...args], { timeout: STOP_COMMAND_LIMIT_MS, env: this.definition.env }, (error) => {
        if (error !== null) child.kill(stop.signal);
      });
    }
    await child.ended;
    killer();
  }

  #enter(state: ProcessState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#since_ms = this.#clock.now();
    if (state !== 'backoff') this.#note(state);
    this.#onChange();
  }

  #note(text: string): void {
    this.#log.line(
      `${new Date(this.#clock.now()).toISOString()} supervisor: ${this.definition.name}: ${text}`,
    );
  }
}
