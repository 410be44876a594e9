/**
 * Bytes on their way into one file, in order. What is written goes on beside what comes: buffers that are full wait in line, and all that do are written at once. How many may wait is bounded; so is how
 * much the kernel holds that is not on the disk yet.
 */
import type { FileHandle } from 'node:fs/promises';
import { writeAllAt } from './disk.ts';
import { WRITE_BYTES, type WriteBuffers } from './write-buffers.ts';

/** Given to the disk while more comes, so that the end need not wait for all of it. */
const SYNC_BYTES = 33_554_432;
/** Full buffers of one file, in line or being written, while few others are; and while many are. */
const FULL_MAX = 4;
const FULL_AMONG_MANY_MAX = 0;

interface Full {
  readonly buffer: Buffer;
  readonly length: number;
}

export class FileWriter {
  readonly #handle: FileHandle;
  readonly #buffers: WriteBuffers;
  /** The one that is being filled. */
  #buffer: Buffer | undefined;
  #held = 0;
  readonly #line: Full[] = [];
  /** In line or being written. */
  #full = 0;
  #added = 0;
  #written = 0;
  #unsynced = 0;
  #isRunning = false;
  #syncing: Promise<void> = Promise.resolve();
  #fault: { readonly error: unknown } | undefined;
  #onMove: (() => void) | undefined;

  constructor(handle: FileHandle, buffers: WriteBuffers) {
    this.#handle = handle;
    this.#buffers = buffers;
  }

  /** Takes a copy. A promise where there is something to wait for before the next. Throws, or rejects with, what a write failed with. */
  add(bytes: Uint8Array): Promise<void> | undefined {
    for (let at = 0; at < bytes.length; ) {
      this.#buffer ??= this.#buffers.take();
      const part = bytes.subarray(at, at + this.#buffer.length - this.#held);
      this.#buffer.set(part, this.#held);
      this.#held += part.length;
      at += part.length;
      if (this.#held >= WRITE_BYTES) this.#flush(this.#buffer);
    }
    this.#added += bytes.length;
    if (this.#fault !== undefined) throw this.#fault.error;
    return this.#full > this.#fullMax() ? this.#until(() => this.#full <= this.#fullMax()) : undefined;
  }

  /** Once: all that was added is written, and what was given to the disk is there; the rest is left to a sync. */
  async end(): Promise<void> {
    if (this.#buffer !== undefined) this.#flush(this.#buffer);
    await this.#until(() => this.#full === 0 && !this.#isRunning);
    await this.#syncing;
    if (this.#written !== this.#added)
      throw new Error(`${this.#written} of ${this.#added} bytes were written`);
  }

  /** Instead of the end, or after it: resolves once nobody uses the file or a buffer any more. */
  async close(): Promise<void> {
    this.#fault ??= { error: new Error('the file was given up') };
    if (this.#buffer !== undefined) this.#buffers.give(this.#buffer);
    this.#buffer = undefined;
    while (this.#isRunning) await this.#moved();
    await this.#syncing.catch(() => {});
  }

  #fullMax(): number {
    return this.#buffers.areMany ? FULL_AMONG_MANY_MAX : FULL_MAX;
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (this.#fault === undefined && !isSo()) await this.#moved();
    if (this.#fault !== undefined) throw this.#fault.error;
  }

  #moved(): Promise<void> {
    return new Promise((resolve) => {
      this.#onMove = resolve;
    });
  }

  #flush(buffer: Buffer): void {
    this.#line.push({ buffer, length: this.#held });
    [this.#buffer, this.#held] = [undefined, 0];
    this.#full += 1;
    if (!this.#isRunning) void this.#run();
  }

  /** Until nothing is in line. Never rejects. */
  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      while (this.#line.length > 0 && this.#fault === undefined) await this.#writeLine();
    } catch (error) {
      this.#fault ??= { error };
    } finally {
      // From the last look at the line to here nothing else ran: what joins it from now on begins another round.
      this.#isRunning = false;
      if (this.#fault !== undefined) this.#giveBack(this.#line.splice(0));
      this.#onMove?.();
    }
  }

  async #writeLine(): Promise<void> {
    const some = this.#line.splice(0);
    try {
      await writeAllAt(
        this.#handle,
        some.map(({ buffer, length }) => buffer.subarray(0, length)),
        this.#written,
      );
    } finally {
      this.#giveBack(some);
    }
    const length = some.reduce((sum, one) => sum + one.length, 0);
    this.#written += length;
    this.#unsynced += length;
    if (this.#unsynced >= SYNC_BYTES) await this.#sync();
    this.#onMove?.();
  }

  #giveBack(some: readonly Full[]): void {
    for (const { buffer } of some) this.#buffers.give(buffer);
    this.#full -= some.length;
  }

  /** One at a time. */
  async #sync(): Promise<void> {
    await this.#syncing;
    this.#unsynced = 0;
    this.#syncing = this.#handle.datasync();
    // Awaited with the next one; until then its fault is nobody's.
    this.#syncing.catch(() => {});
  }
}
