/**
 * Runs a set of processes in the order they depend on one another and stops them in reverse; goes over to another set without touching what stays as it is.
 */
import { join } from 'node:path';
import type { Clock } from '#kernel/clock.ts';
import { confinement } from './confinement.ts';
import type { ProcessDefinition, ProcessStatus, SupervisorPlan } from './definition.ts';
import type { HandedProcess } from './hand-over.ts';
import { LogFile } from './log-file.ts';
import { mustRestart } from './must-restart.ts';
import { Runner } from './runner.ts';

export interface AdoptOptions {
  /** How long each process that goes may take at most. Absent: as long as it says. */
  readonly graceMax_ms?: number;
}

export interface SupervisorOptions {
  readonly clock: Clock;
  /** Where the pipes of its processes are. */
  readonly folder: string;
  /** What runs already, started by the program before. */
  readonly handed?: readonly HandedProcess[];
  /** Called after every change of state or pid. */
  onChange(): void;
}

export class Supervisor {
  #runners: ReadonlyMap<string, Runner>;
  /** By name: what comes in the place of another writes on. */
  readonly #logs = new Map<string, LogFile>();
  #stopped: Promise<void> | undefined;
  readonly #options: SupervisorOptions;

  constructor(plan: SupervisorPlan, options: SupervisorOptions) {
    checkOrder(plan.processes);
    this.#options = options;
    const handed = new Map((options.handed ?? []).map((one) => [one.name, one]));
    this.#runners = new Map(
      plan.processes.map((definition) => [
        definition.name,
        this.#make(plan, definition, handed.get(definition.name)),
      ]),
    );
  }

  /** Whether another program could take over now. */
  get isSettled(): boolean {
    return this.#stopped === undefined && [...this.#runners.values()].every((runner) => runner.isSettled);
  }

  handOver(): HandedProcess[] {
    return [...this.#runners.values()].map((runner) => runner.handOver());
  }

  get pipeDescriptors(): number[] {
    return [...this.#runners.values()].flatMap((runner) => runner.pipeDescriptors);
  }

  status(): ProcessStatus[] {
    return [...this.#runners.values()].map((runner) => runner.status());
  }

  definitions(): ProcessDefinition[] {
    return [...this.#runners.values()].map(({ definition }) => definition);
  }

  /** Starts every process as soon as those it comes after have been ready. */
  start(): void {
    for (const runner of this.#runners.values()) {
      const { after, startsAtOnce } = runner.definition;
      const before = startsAtOnce ? [] : after.map((name) => this.#runners.get(name)?.firstReady);
      void Promise.all(before).then(() => {
        if (this.#stopped === undefined) runner.start();
      });
    }
  }

  /**
   * Goes over to another plan: what it has no more, and what must start anew for it, is stopped in reverse order; the rest runs on, and then what is missing is started.
   * Resolves when it has been told to start. One at a time. Throws for a plan that can never run, and nothing happens then.
   */
  async adopt(plan: SupervisorPlan, { graceMax_ms }: AdoptOptions = {}): Promise<void> {
    checkOrder(plan.processes);
    const next = new Map(plan.processes.map((definition) => [definition.name, definition]));
    const before = this.#runners;
    const goes = ({ definition }: Runner) => {
      const wanted = next.get(definition.name);
      return wanted === undefined || mustRestart(definition, wanted);
    };
    await stopInReverse([...before.values()].filter(goes), graceMax_ms);
    if (this.#stopped !== undefined) return;
    this.#runners = new Map(
      plan.processes.map((definition) => {
        const kept = before.get(definition.name);
        if (kept === undefined || goes(kept)) return [definition.name, this.#make(plan, definition)];
        kept.redefine(definition);
        return [definition.name, kept];
      }),
    );
    this.#options.onChange();
    this.start();
  }

  /** Stops every process, each after those that depend on it have ended; then what comes at last. */
  stop(): Promise<void> {
    const all = [...this.#runners.values()];
    this.#stopped ??= stopInReverse(all).then(async () => {
      for (const runner of all) await runner.atLast();
    });
    return this.#stopped;
  }

  #make(plan: SupervisorPlan, definition: ProcessDefinition, handed?: HandedProcess): Runner {
    const log = this.#logs.get(definition.name) ?? new LogFile(join(plan.logs, `${definition.name}.log`));
    this.#logs.set(definition.name, log);
    const confine =
      plan.controlGroups === undefined
        ? undefined
        : confinement(plan.controlGroups, definition.name, (text) => log.line(text));
    const { clock, folder, onChange } = this.#options;
    return new Runner({ definition, log, clock, pipeFolder: folder, handed, confine, onChange });
  }
}

async function stopInReverse(runners: readonly Runner[], graceMax_ms?: number): Promise<void> {
  const ended = new Map<string, Promise<void>>();
  const end = (runner: Runner): Promise<void> => {
    const { name } = runner.definition;
    const known = ended.get(name);
    if (known !== undefined) return known;
    const dependents = runners.filter((other) => other.definition.after.includes(name));
    const promise = Promise.all(dependents.map(end)).then(() => runner.stop(graceMax_ms));
    ended.set(name, promise);
    return promise;
  };
  await Promise.all(runners.map(end));
}

/** Throws when a process waits for one that does not exist or, in the end, for itself. */
export function checkOrder(processes: readonly ProcessDefinition[]): void {
  const byName = new Map(processes.map((definition) => [definition.name, definition]));
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name))
      throw new TypeError(`processes wait for each other: ${[...path, name].join(' → ')}`);
    const definition = byName.get(name);
    if (definition === undefined)
      throw new TypeError(`${path.at(-1)} waits for ${name}, which is not in the plan`);
    for (const before of definition.after) visit(before, [...path, name]);
  };
  for (const definition of processes) visit(definition.name, []);
}
