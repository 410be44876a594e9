/**
 * Writes `v1 Event` objects about other objects, in the background. What repeats raises a count instead of making
 * another event, and is written at most once a minute; an object that has too much to say is summed up by reason. Recording never
 * throws and never holds anybody up: an event that cannot be written is dropped, because the record is the ledger.
 */
import { createHash } from 'node:crypto';
import { systemActor } from '../access.ts';
import { type Clock, rfc3339 } from '../clock.ts';
import type { EventRecorder } from '../controller.ts';
import { isStatusError } from '../errors.ts';
import type { Kind } from '../kind.ts';
import type { Logger } from '../logger.ts';
import type { DraftObject, KubeObject } from '../object.ts';
import type { Random } from '../random.ts';
import type { Realms } from '../realm.ts';
import type { RealmId } from '../realm-id.ts';

/** Where events about realm-scoped objects are kept, as in Kubernetes. */
const DEFAULT_NAMESPACE = 'default';
/** Events on their way to the store, in all realms. More are dropped, and counted in the log. */
const PENDING_MAX = 1_000;
/** Series remembered for counting repeats; the least recently used one is forgotten. */
const SERIES_MAX = 4_096;
/** Different messages of one object and reason; what is more is one event, "(combined from similar events)". */
const MESSAGES_PER_REASON_MAX = 10;
/** A repeat is written at most this often. */
const REPEAT_INTERVAL_ms = 60_000;
/** A series that did not go on for so long starts anew. */
const SERIES_LIFETIME_ms = 10 * 60_000;
const MESSAGE_LENGTH_MAX = 1_024;
/** An event's name is the object's, a dot, and 16 digits: 253 in all, at most. */
const OBJECT_NAME_LENGTH_MAX = 253 - 17;

export interface EventRecorderOptions {
  readonly realms: Realms;
  /** The kind of `v1 Event`: the kernel knows no kind by name. */
  readonly kind: Kind;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

interface Series {
  readonly first_ms: number;
  count: number;
  /** What the stored event says. */
  written: number;
  last_ms: number;
  written_ms: number;
  /** A write is under way, or a timer set for the next one. */
  busy: boolean;
}

interface Occurrence {
  readonly realm: RealmId;
  readonly namespace: string;
  readonly name: string;
  readonly component: string;
  /** The object, as `involvedObject` names it: the object itself is not kept. */
  readonly involved: Readonly<Record<string, string>>;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

export interface RealmEventRecorder {
  /** The recorder of one controller in one realm. */
  recorder(realm: RealmId, component: string): EventRecorder;
  /** Resolves when everything recorded so far is written or dropped. */
  flush(): Promise<void>;
}

export class StoreEventRecorder implements RealmEventRecorder {
  readonly #options: EventRecorderOptions;
  /** In order of last use. */
  readonly #series = new Map<string, Series>();
  /** Digests of the different messages an object had, by object and reason; bounded like the series. */
  readonly #messages = new Map<string, Set<string>>();
  readonly #pending = new Set<Promise<void>>();
  #dropped = 0;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  recorder(realm: RealmId, component: string): EventRecorder {
    return {
      record: (object, type, reason, message) => {
        try {
          this.#record(realm, component, object, type, reason, message);
        } catch (error) {
          this.#options.logger.warn({ realm, reason, error: String(error) }, 'an event was dropped');
        }
      },
    };
  }

  async flush(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  #record(
    realm: RealmId,
    component: string,
    object: KubeObject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
  ): void {
    const text = this.#bounded(
      `${realm} ${object.metadata.uid} ${reason}`,
      message.slice(0, MESSAGE_LENGTH_MAX),
    );
    const namespace = object.metadata.namespace ?? DEFAULT_NAMESPACE;
    const digest = digestOf(JSON.stringify([object.metadata.uid, component, type, reason, text.key]));
    const name = `${object.metadata.name.slice(0, OBJECT_NAME_LENGTH_MAX)}.${digest}`;
    const series = this.#seriesOf(`${realm} ${namespace} ${name}`);
    series.count++;
    series.last_ms = this.#options.clock.now();
    const involved = referenceTo(object);
    const occurrence = { realm, namespace, name, component, involved, type, reason, message: text.message };
    if (!series.busy) this.#writeInTime(series, occurrence);
  }

  /** The message and what identifies its series: past a number of different messages, the reason alone. */
  #bounded(subject: string, message: string): { readonly key: string; readonly message: string } {
    const messages = this.#messages.get(subject) ?? new Set<string>();
    this.#messages.delete(subject);
    this.#messages.set(subject, messages);
    forgetOldest(this.#messages);
    const key = digestOf(message);
    if (messages.has(key)) return { key, message };
    if (messages.size >= MESSAGES_PER_REASON_MAX) {
      const combined = `(combined from similar events): ${message}`.slice(0, MESSAGE_LENGTH_MAX);
      return { key: '', message: combined };
    }
    messages.add(key);
    return { key, message };
  }

  #seriesOf(id: string): Series {
    const now_ms = this.#options.clock.now();
    const known = this.#series.get(id);
    this.#series.delete(id);
    const series =
      known && now_ms - known.last_ms < SERIES_LIFETIME_ms
        ? known
        : { first_ms: now_ms, count: 0, written: 0, last_ms: now_ms, written_ms: 0, busy: false };
    this.#series.set(id, series);
    forgetOldest(this.#series);
    return series;
  }

  /** Writes the series now, or when the interval since the last time is over. */
  #writeInTime(series: Series, occurrence: Occurrence): void {
    const { clock } = this.#options;
    const wait_ms = series.written === 0 ? 0 : series.written_ms + REPEAT_INTERVAL_ms - clock.now();
    series.busy = true;
    if (wait_ms <= 0) this.#write(series, occurrence);
    else clock.after(wait_ms, () => this.#write(series, occurrence));
  }

  #write(series: Series, occurrence: Occurrence): void {
    const { logger, clock } = this.#options;
    if (this.#pending.size >= PENDING_MAX) {
      this.#dropped++;
      series.busy = false;
      return;
    }
    if (this.#dropped > 0) {
      logger.warn({ dropped: this.#dropped }, 'events were dropped: too many at once');
      this.#dropped = 0;
    }
    const work = this.#store(series, occurrence)
      .then((count) => {
        series.written = count;
        series.written_ms = clock.now();
        series.busy = false;
        if (series.count > count) this.#writeInTime(series, occurrence);
      })
      .catch((error: unknown) => {
        series.busy = false;
        const { realm, reason } = occurrence;
        // A project on its way out, or gone, takes no events: that is ordinary.
        const expected = isStatusError(error, 'NotFound') || isStatusError(error, 'Forbidden');
        logger[expected ? 'debug' : 'warn']({ realm, reason, error: String(error) }, 'an event was dropped');
      })
      .finally(() => this.#pending.delete(work));
    this.#pending.add(work);
  }

  /** Raises the count of the stored event, or makes it. Gives the count of the series that was written. */
  async #store(series: Series, occurrence: Occurrence): Promise<number> {
    const { realms, kind, random } = this.#options;
    const { realm: id, namespace, name, component } = occurrence;
    const key = { namespace, name };
    const change = {
      actor: systemActor(id, `controller:${component}`),
      via: 'controller',
      requestId: random.uuid(),
    };
    return realms.use(id, async ({ resources, view }) => {
      const { count, first_ms } = series;
      const more = count - series.written;
      if (!view.entry(kind, key)) {
        const fresh = this.#draft(occurrence, more, first_ms, series.last_ms);
        await resources.create(kind, namespace, fresh, change);
        return count;
      }
      await resources.modify(kind, key, change, (current) => {
        const stored = current as unknown as { readonly count?: number; readonly firstTimestamp?: string };
        const next = this.#draft(occurrence, (stored.count ?? 0) + more, first_ms, series.last_ms);
        return {
          ...next,
          metadata: current.metadata,
          firstTimestamp: stored.firstTimestamp ?? next.firstTimestamp,
        };
      });
      return count;
    });
  }

  #draft(occurrence: Occurrence, count: number, first_ms: number, last_ms: number): DraftObject {
    const { kind } = this.#options;
    const { namespace, name, component, involved, type, reason, message } = occurrence;
    return {
      apiVersion: kind.apiVersion,
      kind: kind.kind,
      metadata: { name, namespace },
      involvedObject: involved,
      type,
      reason,
      message,
      count,
      firstTimestamp: rfc3339(first_ms),
      lastTimestamp: rfc3339(last_ms),
      source: { component },
      reportingComponent: component,
    };
  }
}

function referenceTo({ apiVersion, kind, metadata }: KubeObject): Readonly<Record<string, string>> {
  const { name, namespace, uid, resourceVersion } = metadata;
  return { apiVersion, kind, name, uid, resourceVersion, ...(namespace === undefined ? {} : { namespace }) };
}

/** Sixteen digits: enough to tell messages of one object apart. */
const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

function forgetOldest(map: Map<string, unknown>): void {
  if (map.size <= SERIES_MAX) return;
  const oldest = map.keys().next();
  if (!oldest.done) map.delete(oldest.value);
}
