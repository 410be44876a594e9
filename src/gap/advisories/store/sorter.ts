/**
 * Puts more records than fit into memory in order: sorted runs in files of a scratch folder, then merged. Equal lines become one. The scratch
 * folder is the caller's to remove.
 */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { AdvisoryError } from '../problem.ts';

/** Characters held in memory before a run is written; a few times as many bytes. */
const RUN_CHARACTERS = 48 * 1024 * 1024;
/** Each is an open file while they are merged. */
const RUNS_MAX = 256;
/** Lines written at once. */
const WRITE_LINES = 4_096;

export class LineSorter {
  readonly #folder: string;
  readonly #run_max: number;
  readonly #runs: string[] = [];
  #lines: string[] = [];
  #characters = 0;

  constructor(folder: string, run_max = RUN_CHARACTERS) {
    this.#folder = folder;
    this.#run_max = run_max;
  }

  /** A line without its end; it holds no line break. */
  async add(line: string): Promise<void> {
    this.#lines.push(line);
    this.#characters += line.length;
    if (this.#characters >= this.#run_max) await this.#writeRun();
  }

  /** All lines in order, each once. */
  async *sorted(): AsyncGenerator<string> {
    const rest = this.#take();
    const heads: Head[] = [];
    for (const one of [...this.#runs.map(linesOf), arrayLines(rest)]) {
      const first = await one.next();
      if (!first.done) heads.push({ line: first.value, more: one });
    }
    let last: string | undefined;
    while (heads.length > 0) {
      let least = heads[0] as Head;
      for (const head of heads) if (head.line < least.line) least = head;
      if (least.line !== last) yield least.line;
      last = least.line;
      const next = await least.more.next();
      if (next.done) heads.splice(heads.indexOf(least), 1);
      else least.line = next.value;
    }
  }

  async #writeRun(): Promise<void> {
    if (this.#runs.length >= RUNS_MAX) {
      throw new AdvisoryError(
        'TooLarge',
        `there is more advisory data than ${RUNS_MAX} sorted runs can hold`,
      );
    }
    const lines = this.#take();
    const path = join(this.#folder, `run-${this.#runs.length}`);
    const file = await open(path, 'wx', 0o600);
    try {
      for (let at = 0; at < lines.length; at += WRITE_LINES) {
        await file.write(`${lines.slice(at, at + WRITE_LINES).join('\n')}\n`);
      }
    } finally {
      await file.close();
    }
    this.#runs.push(path);
  }

  #take(): string[] {
    const lines = this.#lines.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    this.#lines = [];
    this.#characters = 0;
    return lines;
  }
}

interface Head {
  line: string;
  readonly more: AsyncIterator<string>;
}

const linesOf = (path: string): AsyncIterator<string> =>
  createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })[
    Symbol.asyncIterator
  ]();

async function* arrayLines(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}
