/**
 * Runs a set of processes in the order they depend on one another and stops them in reverse.
 */
import { join } from 'node:path';
import type { Clock } from '#kernel/clock.ts';
import { confinement } from './confinement.ts';
import type { ProcessDefinition, ProcessStatus, SupervisorPlan } from './definition.ts';
import { LogFile } from './log-file.ts';
import { Runner } from './runner.ts';

export class Supervisor {
  readonly #runners: ReadonlyMap<string, Runner>;
  #stopped: Promise<void> | undefined;

  constructor(plan: SupervisorPlan, clock: Clock, onChange: () => void) {
    checkOrder(plan.processes);
    this.#runners = new Map(
      plan.processes.map((definition) => {
        const log = new LogFile(join(plan.logs, `${definition.name}.log`));
        const confine =
          plan.controlGroups === undefined
            ? undefined
            : confinement(plan.controlGroups, definition.name, (text) => log.line(text));
        return [definition.name, new Runner({ definition, log, clock, confine, onChange })];
      }),
    );
  }

  status(): ProcessStatus[] {
    return [...this.#runners.values()].map((runner) => runner.status());
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

  /** Stops every process, each after those that depend on it have ended. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopInReverse();
    return this.#stopped;
  }

  async #stopInReverse(): Promise<void> {
    const ended = new Map<string, Promise<void>>();
    const end = (runner: Runner): Promise<void> => {
      const { name } = runner.definition;
      const known = ended.get(name);
      if (known !== undefined) return known;
      const dependents = [...this.#runners.values()].filter((other) => other.definition.after.includes(name));
      const promise = Promise.all(dependents.map(end)).then(() => runner.stop());
      ended.set(name, promise);
      return promise;
    };
    await Promise.all([...this.#runners.values()].map(end));
  }
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
