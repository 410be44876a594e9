/**
 * Keeps one process running: starts it, waits until it is ready, starts it again with a growing delay when it dies, and
 * stops it in the way it wants. Knows nothing of other processes.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { type Clock, sleep } from '#kernel/clock.ts';
import { copyForOwner } from '../owner-copy.ts';
import type { ChildMessage, ProcessDefinition, ProcessState, ProcessStatus, SealNews } from './definition.ts';
import type { LogFile } from './log-file.ts';
import { tryProbe } from './probe.ts';

const PROBE_INTERVAL_MS = 25;
const BACKOFF_FIRST_MS = 250;
const BACKOFF_MAX_MS = 30_000;
// A process that was ready this long is taken as sound: its next failure starts from the shortest delay.
const SOUND_AFTER_MS = 60_000;
const STOP_COMMAND_LIMIT_MS = 120_000;
const PREPARE_LIMIT_MS = 60_000;
const NOTES_MAX = 32;

export interface RunnerOptions {
  readonly definition: ProcessDefinition;
  readonly log: LogFile;
  readonly clock: Clock;
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
  #child: ChildProcess | undefined;
  #state: ProcessState = 'waiting';
  #since_ms: number;
  #starts = 0;
  #lastFailure: string | undefined;
  #notes: readonly string[] = [];
  #sealed = '';
  #seal: SealNews | undefined;
  #keys: object | undefined;

  constructor({ definition, log, clock, confine, onChange }: RunnerOptions) {
    this.#definition = definition;
    this.#log = log;
    this.#clock = clock;
    this.#onChange = onChange;
    this.#confine = confine;
    this.#since_ms = clock.now();
    this.firstReady = new Promise((resolve) => {
      this.#signalFirstReady = resolve;
    });
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
      ...(this.#keys === undefined ? {} : { keys: this.#keys }),
      ...(this.#sealed === '' ? {} : { sealed: this.#sealed }),
      ...(this.#seal === undefined ? {} : { seal: this.#seal }),
      ...(this.#lastFailure === undefined ? {} : { lastFailure: this.#lastFailure }),
      notes: this.#notes,
    };
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
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopping.signal.aborted) {
      const readyFor_ms = await this.#runOnce();
      if (this.#stopping.signal.aborted) break;
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
    const problem = await this.#prepare();
    if (this.#stopping.signal.aborted) return 0;
    if (problem !== undefined) {
      this.#starts++;
      this.#lastFailure = `could not be prepared: ${problem}`;
      return 0;
    }
    const ended = this.#spawn();
    this.#enter('starting');
    const life = new AbortController();
    void ended.then(() => life.abort());
    const isReady = await this.#waitUntilReady(life.signal);
    let ready_ms = 0;
    if (isReady) {
      this.#enter('ready');
      this.#signalFirstReady();
      const since_ms = this.#clock.now();
      this.#lastFailure = `ended: ${await ended}`;
      ready_ms = this.#clock.now() - since_ms;
    } else if (life.signal.aborted) {
      this.#lastFailure = `ended before it was ready: ${await ended}`;
    } else {
      this.#lastFailure = `not ready within ${this.definition.startLimit_ms} ms`;
      if (this.#child !== undefined) await this.#end(this.#child);
    }
    this.#child = undefined;
    return ready_ms;
  }

  /** Undefined when all is well; else what is wrong. */
  #prepare(): Promise<string | undefined> {
    const { prepare, env, cwd } = this.definition;
    if (prepare === undefined) return Promise.resolve(undefined);
    const { signal } = this.#stopping;
    const options = { env, cwd, timeout: PREPARE_LIMIT_MS, signal };
    return new Promise((resolve) => {
      execFile(prepare.command, [...prepare.args], options, (error, stdout, stderr) => {
        for (const line of `${stdout}${stderr}`.split('\n')) if (line !== '') this.#note(line);
        resolve(error?.message);
      });
    });
  }

  /** Starts the process; the promise resolves with how it ended. */
  #spawn(): Promise<string> {
    const { command, args, env, cwd, uid, gid, ready } = this.definition;
    this.#starts++;
    this.#notes = [];
    this.#sealed = '';
    this.#seal = undefined;
    this.#note(`starting: ${command} ${args.join(' ')}`);
    const child = spawn(command, [...args], {
      cwd,
      env: { ...env },
      // A session of its own: an interrupt typed at the terminal reaches the supervisor only, which stops in order.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', ...(ready.type === 'message' ? (['ipc'] as const) : [])],
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
    });
    this.#child = child;
    if (child.pid !== undefined) this.#confine?.(child.pid);
    child.stdout?.on('data', (chunk: Uint8Array) => this.#log.write(chunk));
    child.stderr?.on('data', (chunk: Uint8Array) => this.#log.write(chunk));
    child.on('message', (message: ChildMessage) => {
      if (message.ready || message.handOver) this.#handOver();
      if (message.sealed !== undefined) this.#sealed = message.sealed;
      if (message.seal !== undefined) this.#seal = message.seal;
      if (message.keys !== undefined) this.#keys = message.keys;
      if (message.notes !== undefined) this.#notes = message.notes.slice(0, NOTES_MAX);
      this.#onChange();
    });
    return new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(code === null ? `signal ${signal}` : `exit ${code}`));
    });
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
      const told = Promise.withResolvers<boolean>();
      this.#child?.on('message', (message: ChildMessage) => {
        if (message.ready === true) told.resolve(true);
      });
      const limit = sleep(this.#clock, startLimit_ms, signal).then(
        () => false,
        () => false,
      );
      return Promise.race([told.promise, limit]);
    }
    while (!signal.aborted && this.#clock.now() < deadline_ms) {
      if (await tryProbe(ready)) return !life.aborted;
      await sleep(this.#clock, PROBE_INTERVAL_MS, signal).catch(() => {});
    }
    return false;
  }

  async #end(child: ChildProcess, graceMax_ms = Number.POSITIVE_INFINITY): Promise<void> {
    const { stop } = this.definition;
    const grace_ms = Math.min(stop.grace_ms, graceMax_ms);
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    this.#enter('stopping');
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
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
    await gone;
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
