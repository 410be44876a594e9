/**
 * Files of a backup: compressed, then encrypted for its recipient in the format of age, so that what lies anywhere is worth nothing to whoever
 * finds it. Whole or not there, and only for their owner.
 */
import { createHash, type KeyObject } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress, createZstdDecompress } from 'node:zlib';
import { decrypt, encrypt } from '#gap/export/age/age.ts';
import { syncFolder } from '#trust/files.ts';

export const SEALED_SUFFIX = '.zst.age';
const MODE = 0o600;

export interface SealedFile {
  /** Of the file as it lies. */
  readonly bytes: number;
  /** `sha256:<hex>` of the same. */
  readonly digest: string;
}

/** Writes what comes out of `source` to `path`, for a raw X25519 key. In place of an older file. */
export async function sealInto(
  path: string,
  source: AsyncIterable<Uint8Array>,
  recipient: Buffer,
): Promise<SealedFile> {
  const draft = `${path}.new`;
  await rm(draft, { force: true });
  const digest = createHash('sha256');
  let bytes = 0;
  try {
    await pipeline(
      source,
      createZstdCompress(),
      (plain: AsyncIterable<Uint8Array>) => encrypt(plain, recipient),
      async function* (sealed: AsyncIterable<Buffer>) {
        for await (const chunk of sealed) {
          digest.update(chunk);
          bytes += chunk.length;
          yield chunk;
        }
      },
      createWriteStream(draft, { flags: 'wx', mode: MODE, flush: true }),
    );
    await rename(draft, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  return { bytes, digest: `sha256:${digest.digest('hex')}` };
}

/** What is in such a file, as a stream. It fails where the file was changed or cut, or is for another key. */
export function openSealed(path: string, identity: KeyObject): Readable {
  const out = new PassThrough();
  pipeline(
    createReadStream(path),
    (sealed: AsyncIterable<Buffer>) => decrypt(sealed, identity),
    createZstdDecompress(),
    out,
  ).catch((error: Error) => out.destroy(error));
  return out;
}

/** The same, of small files. Throws past `bytes_max`. */
export async function readSealed(path: string, identity: KeyObject, bytes_max: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of openSealed(path, identity) as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > bytes_max) throw new Error(`${path} has more than ${bytes_max} bytes in it`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** `sha256:<hex>` of a file. */
export async function digestOf(path: string): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) digest.update(chunk);
  return `sha256:${digest.digest('hex')}`;
}
