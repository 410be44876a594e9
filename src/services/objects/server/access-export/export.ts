/**
 * Puts records of access into a bucket as objects, for buckets whose `spec.logging` asks for it: a convenience beside the access log, which is the record. Only what is on record already comes here. Lines
 * are held for minutes, so those of the last minutes are missing after a kill, and when the target cannot be written to; the region's log of itself says so.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '#kernel/clock.ts';
import type { Logger } from '#kernel/logger.ts';
import { organizationOf, type RealmId } from '#kernel/realm-id.ts';
import type { GateAccessRecord } from '../../gate/protocol.ts';
import { ownSession, ownTarget, putOwn } from '../own-writes.ts';
import type { Parts } from '../parts.ts';
import type { OpenBucket } from '../session.ts';
import { accessLine } from './line.ts';

export const EXPORTER = 'system:logging';
const EVERY_MS = 300_000;
/** Of one bucket; then they are put at once. */
const OBJECT_BYTES_MAX = 4 * 2 ** 20;
/** Of all; what is beyond is counted, and left out. */
const HELD_BYTES_MAX = 64 * 2 ** 20;
const UNIQUE_BYTES = 8;

export interface AccessExportOptions {
  readonly parts: Parts;
  /** Not of this class: what it writes is on record, and not exported again. */
  readonly record: (record: GateAccessRecord) => Promise<void>;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

interface Held {
  readonly realm: RealmId;
  readonly bucket: string;
  readonly lines: string[];
  bytes: number;
}

export class AccessExport {
  readonly #options: AccessExportOptions;
  #held = new Map<string, Held>();
  #held_bytes = 0;
  #leftOut = 0;
  #isPlanned = false;
  /** One after the other: what is not urgent takes no more than that. */
  #putting: Promise<void> = Promise.resolve();

  constructor(options: AccessExportOptions) {
    this.#options = options;
  }

  /** An access that is on record. */
  take(record: GateAccessRecord): void {
    const { bucket, realm, actor } = record;
    if (bucket === undefined || actor === EXPORTER) return;
    const { parts, clock } = this.#options;
    const time_ms = clock.now();
    parts.answers.bucket(realm, bucket).then(
      (settings) => {
        if ((settings as OpenBucket | null)?.spec.logging === undefined) return;
        this.#add(realm, bucket, `${accessLine(record, organizationOf(realm) ?? '', time_ms)}\n`);
      },
      // It has no key at the moment: then nothing was done in it either.
      () => {},
    );
  }

  /** All that is held, put where it belongs. */
  async flush(): Promise<void> {
    for (const name of [...this.#held.keys()]) this.#put(name);
    await this.#putting;
  }

  #add(realm: RealmId, bucket: string, line: string): void {
    const name = `${realm} ${bucket}`;
    const bytes = Buffer.byteLength(line);
    if (this.#held_bytes + bytes > HELD_BYTES_MAX) {
      this.#leftOut += 1;
      return;
    }
    const held = this.#held.get(name) ?? { realm, bucket, lines: [], bytes: 0 };
    this.#held.set(name, held);
    held.lines.push(line);
    held.bytes += bytes;
    this.#held_bytes += bytes;
    if (held.bytes >= OBJECT_BYTES_MAX) this.#put(name);
    else this.#plan();
  }

  #plan(): void {
    if (this.#isPlanned || this.#options.signal.aborted) return;
    this.#isPlanned = true;
    this.#options.clock.after(EVERY_MS, () => {
      this.#isPlanned = false;
      void this.flush();
    });
  }

  #put(name: string): void {
    const held = this.#held.get(name);
    if (held === undefined) return;
    this.#held.delete(name);
    this.#putting = this.#putting
      .then(() => this.#write(held))
      .catch((error: unknown) => {
        const { realm, bucket, lines } = held;
        const message = 'records of access were not put into the bucket that they are asked for in';
        this.#options.logger.warn({ err: error, realm, bucket, records: lines.length }, message);
      })
      .finally(() => {
        this.#held_bytes -= held.bytes;
        if (this.#leftOut > 0)
          this.#options.logger.warn(
            { records: this.#leftOut },
            'records of access were left out of buckets: there were too many',
          );
        this.#leftOut = 0;
      });
  }

  async #write({ realm, bucket, lines }: Held): Promise<void> {
    const { parts, record, clock, signal } = this.#options;
    const writing = { parts, realm, record, actor: EXPORTER, call: 'S3.PUT.LOG', signal };
    const session = ownSession(writing);
    const source = await session.bucket(bucket);
    const { logging } = source.spec;
    if (logging === undefined) return;
    const target = await ownTarget(session, source, logging.targetBucket, 'spec.logging.targetBucket');
    const key = `${logging.prefix}${stamp(clock.now())}-${randomBytes(UNIQUE_BYTES).toString('hex').toUpperCase()}`;
    const bytes = Buffer.from(lines.join(''));
    await putOwn(writing, source, target, { key, bytes, contentType: 'text/plain' });
  }
}

/** `2026-11-22-09-50-07`. */
const stamp = (time_ms: number): string =>
  new Date(time_ms).toISOString().slice(0, 19).replaceAll(/[T:]/g, '-');
