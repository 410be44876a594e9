/**
 * What can be backed up: one source a kind. A source gives what lies in an object as one tar, and makes an object of such a tar again; it knows nothing of
 * repositories, schedules or retention. All of it runs in the region process, and holds a bounded part of a stream at a time.
 */
import type { Readable } from 'node:stream';
import type { Verb } from '#kernel/access.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Kind } from '#kernel/kind.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { ChangeContext, ObjectKey, Realm } from '#kernel/realm.ts';

/** The first entry of every tar: JSON of the object, `{apiVersion, kind, metadata: {name, labels}, spec}`, so that it can be made again where nobody knows it. */
export const MANIFEST_ENTRY = 'casemate.json';

/** On behalf of whom, and for how long. */
export interface SourceContext {
  readonly realm: Realm;
  /** Changes are made as the plan's service account, so guardrails, quotas and the ledger see that one. */
  readonly change: ChangeContext;
  /** Throws `forbidden` unless the service account may do that. Sources ask before they read or change anything by an engine, which asks nobody. */
  require(verb: Verb, kind: Kind, key: ObjectKey, subresource?: string): Promise<void>;
  /** An access key of the service account, that ends with the run. */
  accessKey(): Promise<S3Credentials>;
  readonly clock: Clock;
  /** Something of the object cannot be saved, and the rest is: `3 objects are encrypted with a key that only their owner has`. */
  warn(text: string): void;
  /** Aborts when the run is over its time, was deleted, or the region stops. */
  readonly signal: AbortSignal;
}

export interface S3Credentials {
  readonly accessKey: string;
  readonly secret: string;
}

/** One object in one run. */
export interface SourceItem {
  readonly object: KubeObject;
  /** Of the Backup: `[a-z0-9-]`, at most 36 characters (a uid). What a source makes for a run carries it, so that it is found again. */
  readonly run: string;
}

export interface RestoreInto {
  /** In the Backup's project, or the Restore's. */
  readonly namespace: string;
  readonly name: string;
  /** True: the object of that name is there, and becomes what it was. False: none of that name is there, and it is made. */
  readonly inPlace: boolean;
  /** Of the Restore, as `SourceItem.run`: a restore that was broken off begins again with the same one. */
  readonly run: string;
}

export interface BackupSource {
  readonly kind: Kind;
  /**
   * Takes what is read afterwards, at one moment, where the engine can (a snapshot). All items of a run are held before the first one is read. Twice with the
   * same run: what was taken first.
   */
  hold(item: SourceItem, context: SourceContext): Promise<void>;
  /**
   * The tar of what was held. The same content gives the same bytes: entries in a fixed order, nothing that only tells when or how it was read, no
   * compression; that is what deduplication lives on. Destroying the stream ends the reading.
   */
  open(item: SourceItem, context: SourceContext): Promise<Readable>;
  /** Lets go of what was held; nothing was: nothing happens. Called also after a crash, in another process. */
  release(
    item: SourceItem,
    context: Pick<SourceContext, 'realm' | 'change' | 'clock' | 'signal'>,
  ): Promise<void>;
  /**
   * Makes the object of a tar, to its end (the trailing zeroes), then resolves. Where it fails: in place the object is as it was before if the engine can do
   * that, else says in its error what it is; a new one is removed again, unless it can be completed by another attempt.
   */
  restore(tar: Readable, into: RestoreInto, context: SourceContext): Promise<void>;
}
