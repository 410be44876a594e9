/**
 * How it came to the release that runs: one line of JSON a step, on disk before the next step begins. It is what `status` shows and what the region writes into its
 * ledger; which release runs is decided by `current.json` alone, which the supervisor replaces in one step when a release stays.
 */
import { chmod, open } from 'node:fs/promises';
import { join } from 'node:path';
import { type Static, Type } from 'typebox';
import type { Clock } from '#kernel/clock.ts';
import { checker } from '#kernel/schema/kind-schema.ts';
import { readIfThere, writeDurably } from '#trust/files.ts';

/** A release goes through these in this order. Then one of `ENDS`. */
export const STEPS = [
  'Started',
  'Installed',
  'Checked',
  'Migrated',
  'Switching',
  'OnTrial',
  'Healthy',
] as const;
/**
 * `Confirmed`: the new one runs. `Failed`: it did not come to a switch. `RolledBack`: it ran, was found wanting, and the one before runs again. `Interrupted`: whoever did
 * it was killed, and the one before runs.
 */
export const ENDS = ['Confirmed', 'Failed', 'RolledBack', 'Interrupted'] as const;
export type Step = (typeof STEPS)[number] | (typeof ENDS)[number] | 'RollingBack';

export const ENTRIES_MAX = 2_000;
const ENTRIES_KEPT = 1_000;
const MESSAGE_MAX = 2_000;

const ReleaseId = Type.Object({
  version: Type.String({ maxLength: 128 }),
  /** Of its manifest; of a checkout the fingerprint of its files. */
  digest: Type.String({ maxLength: 128 }),
  folder: Type.String({ maxLength: 4_096 }),
});
/** One release on this machine. */
export type ReleaseId = Static<typeof ReleaseId>;

const Entry = Type.Object({
  attempt: Type.Integer({ minimum: 1 }),
  at: Type.String({ maxLength: 64 }),
  step: Type.String({ maxLength: 32 }),
  message: Type.String({ maxLength: MESSAGE_MAX }),
  /** With `Started`: what is to come of what, and who said so. */
  from: Type.Optional(ReleaseId),
  to: Type.Optional(ReleaseId),
  why: Type.Optional(
    Type.Object({
      kind: Type.Union([Type.Literal('apply'), Type.Literal('rollback'), Type.Literal('emergency')]),
      /** The Release that people agreed on. */
      object: Type.String({ maxLength: 253 }),
      by: Type.String({ maxLength: 253 }),
      reason: Type.String({ maxLength: MESSAGE_MAX }),
    }),
  ),
});
export type Entry = Omit<Static<typeof Entry>, 'step'> & { readonly step: Step };
const problems = checker(Entry, '', { showValues: true });

const Current = Type.Object({
  ...ReleaseId.properties,
  attempt: Type.Integer({ minimum: 1 }),
  since: Type.String({ maxLength: 64 }),
  /** Those that ran before it, the newest first. */
  before: Type.Array(ReleaseId, { maxItems: 3 }),
});
export type Current = Static<typeof Current>;
const currentProblems = checker(Current, '', { showValues: true });

export const journalPath = (releases: string): string => join(releases, 'journal.jsonl');
export const currentPath = (releases: string): string => join(releases, 'current.json');

export const isEnd = (step: Step): boolean => (ENDS as readonly string[]).includes(step);

/** A line that a power cut left half is no step that was made. */
export async function readJournal(releases: string): Promise<readonly Entry[]> {
  const text = (await readIfThere(journalPath(releases))) ?? '';
  return text
    .split('\n')
    .flatMap((line) => {
      try {
        const value: unknown = JSON.parse(line);
        return problems(value).length === 0 ? [value as Entry] : [];
      } catch {
        return [];
      }
    })
    .slice(-ENTRIES_MAX);
}

/** Undefined while the region runs from the checkout that it was made from. */
export async function readCurrent(releases: string): Promise<Current | undefined> {
  const text = await readIfThere(currentPath(releases));
  if (text === undefined) return undefined;
  const value: unknown = JSON.parse(text);
  const [problem] = currentProblems(value);
  if (problem !== undefined)
    throw new Error(
      `${currentPath(releases)}: ${problem.field}: ${problem.message}; it says which release runs here`,
    );
  return value as Current;
}

export class Journal {
  readonly #releases: string;
  readonly #clock: Clock;

  constructor(releases: string, clock: Clock) {
    this.#releases = releases;
    this.#clock = clock;
  }

  /** Of the newest attempt. */
  async last(): Promise<readonly Entry[]> {
    const entries = await readJournal(this.#releases);
    const attempt = entries.at(-1)?.attempt;
    return entries.filter((entry) => entry.attempt === attempt);
  }

  /** Its number. Whoever calls holds the lock of releases. */
  async begin(details: Required<Pick<Entry, 'from' | 'to' | 'why'>>, message: string): Promise<number> {
    const entries = await readJournal(this.#releases);
    const attempt = (entries.at(-1)?.attempt ?? 0) + 1;
    // Also ends a half line.
    const kept = entries.length < ENTRIES_MAX ? entries : entries.slice(-ENTRIES_KEPT);
    await writeDurably(
      journalPath(this.#releases),
      kept.map((entry) => `${JSON.stringify(entry)}\n`).join(''),
      0o644,
    );
    await this.#append({ attempt, at: this.#now(), step: 'Started', message, ...details });
    return attempt;
  }

  async note(attempt: number, step: Step, message: string): Promise<void> {
    await this.#append({ attempt, at: this.#now(), step, message: message.slice(0, MESSAGE_MAX) });
  }

  #now(): string {
    // To the millisecond: what counts here is done within seconds.
    return new Date(this.#clock.now()).toISOString();
  }

  async #append(entry: Entry): Promise<void> {
    const path = journalPath(this.#releases);
    // What a power cut left half stays a line of its own, which nobody reads.
    const text = (await readIfThere(path)) ?? '';
    const start = text === '' || text.endsWith('\n') ? '' : '\n';
    const file = await open(path, 'a', 0o644);
    try {
      await file.writeFile(`${start}${JSON.stringify(entry)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await chmod(path, 0o644);
  }
}
