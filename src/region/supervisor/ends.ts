/** The ends of a process that its supervisor holds: where it writes, and where it speaks. They stay open from one life to the next, as what a process leaves behind may write on. */
import type { ChildMessage, ProcessDefinition } from './definition.ts';
import { Pipe, withWriters } from './pipe.ts';
import { type Running, start } from './running.ts';
import { listener, WORDS, WORDS_DESCRIPTOR } from './words.ts';

export interface EndsOptions {
  onOutput(chunk: Uint8Array): void;
  onMessage(message: ChildMessage): void;
}

export class Ends {
  readonly #path: string;
  readonly #options: EndsOptions;
  #output: Pipe | undefined;
  #words: Pipe | undefined;

  /** `path`: of its pipes, which have something after it. */
  constructor(path: string, options: EndsOptions) {
    this.#path = path;
    this.#options = options;
  }

  open({ speaks }: ProcessDefinition): readonly Pipe[] {
    const { onOutput, onMessage } = this.#options;
    this.#output ??= new Pipe(`${this.#path}.out`, onOutput);
    if (speaks) this.#words ??= new Pipe(`${this.#path}.words`, listener(onMessage));
    return this.#words === undefined ? [this.#output] : [this.#output, this.#words];
  }

  start(definition: ProcessDefinition): Running {
    const { env, speaks } = definition;
    const { onMessage } = this.#options;
    return withWriters(this.open(definition), ([output = 0, words]) =>
      start(definition, {
        output,
        words,
        env: speaks ? { ...env, [WORDS]: `${WORDS_DESCRIPTOR}` } : env,
        onMessage,
      }),
    );
  }

  /** What must stay open while the supervisor changes its program. */
  get descriptors(): number[] {
    return [this.#output, this.#words].flatMap((pipe) => (pipe === undefined ? [] : [pipe.descriptor]));
  }

  close(): void {
    this.#output?.close();
    this.#words?.close();
  }
}
