/**
 * A witness: answers `add-checkpoint` one at a time for each log, keeps what it is about to cosign, and only then cosigns. Never cosigns two
 * histories of one log, whatever comes and wherever it is interrupted.
 */
import type { Clock } from '#kernel/clock.ts';
import { SIZE_CONTENT_TYPE } from '#kernel/log/add-checkpoint.ts';
import { formatCheckpointList } from '#kernel/log/checkpoint.ts';
import { cosign } from '#kernel/log/cosignature.ts';
import { parseNote } from '#kernel/log/note.ts';
import { decide, NOT_FOLLOWED, type Refusal, readRequest } from './decide.ts';
import type { WitnessFolder } from './folder.ts';

export interface WitnessAnswer {
  readonly code: number;
  readonly contentType: string;
  readonly body: string;
}

export interface WitnessEvents {
  /** A log was caught; `file` holds the evidence. */
  splitView(origin: string, file: string | undefined): void;
}

const text = (code: number, body: string): WitnessAnswer => ({
  code,
  contentType: 'text/plain; charset=utf-8',
  body,
});

function answerOf(refusal: Refusal): WitnessAnswer {
  return refusal.type === 'refuse'
    ? text(refusal.code, `${refusal.message}\n`)
    : { code: 409, contentType: SIZE_CONTENT_TYPE, body: `${refusal.size}\n` };
}

export class Witness {
  readonly #folder: WitnessFolder;
  readonly #clock: Clock;
  readonly #events: WitnessEvents;
  /** What runs for each log: the next waits for it. */
  readonly #running = new Map<string, Promise<unknown>>();

  constructor(folder: WitnessFolder, clock: Clock, events: WitnessEvents) {
    this.#folder = folder;
    this.#clock = clock;
    this.#events = events;
  }

  /** Answers the body of an `add-checkpoint`. */
  async addCheckpoint(body: string): Promise<WitnessAnswer> {
    const read = readRequest(body);
    if ('refusal' in read) return answerOf(read.refusal);
    const { origin, request } = read;
    const verifiers = (await this.#folder.logs()).get(origin) ?? [];
    // Of a log that is not followed nothing is kept, not even a place to wait.
    if (verifiers.length === 0) return answerOf(NOT_FOLLOWED);
    return this.#alone(origin, async () => {
      const decision = decide(request, verifiers, await this.#folder.latest(origin));
      if (decision.type === 'cosign') return this.#cosign(origin, decision.note);
      if (decision.evidence !== undefined) {
        this.#events.splitView(origin, await this.#folder.accuse(origin, decision.evidence));
      }
      return answerOf(decision);
    });
  }

  /** What it cosigned last of each log it follows, for monitors to compare. */
  async latest(): Promise<string> {
    const origins = [...(await this.#folder.logs()).keys()].sort();
    const notes = await Promise.all(origins.map((origin) => this.#folder.latest(origin)));
    return formatCheckpointList(notes.filter((note) => note !== undefined));
  }

  async #cosign(origin: string, note: string): Promise<WitnessAnswer> {
    const { text: body } = parseNote(note);
    const time_s = Math.floor(this.#clock.now() / 1_000);
    const lines = await Promise.all(this.#folder.cosigners.map((cosigner) => cosign(body, cosigner, time_s)));
    // Signed before it is kept, so that it is kept with its cosignatures; given out after.
    await this.#folder.keep(origin, `${note}${lines.join('')}`);
    return text(200, lines.join(''));
  }

  async #alone<T>(origin: string, work: () => Promise<T>): Promise<T> {
    const before = this.#running.get(origin) ?? Promise.resolve();
    const own = before.then(work, work);
    this.#running.set(origin, own);
    try {
      return await own;
    } finally {
      if (this.#running.get(origin) === own) this.#running.delete(origin);
    }
  }
}
