/** A tar that begins with the manifest and is whole to its end: put together, and taken apart, as a stream. The rest of it is tar's own matter. */
import { Readable } from 'node:stream';
import type { Kind } from '#kernel/kind.ts';
import { MANIFEST_ENTRY } from '../sources/source.ts';
import type { Manifest } from '../tar/manifest.ts';
import { TarError } from '../tar/read.ts';

const BLOCK_BYTES = 512;
/** A tar ends with two blocks of zeroes; one that was broken off does not. */
const END_BYTES = 2 * BLOCK_BYTES;
export const MANIFEST_BYTES_MAX = 1024 ** 2;

/** The manifest's entry, then `tar` as it is. Fails at the end when `tar` has none. Destroying it destroys `tar`. */
export function framed(manifest: Buffer, tar: Readable): Readable {
  async function* parts(): AsyncGenerator<Buffer> {
    let last: Buffer = Buffer.alloc(0);
    try {
      yield manifest;
      for await (const chunk of tar as AsyncIterable<Buffer>) {
        last =
          chunk.length >= END_BYTES
            ? chunk.subarray(-END_BYTES)
            : Buffer.concat([last, chunk]).subarray(-END_BYTES);
        yield chunk;
      }
    } finally {
      tar.destroy();
    }
    if (last.length < END_BYTES || last.some((byte) => byte !== 0)) {
      throw new Error('what was read broke off before its end');
    }
  }
  return Readable.from(parts(), { objectMode: false });
}

/** The manifest's bytes, and what follows it. Throws when it does not begin with one. */
export async function unframed(
  tar: AsyncIterable<Uint8Array>,
): Promise<{ readonly manifest: Buffer; readonly rest: AsyncIterable<Uint8Array> }> {
  const source = tar[Symbol.asyncIterator]();
  let buffered: Buffer = Buffer.alloc(0);
  const atLeast = async (bytes: number) => {
    while (buffered.length < bytes) {
      const { value, done } = await source.next();
      if (done) throw new TarError('it breaks off within its first entry');
      buffered = Buffer.concat([buffered, value]);
    }
  };
  await atLeast(BLOCK_BYTES);
  const name = text(buffered, 0, 100);
  const size = Number.parseInt(text(buffered, 124, 12), 8);
  if (name !== MANIFEST_ENTRY || !Number.isInteger(size) || size > MANIFEST_BYTES_MAX) {
    throw new TarError(`it does not begin with ${MANIFEST_ENTRY}`);
  }
  const end = BLOCK_BYTES + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  await atLeast(end);
  const manifest = buffered.subarray(BLOCK_BYTES, BLOCK_BYTES + size);
  const first = buffered.subarray(end);
  async function* rest(): AsyncGenerator<Uint8Array> {
    try {
      if (first.length > 0) yield first;
      for (;;) {
        const { value, done } = await source.next();
        if (done) return;
        yield value;
      }
    } finally {
      await source.return?.();
    }
  }
  return { manifest, rest: rest() };
}

/** What a manifest says. Throws when it is of another kind, or none. Whether its spec is right is for the kind's schema to check, when the object is made. */
export function manifestOf(bytes: Buffer, kind: Kind): Manifest {
  const manifest = JSON.parse(bytes.toString('utf8')) as Partial<Manifest> | null;
  if (manifest?.kind !== kind.kind || typeof manifest.spec !== 'object' || !manifest.metadata) {
    throw new TarError(`it is a ${manifest?.kind}, and no ${kind.kind}`);
  }
  return manifest as Manifest;
}

const text = (block: Buffer, from: number, length: number): string => {
  const field = block.subarray(from, from + length);
  const end = field.indexOf(0);
  return field
    .subarray(0, end < 0 ? length : end)
    .toString('latin1')
    .trim();
};
