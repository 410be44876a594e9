/** Files that are read often stay open; at most so many. */
import { type FileHandle, open } from 'node:fs/promises';

const OPEN_MAX = 64;

interface Held {
  readonly handle: FileHandle;
  uses: number;
  isDropped: boolean;
}

export class OpenFiles {
  readonly #held = new Map<string, Promise<Held>>();

  /** Calls with the file, open for reading and writing, and keeps it open for a while. Rejects as `open` does. */
  async use<T>(path: string, work: (handle: FileHandle) => Promise<T>): Promise<T> {
    const held = await this.#take(path);
    held.uses += 1;
    try {
      return await work(held.handle);
    } finally {
      held.uses -= 1;
      if (held.isDropped && held.uses === 0) await held.handle.close();
    }
  }

  /** The next use opens it anew. */
  async drop(path: string): Promise<void> {
    const opening = this.#held.get(path);
    this.#held.delete(path);
    const held = await opening?.catch(() => undefined);
    if (held === undefined) return;
    held.isDropped = true;
    if (held.uses === 0) await held.handle.close();
  }

  async close(): Promise<void> {
    for (const path of [...this.#held.keys()]) await this.drop(path);
  }

  async #take(path: string): Promise<Held> {
    for (;;) {
      let opening = this.#held.get(path);
      if (opening === undefined) {
        opening = open(path, 'r+').then((handle) => ({ handle, uses: 0, isDropped: false }));
        opening.catch(() => this.#held.delete(path));
      } else this.#held.delete(path);
      // Last in the map is what was used last.
      this.#held.set(path, opening);
      const [oldest] = this.#held.keys();
      if (this.#held.size > OPEN_MAX && oldest !== undefined) await this.drop(oldest);
      const held = await opening;
      if (!held.isDropped) return held;
    }
  }
}
