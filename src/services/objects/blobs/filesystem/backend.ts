/** Blobs in a folder of this machine: large ones in a file each, small ones together in packs. */
import { mkdir } from 'node:fs/promises';
import type { Clock } from '#kernel/clock.ts';
import { release } from '../../memory.ts';
import { type BlobBackend, DamagedBlobError, MissingBlobError, type ScrubResult } from '../backend.ts';
import { gathered, streamed } from '../bytes.ts';
import { BlobFiles } from './files.ts';
import { placeOf } from './ids.ts';
import { SMALL_BYTES_MAX } from './pack-record.ts';
import { Packs } from './packs.ts';

export interface FilesystemOptions {
  readonly folder: string;
  readonly clock: Pick<Clock, 'now'>;
}

/** One process at a time may have a folder open. */
export async function filesystemBackend({ folder, clock }: FilesystemOptions): Promise<BlobBackend> {
  await mkdir(folder, { recursive: true });
  const files = new BlobFiles(folder);
  const packs = new Packs(folder);
  await files.open();
  await packs.open();

  async function* get(...[id, range, options]: Parameters<BlobBackend['get']>): AsyncGenerator<Uint8Array> {
    const place = placeOf(id);
    if (place === undefined) throw new MissingBlobError(`"${id}" names no blob`);
    if (place.in === 'file') yield* files.get(place.name, range, options?.authenticatedIn_bytes);
    else yield await packs.get(place, range ?? { from: 0, to: place.size });
  }

  return {
    name: 'filesystem',
    async put(bytes, { signal, size: announced = 0 } = {}) {
      if (bytes instanceof Uint8Array) {
        return bytes.length <= SMALL_BYTES_MAX
          ? packs.put(bytes, clock.now())
          : files.put(streamed(bytes), clock.now(), signal);
      }
      const source = bytes[Symbol.asyncIterator]();
      const held: Uint8Array[] = [];
      let size = 0;
      try {
        for (;;) {
          signal?.throwIfAborted();
          const next = await source.next();
          if (next.done === true) return await packs.put(Buffer.concat(held), clock.now());
          held.push(Buffer.from(next.value));
          size += next.value.length;
          if (size > SMALL_BYTES_MAX || announced > SMALL_BYTES_MAX) break;
        }
        return await files.put(chained(held, source), clock.now(), signal);
      } catch (error) {
        await source.return?.();
        throw error;
      }
    },
    get,
    async getWhole(id) {
      const place = placeOf(id);
      if (place?.in === 'pack') return packs.get(place, { from: 0, to: place.size });
      return gathered(get(id));
    },
    async isThere(id) {
      const place = placeOf(id);
      if (place === undefined) return false;
      return place.in === 'file' ? files.isThere(place.name) : packs.isThere(place);
    },
    async delete(ids) {
      const places = ids.map(placeOf);
      await files.delete(places.flatMap((place) => (place?.in === 'file' ? place.name : [])));
      await packs.delete(places.flatMap((place) => (place?.in === 'pack' ? place : [])));
    },
    async *list() {
      for await (const { id, size, stored_ms } of files.list()) yield { id, size, stored_ms };
      for await (const { id, size, stored_ms } of packs.list()) yield { id, size, stored_ms };
    },
    async *scrub({ after = '', signal } = {}): AsyncGenerator<ScrubResult> {
      await packs.tidyAll();
      async function* all() {
        yield* files.list();
        yield* packs.list();
      }
      for await (const { id, size, fault } of all()) {
        signal?.throwIfAborted();
        if (id <= after) continue;
        const found = fault ?? (await faultOf(get(id)));
        yield { id, size, ...(found === undefined ? {} : { fault: found }) };
      }
    },
    close: () => packs.close(),
  };
}

async function* chained(held: Uint8Array[], source: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  // Taken out: it would be held as long as the rest takes.
  for (let first = held.shift(); first !== undefined; first = held.shift()) yield first;
  for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
}

/** Reads all of it. What was deleted meanwhile has no fault. */
async function faultOf(bytes: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  try {
    // At the disk's speed that is much memory otherwise, until it is collected.
    for await (const read of bytes) release(read);
    return undefined;
  } catch (error) {
    if (error instanceof DamagedBlobError) return error.message;
    if (error instanceof MissingBlobError) return undefined;
    throw error;
  }
}
