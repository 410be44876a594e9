/**
 * Bundles on their way from this browser into the region, piece by piece (`PUT /uploads/<name>?offset=N`). They go on while somebody looks at other pages of
 * the console; what broke off goes on at the very byte where the region stopped, now or later, from the same file.
 */
import type { Arrived } from '../../../../src/gap/import/uploads.ts';
import { ApiError, askJson } from '../../api/client.ts';

/** Small enough for progress to be seen, and below what the region takes in one request. */
const PIECE_BYTES = 4 * 1024 * 1024;
/** In a row; then a person decides. */
const RETRIES_MAX = 6;
const RETRY_MIN_MS = 500;
const TOO_MANY = 503;
const CONFLICT = 409;

export type UploadState = 'running' | 'stopped' | 'failed' | 'done';

export interface Upload {
  readonly name: string;
  readonly file: File;
  readonly state: UploadState;
  /** Bytes that the region has. */
  readonly bytes: number;
  readonly error: unknown;
}

class Uploads {
  readonly #all = new Map<string, Upload>();
  readonly #stops = new Map<string, AbortController>();
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  get(name: string): Upload | undefined {
    return this.#all.get(name);
  }

  /** Sends what the region does not have of it yet. One at a time of one name. */
  start(name: string, file: File): void {
    if (this.#all.get(name)?.state === 'running') return;
    this.#set({ name, file, state: 'running', bytes: 0, error: undefined });
    const stop = new AbortController();
    this.#stops.set(name, stop);
    void this.#send(name, file, stop.signal).then(
      () => this.#change(name, { state: 'done' }),
      (error) => this.#change(name, stop.signal.aborted ? { state: 'stopped' } : { state: 'failed', error }),
    );
  }

  stop(name: string): void {
    this.#stops.get(name)?.abort();
  }

  async #send(name: string, file: File, signal: AbortSignal): Promise<void> {
    const path = `/uploads/${encodeURIComponent(name)}`;
    let arrived: Arrived | undefined;
    let failures = 0;
    while (arrived?.complete !== true) {
      try {
        arrived =
          arrived === undefined
            ? await askJson<Arrived>(path, { signal })
            : await this.#piece(path, file, arrived.bytes, signal);
        failures = 0;
        this.#change(name, { bytes: arrived.bytes });
        if (!arrived.complete && arrived.bytes > file.size) throw new WrongFile();
      } catch (error) {
        failures += 1;
        if (signal.aborted || !mayPass(error) || failures > RETRIES_MAX) throw error;
        await pause(RETRY_MIN_MS * 2 ** (failures - 1), signal);
        // What came of the piece that broke off, only the region knows.
        arrived = undefined;
      }
    }
  }

  #piece(path: string, file: File, offset: number, signal: AbortSignal): Promise<Arrived> {
    const end = Math.min(file.size, offset + PIECE_BYTES);
    const last = end === file.size ? '&last=true' : '';
    return askJson<Arrived>(`${path}?offset=${offset}${last}`, {
      method: 'PUT',
      body: file.slice(offset, end),
      contentType: 'application/octet-stream',
      signal,
    });
  }

  #change(name: string, fields: Partial<Upload>): void {
    const before = this.#all.get(name);
    if (before !== undefined) this.#set({ ...before, ...fields });
  }

  #set(upload: Upload): void {
    this.#all.set(upload.name, upload);
    const isBusy = [...this.#all.values()].some(({ state }) => state === 'running');
    // Leaving the console altogether would end it.
    if (isBusy) addEventListener('beforeunload', warn);
    else removeEventListener('beforeunload', warn);
    for (const listener of this.#listeners) listener();
  }
}

/** More of it came than this file has. */
export class WrongFile extends Error {}

const warn = (event: BeforeUnloadEvent) => event.preventDefault();

/** Whether the same may do in a moment: nobody answered, too many at once, or another piece came first. */
const mayPass = (error: unknown): boolean =>
  error instanceof ApiError
    ? error.code === TOO_MANY || error.code === CONFLICT
    : !(error instanceof WrongFile);

const pause = (milliseconds: number, signal: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    signal.addEventListener('abort', stop, { once: true });
  });

export const uploads = new Uploads();
