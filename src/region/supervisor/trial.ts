/**
 * A plan on trial: the supervisor goes over to it, and goes back by itself unless it is told in time that it is to stay. Whoever tells may be killed, or never come to it;
 * what is on trial may hang. Only here is decided what stays: the word on disk that says so is written in the moment in which the plan stops being on trial.
 */
import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '#kernel/clock.ts';
import type { SupervisorPlan } from './definition.ts';
import type { AdoptOptions } from './supervisor.ts';

/** What has to be back within a minute is not asked politely for long. */
const REVERT_GRACE_MAX_MS = 2_000;

export interface TrialRequest {
  readonly plan: SupervisorPlan;
  /** When it goes back, unless it was confirmed. */
  readonly limit_ms: number;
  /** Written, whole or not at all, when the plan is confirmed. */
  readonly commit: { readonly path: string; readonly text: string };
}

export interface TrialOptions {
  /** What runs now. */
  readonly plan: SupervisorPlan;
  readonly clock: Clock;
  adopt(plan: SupervisorPlan, options?: AdoptOptions): Promise<void>;
  note(text: string): void;
}

export class Trials {
  readonly #options: TrialOptions;
  #plan: SupervisorPlan;
  #trial: { readonly request: TrialRequest; readonly cancel: () => void } | undefined;
  /** Changes of the plan, one after the other. */
  #going: Promise<void> = Promise.resolve();

  constructor(options: TrialOptions) {
    this.#options = options;
    this.#plan = options.plan;
  }

  /** Of what runs: on trial or not. */
  get digest(): string {
    return (this.#trial?.request.plan ?? this.#plan).digest;
  }

  /** What stays: not what is on trial. */
  get plan(): SupervisorPlan {
    return this.#plan;
  }

  get isOnTrial(): boolean {
    return this.#trial !== undefined;
  }

  /** Resolves when what must go has gone and what is new is starting. Throws when there is a trial already, or the plan can never run. */
  async begin(request: TrialRequest): Promise<void> {
    if (this.#trial !== undefined) throw new Error('another plan is on trial');
    const { clock, note } = this.#options;
    const cancel = clock.after(request.limit_ms, () => {
      void this.revert(`not confirmed within ${request.limit_ms} ms`).catch((error: unknown) =>
        note(`cannot go back: ${error}`),
      );
    });
    this.#trial = { request, cancel };
    note(`plan ${request.plan.digest} is on trial for ${request.limit_ms} ms`);
    try {
      await this.#adopt(request.plan, {});
    } catch (error) {
      cancel();
      this.#trial = undefined;
      throw error;
    }
  }

  /** The plan stays. False when none is on trial any more. */
  confirm(): boolean {
    if (this.#trial === undefined) return false;
    const { request, cancel } = this.#trial;
    // If this cannot be written, it goes back when its time is up.
    writeInOneStep(request.commit.path, request.commit.text);
    cancel();
    this.#plan = request.plan;
    this.#trial = undefined;
    this.#options.note(`plan ${request.plan.digest} stays`);
    return true;
  }

  /** Back to the plan before; resolves when its processes have been told to start. False when there was nothing to go back from. */
  async revert(reason: string): Promise<boolean> {
    if (this.#trial === undefined) {
      await this.#going;
      return false;
    }
    this.#trial.cancel();
    this.#trial = undefined;
    this.#options.note(`back to plan ${this.#plan.digest}: ${reason}`);
    await this.#adopt(this.#plan, { graceMax_ms: REVERT_GRACE_MAX_MS });
    return true;
  }

  #adopt(plan: SupervisorPlan, options: AdoptOptions): Promise<void> {
    const done = this.#going.then(() => this.#options.adopt(plan, options));
    this.#going = done.catch(() => {});
    return done;
  }
}

/** Synchronous: nothing comes between it and what it decides. */
function writeInOneStep(path: string, text: string): void {
  const file = openSync(`${path}.new`, 'w', 0o644);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
