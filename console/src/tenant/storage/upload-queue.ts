/** Files on their way into buckets: a few at a time, whichever page is shown, until they are there, failed or were cancelled. */
import { useSyncExternalStore } from 'react';
import { sendFile } from './send-file.ts';

/** Files on their way at once; others wait. */
const FILES_AT_ONCE_MAX = 2;
/** In the list, those that are there already among them. */
export const UPLOADS_MAX = 1_000;

export type UploadState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';

export interface Upload {
  readonly id: number;
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  readonly sent: number;
  readonly state: UploadState;
  /** While it runs: nobody answers, and it waits. */
  readonly isLost: boolean;
  readonly error: unknown;
}

interface Kept {
  upload: Upload;
  readonly file: File;
  stop: AbortController;
}

class UploadQueue {
  readonly #kept = new Map<number, Kept>();
  readonly #listeners = new Set<() => void>();
  #shown: readonly Upload[] = [];
  #next = 1;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly uploads = (): readonly Upload[] => this.#shown;

  /** How many of them the list had room for. */
  add(bucket: string, files: readonly { readonly key: string; readonly file: File }[]): number {
    const taken = files.slice(0, UPLOADS_MAX - this.#kept.size);
    for (const { key, file } of taken) {
      const id = this.#next++;
      const upload: Upload = {
        id,
        bucket,
        key,
        size: file.size,
        sent: 0,
        state: 'waiting',
        isLost: false,
        error: undefined,
      };
      this.#kept.set(id, { upload, file, stop: new AbortController() });
    }
    this.#tell();
    this.#go();
    return taken.length;
  }

  cancel(id: number): void {
    const kept = this.#kept.get(id);
    if (kept === undefined) return;
    kept.stop.abort(new DOMException('cancelled', 'AbortError'));
    if (kept.upload.state === 'waiting') this.#change(kept, { state: 'cancelled' });
  }

  /** One that failed or was cancelled, from its beginning. */
  again(id: number): void {
    const kept = this.#kept.get(id);
    if (kept?.upload.state !== 'failed' && kept?.upload.state !== 'cancelled') return;
    kept.stop = new AbortController();
    this.#change(kept, { state: 'waiting', sent: 0, error: undefined });
    this.#go();
  }

  /** Those that are on their way stay. */
  clear(bucket: string): void {
    for (const [id, { upload }] of this.#kept) {
      if (upload.bucket === bucket && upload.state !== 'waiting' && upload.state !== 'running')
        this.#kept.delete(id);
    }
    this.#tell();
  }

  #go(): void {
    const kept = [...this.#kept.values()];
    const room = FILES_AT_ONCE_MAX - kept.filter(({ upload }) => upload.state === 'running').length;
    for (const one of kept.filter(({ upload }) => upload.state === 'waiting').slice(0, Math.max(0, room)))
      void this.#send(one);
  }

  async #send(kept: Kept): Promise<void> {
    const { file, stop, upload } = kept;
    const { bucket, key } = upload;
    const { signal } = stop;
    this.#change(kept, { state: 'running' });
    try {
      await sendFile({
        bucket,
        key,
        file,
        signal,
        onProgress: (sent) => this.#change(kept, { sent }),
        onLost: (isLost) => isLost !== kept.upload.isLost && this.#change(kept, { isLost }),
      });
      this.#change(kept, { state: 'done', sent: file.size, isLost: false });
    } catch (error) {
      const how = signal.aborted ? ({ state: 'cancelled' } as const) : ({ state: 'failed', error } as const);
      this.#change(kept, { ...how, isLost: false });
    }
    this.#go();
  }

  #change(kept: Kept, change: Partial<Upload>): void {
    kept.upload = { ...kept.upload, ...change };
    this.#tell();
  }

  #tell(): void {
    this.#shown = [...this.#kept.values()].map(({ upload }) => upload);
    for (const listener of this.#listeners) listener();
  }
}

export const uploadQueue = new UploadQueue();

addEventListener('beforeunload', (event) => {
  if (uploadQueue.uploads().some(({ state }) => state === 'running' || state === 'waiting'))
    event.preventDefault();
});

export function useUploads(bucket: string): readonly Upload[] {
  return useSyncExternalStore(uploadQueue.subscribe, uploadQueue.uploads).filter(
    (upload) => upload.bucket === bucket,
  );
}
