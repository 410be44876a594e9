/**
 * Incus images, kept in the default project: tenants' projects have no images of their own and share these. An image
 * is only ever imported from a local file whose SHA-256 was checked; nothing is fetched from a remote server.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { IncusError, isIncusError } from './errors.ts';
import { change, waitFor } from './operations.ts';
import type { IncusTransport } from './transport.ts';
import type { Config, IncusImage } from './types.ts';

const UPLOAD_LIMIT_MS = 30 * 60_000;

export interface ImageFile {
  /** A unified image tarball: `metadata.yaml` and `rootfs/` in one. */
  readonly file: string;
  readonly properties: Config;
}

export class Images {
  readonly #transport: IncusTransport;

  constructor(transport: IncusTransport) {
    this.#transport = transport;
  }

  async list(): Promise<readonly IncusImage[]> {
    return this.#transport.list<IncusImage>('/1.0/images', { query: { recursion: 1 } });
  }

  async get(fingerprint: string): Promise<IncusImage> {
    return (await this.#transport.get<IncusImage>(path(fingerprint))).value;
  }

  /** Streams the file in and gives the image's fingerprint: the SHA-256 of the file. An image already there is kept. */
  async import(image: ImageFile, signal?: AbortSignal): Promise<string> {
    const { size } = await stat(image.file);
    const options = { timeout_ms: UPLOAD_LIMIT_MS, ...(signal ? { signal } : {}) };
    const operation = await this.#transport.upload('/1.0/images', createReadStream(image.file), size, {
      ...options,
      headers: { 'x-incus-properties': new URLSearchParams(image.properties).toString() },
    });
    try {
      const done = await waitFor(this.#transport, operation, { limit_ms: UPLOAD_LIMIT_MS, ...options });
      const fingerprint = done.metadata?.fingerprint;
      if (typeof fingerprint !== 'string') throw new IncusError('Failed', 'Incus gave no fingerprint');
      return fingerprint;
    } catch (error) {
      if (isIncusError(error, 'AlreadyExists')) return fileSha256(image.file);
      throw error;
    }
  }

  /** Sets properties, leaving the others. */
  async setProperties(fingerprint: string, properties: Config): Promise<void> {
    await change(this.#transport, 'PATCH', path(fingerprint), { properties });
  }

  async delete(fingerprint: string): Promise<void> {
    await change(this.#transport, 'DELETE', path(fingerprint), undefined);
  }
}

/** Lower-case hex. */
export async function fileSha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

const path = (fingerprint: string) => `/1.0/images/${encodeURIComponent(fingerprint)}`;
