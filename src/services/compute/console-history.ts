/**
 * What consoles said. Incus gives each piece of a running instance's console once (reading takes it out of the ring), so
 * pieces are kept here, bounded, for whoever asks next. Lost when the region process ends: the journal is the first
 * choice, this is for systems that have none.
 */

export const HISTORY_BYTES_MAX = 256 * 1024;
export const HISTORIES_MAX = 512;

export class ConsoleHistory {
  /** By uid; the one used longest ago first. */
  readonly #texts = new Map<string, Buffer>();

  /** Adds a new piece and gives all there is of it. */
  append(uid: string, piece: Buffer): Buffer {
    const all = Buffer.concat([this.#texts.get(uid) ?? Buffer.alloc(0), piece]);
    const kept = all.subarray(Math.max(0, all.length - HISTORY_BYTES_MAX));
    this.#texts.delete(uid);
    this.#texts.set(uid, kept);
    const [oldest] = this.#texts.keys();
    if (this.#texts.size > HISTORIES_MAX && oldest !== undefined) this.#texts.delete(oldest);
    return kept;
  }

  get(uid: string): Buffer {
    return this.#texts.get(uid) ?? Buffer.alloc(0);
  }
}

const NEWLINE = 0x0a;

/** The last `count` lines; a last line without an end counts as one. */
export function lastLines(text: Buffer, count: number): Buffer {
  if (count === 0) return text.subarray(text.length);
  let from = text.length;
  if (text[from - 1] === NEWLINE) from--;
  for (let lines = 0; lines < count; lines++) {
    const before = from === 0 ? -1 : text.lastIndexOf(NEWLINE, from - 1);
    if (before < 0) return text;
    from = before;
  }
  return text.subarray(from + 1);
}
