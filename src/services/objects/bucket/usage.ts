/**
 * Writes into buckets' status what they hold, as the process that serves them says. Each write is a leaf for ever, so one that only changed in number waits for its minute; that
 * a bucket is empty now, or no longer, is told within seconds.
 */
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { ChangeContext, Realms } from '#kernel/realm.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { Bucket, type BucketObject } from './bucket.ts';

const EVERY_MS = 60_000;
const TURN_MS = 5_000;
/** What is said of more is not remembered; it is said again. */
const WAITING_MAX = 100_000;

export interface Usage {
  readonly bytes: number;
  readonly objects: number;
}

interface Report extends Usage {
  readonly realm: RealmId;
  readonly uid: string;
}

export interface UsageOptions {
  readonly realms: () => Pick<Realms, 'use'>;
  readonly clock: Clock;
  readonly change: (realm: RealmId) => ChangeContext;
  readonly onFault: (error: unknown) => void;
}

export class UsageReports {
  readonly #options: UsageOptions;
  readonly #waiting = new Map<string, Report>();
  #cancel: (() => void) | undefined;
  #isClosed = false;

  constructor(options: UsageOptions) {
    this.#options = options;
  }

  /** The newest counts. */
  note(report: Report): void {
    if (this.#isClosed || (this.#waiting.size >= WAITING_MAX && !this.#waiting.has(report.uid))) return;
    this.#waiting.set(report.uid, report);
    this.#cancel ??= this.#options.clock.after(TURN_MS, () => {
      this.#cancel = undefined;
      void this.#turn();
    });
  }

  /** At once, whatever was written when. */
  async write(realm: RealmId, uid: string, usage: Usage): Promise<void> {
    await this.#write({ realm, uid, ...usage });
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
    this.#waiting.clear();
  }

  async #turn(): Promise<void> {
    const reports = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const report of reports) {
      try {
        if (!(await this.#isDue(report))) this.note(report);
        else await this.#write(report);
      } catch (error) {
        // The organization is gone.
        if (!isStatusError(error, 'NotFound')) this.#options.onFault(error);
      }
    }
  }

  /** What is said as it stands there already is due, too: then there is nothing to write. */
  #isDue(report: Report): Promise<boolean> {
    return this.#find(report, (bucket) => {
      const known = bucket?.status?.usage;
      if (known === undefined || (known.objects === 0) !== (report.objects === 0) || isSame(known, report))
        return true;
      return this.#options.clock.now() - Date.parse(known.observedAt) >= EVERY_MS;
    });
  }

  async #find<T>({ realm, uid }: Report, read: (bucket: BucketObject | undefined) => T): Promise<T> {
    return this.#options.realms().use(realm, ({ view }) => {
      const found = view.byUid(uid);
      return read(
        found?.kind.resource === Bucket.resource ? (found.entry.object() as BucketObject) : undefined,
      );
    });
  }

  async #write(report: Report): Promise<void> {
    const { realms, change, clock } = this.#options;
    const bucket = await this.#find(report, (found) => found);
    if (bucket === undefined) return;
    const { bytes, objects, uid } = report;
    const { namespace = '', name } = bucket.metadata;
    try {
      await realms().use(report.realm, ({ resources }) =>
        resources.modify(
          Bucket,
          { namespace, name },
          change(report.realm),
          (current) =>
            current.metadata.uid !== uid || isSame(current.status?.usage, report)
              ? current
              : {
                  ...current,
                  status: { ...current.status, usage: { bytes, objects, observedAt: rfc3339(clock.now()) } },
                },
          { subresource: 'status' },
        ),
      );
    } catch (error) {
      if (!isStatusError(error, 'NotFound')) throw error;
    }
  }
}

const isSame = (known: Usage | undefined, { bytes, objects }: Usage): boolean =>
  known?.bytes === bytes && known.objects === objects;
