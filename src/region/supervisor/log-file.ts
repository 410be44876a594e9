/**
 * A log file that never grows past a bound: at the limit it becomes `<name>.1`, the older `<name>.2`, and so on.
 * Writes are synchronous, so nothing is lost when the supervisor ends, and in the order they came.
 */
import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

export const LOG_BYTES_MAX = 4 * 1024 * 1024;
export const LOG_FILES_KEPT = 3;

export class LogFile {
  readonly #path: string;
  readonly #bytesMax: number;
  #descriptor: number;
  #size_bytes: number;

  constructor(path: string, bytesMax = LOG_BYTES_MAX) {
    this.#path = path;
    this.#bytesMax = bytesMax;
    this.#descriptor = openSync(path, 'a', 0o640);
    this.#size_bytes = fstatSync(this.#descriptor).size;
  }

  write(chunk: Uint8Array): void {
    if (this.#size_bytes > 0 && this.#size_bytes + chunk.length > this.#bytesMax) this.#rotate();
    let offset = 0;
    while (offset < chunk.length) offset += writeSync(this.#descriptor, chunk, offset);
    this.#size_bytes += chunk.length;
  }

  line(text: string): void {
    this.write(Buffer.from(`${text}\n`));
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #rotate(): void {
    closeSync(this.#descriptor);
    for (let number = LOG_FILES_KEPT - 1; number >= 1; number--) {
      moveIfPresent(number === 1 ? this.#path : `${this.#path}.${number - 1}`, `${this.#path}.${number}`);
    }
    this.#descriptor = openSync(this.#path, 'a', 0o640);
    this.#size_bytes = 0;
  }
}

function moveIfPresent(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
