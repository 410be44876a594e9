/** Tells the region what buckets hold: those that changed, some at a time, so that it is known within a minute and a busy bucket is not counted with each request. */
import type { Clock } from '#kernel/clock.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import type { GateClient } from '../../gate/client.ts';
import type { MetadataStore } from '../../metadata/store.ts';

const EVERY_MS = 5_000;
/** Of those that changed, told of in one turn; the others in the next. */
const PORTION = 500;
const QUERIES_AT_ONCE = 8;
/** Buckets that wait. What is past it is told of with its next change, or in the hourly round. */
const WAITING_MAX = 100_000;
/** Of uploads that are not complete so many are counted, and no more. */
const UPLOADS_COUNTED_MAX = 1_000;

export interface UsageNotesOptions {
  readonly gate: () => Pick<GateClient, 'ask'>;
  readonly metadata: Pick<MetadataStore, 'usage' | 'uploads'>;
  readonly clock: Pick<Clock, 'after'>;
  /** Of a bucket that was asked about before it was written to; undefined once that is forgotten. */
  readonly realmOf: (uid: string) => RealmId | undefined;
  readonly onFault: (error: unknown) => void;
}

export class UsageNotes {
  readonly #options: UsageNotesOptions;
  #waiting = new Map<string, RealmId>();
  #cancel: (() => void) | undefined;
  #isStopped = false;

  constructor(options: UsageNotesOptions) {
    this.#options = options;
  }

  changed(uid: string, realm = this.#options.realmOf(uid)): void {
    if (this.#isStopped || realm === undefined) return;
    if (this.#waiting.size >= WAITING_MAX && !this.#waiting.has(uid)) return;
    this.#waiting.set(uid, realm);
    this.#plan();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
    this.#waiting.clear();
  }

  /** What of them is told now; the others wait. */
  async turn(): Promise<void> {
    const portion = [...this.#waiting].slice(0, PORTION);
    for (const [uid] of portion) this.#waiting.delete(uid);
    const buckets: (Awaited<ReturnType<UsageNotes['count']>> & { uid: string; realm: RealmId })[] = [];
    try {
      for (let at = 0; at < portion.length; at += QUERIES_AT_ONCE) {
        const some = portion.slice(at, at + QUERIES_AT_ONCE);
        buckets.push(
          ...(await Promise.all(
            some.map(async ([uid, realm]) => ({ uid, realm, ...(await this.count(uid)) })),
          )),
        );
      }
      if (buckets.length > 0) await this.#options.gate().ask('used', { buckets });
    } catch (error) {
      for (const [uid, realm] of portion) this.changed(uid, realm);
      throw error;
    }
  }

  /** As the Bucket's status has it: uploads that are not complete count as objects, and their bytes do not count. */
  async count(uid: string): Promise<{ readonly bytes: number; readonly objects: number }> {
    const { metadata } = this.#options;
    const [{ versions, bytes }, { entries }] = await Promise.all([
      metadata.usage(uid),
      metadata.uploads({ bucket: uid, prefix: '', limit: UPLOADS_COUNTED_MAX }),
    ]);
    return { bytes, objects: versions + entries.length };
  }

  #plan(): void {
    if (this.#cancel !== undefined || this.#isStopped) return;
    this.#cancel = this.#options.clock.after(EVERY_MS, () => {
      this.turn()
        .catch((error: unknown) => !this.#isStopped && this.#options.onFault(error))
        .finally(() => {
          this.#cancel = undefined;
          if (this.#waiting.size > 0) this.#plan();
        });
    });
  }
}

/** The same, and says of which buckets what they hold may have become another. */
export function counted(metadata: MetadataStore, changed: (uid: string) => void): MetadataStore {
  /** Whatever came of it: what failed may have been done. */
  const noting = <T>(uid: string, done: Promise<T>): Promise<T> => done.finally(() => changed(uid));
  return {
    ...metadata,
    put: (version) => noting(version.bucket, metadata.put(version)),
    remove: (removal) => noting(removal.bucket, metadata.remove(removal)),
    removeVersion: (bucket, ...rest) => noting(bucket, metadata.removeVersion(bucket, ...rest)),
    createUpload: (upload) => noting(upload.bucket, metadata.createUpload(upload)),
    completeUpload: (id, parts, version) =>
      noting(version.bucket, metadata.completeUpload(id, parts, version)),
    async abortUpload(id) {
      const upload = await metadata.upload(id);
      const wasThere = await metadata.abortUpload(id);
      if (upload !== undefined) changed(upload.bucket);
      return wasThere;
    },
  };
}
