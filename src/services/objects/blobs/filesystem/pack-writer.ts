/** Appends small blobs to a pack: all that come while the disk is busy with earlier ones go there together, with one wait for the disk. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredBlob } from '../backend.ts';
import { diskError, syncFolder, writeAt } from './disk.ts';
import { packedId } from './ids.ts';
import { HEAD_BYTES, headOf } from './pack-record.ts';

/** A pack is rewritten as a whole, so this bounds the room and the time which that takes. */
export const PACK_BYTES_MAX = 134_217_728;
/** Written at once. */
const BATCH_BYTES_MAX = 8_388_608;
const NAME_BYTES = 8;

interface Waiting {
  readonly bytes: Uint8Array;
  readonly stored_ms: number;
  readonly resolve: (stored: StoredBlob) => void;
  readonly reject: (error: unknown) => void;
}

interface OpenPack {
  readonly name: string;
  readonly handle: FileHandle;
  length: number;
}

export class PackWriter {
  readonly #folder: string;
  readonly #onEnd: (pack: string) => void;
  #waiting: Waiting[] = [];
  #pack: OpenPack | undefined;
  #working: Promise<void> | undefined;

  /** `onEnd`: nothing more comes into that pack. Packs of earlier processes are not written to. */
  constructor(folder: string, onEnd: (pack: string) => void) {
    this.#folder = folder;
    this.#onEnd = onEnd;
  }

  /** The pack that is being written, which nobody else may touch. */
  get current(): string | undefined {
    return this.#pack?.name;
  }

  put(bytes: Uint8Array, stored_ms: number): Promise<StoredBlob> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes, stored_ms, resolve, reject });
      this.#working ??= this.#work();
    });
  }

  async close(): Promise<void> {
    await this.#working;
    await this.#end();
  }

  async #work(): Promise<void> {
    // What else comes in this turn goes along.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) await this.#write(this.#take());
    this.#working = undefined;
  }

  #take(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const one of this.#waiting) {
      bytes += one.bytes.length + HEAD_BYTES;
      if (count > 0 && bytes > BATCH_BYTES_MAX) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    try {
      this.#pack ??= await this.#begin();
      const pack = this.#pack;
      const parts: Uint8Array[] = [];
      const ids: string[] = [];
      let offset = pack.length;
      for (const { bytes, stored_ms } of batch) {
        ids.push(packedId(pack.name, offset, bytes.length));
        parts.push(headOf(bytes, stored_ms), bytes);
        offset += HEAD_BYTES + bytes.length;
      }
      await writeAt(pack.handle, Buffer.concat(parts), pack.length);
      await pack.handle.datasync();
      pack.length = offset;
      batch.forEach(({ bytes, resolve }, index) => {
        resolve({ id: ids[index] ?? '', size: bytes.length });
      });
      if (pack.length >= PACK_BYTES_MAX) await this.#end();
    } catch (error) {
      for (const { reject } of batch) reject(diskError(error));
      // What is half there is nobody's, and nothing is written behind it.
      await this.#giveUp().catch(() => {});
    }
  }

  async #begin(): Promise<OpenPack> {
    const name = randomBytes(NAME_BYTES).toString('hex');
    const handle = await open(join(this.#folder, `${name}.pack`), 'wx', 0o600);
    await syncFolder(this.#folder);
    return { name, handle, length: 0 };
  }

  /** A full disk refuses again and again: what that leaves must not take room, nor be a file each time. */
  async #giveUp(): Promise<void> {
    const pack = this.#pack;
    if (pack === undefined) return;
    await pack.handle.truncate(pack.length).catch(() => {});
    await this.#end();
    if (pack.length === 0) await rm(join(this.#folder, `${pack.name}.pack`), { force: true });
  }

  async #end(): Promise<void> {
    const pack = this.#pack;
    this.#pack = undefined;
    if (pack === undefined) return;
    await pack.handle.close();
    this.#onEnd(pack.name);
  }
}
