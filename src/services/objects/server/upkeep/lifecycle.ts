/**
 * Carries out the rules of a bucket's lifecycle: all its versions and uploads, page by page. What goes is on record before it goes, as done by `system:lifecycle`, and goes only if it still is what was
 * looked at. A round that is broken off goes on where it was.
 */
import { randomUUID } from 'node:crypto';
import type { RealmId } from '#kernel/realm-id.ts';
import type { GateAccessRecord } from '../../gate/protocol.ts';
import { isKept } from '../../metadata/lock.ts';
import {
  LIST_MAX,
  type MetadataStore,
  type ObjectVersion,
  type Upload,
  type VersionEntry,
} from '../../metadata/store.ts';
import type { Parts } from '../parts.ts';
import type { Recorder } from '../recorder.ts';
import { type OpenBucket, Session } from '../session.ts';
import { headersOf } from '../stored.ts';
import { type Due, dueUpload, dueVersion, hasTags, type LifecycleRule } from './lifecycle-rules.ts';

const ACTOR = 'system:lifecycle';
const REMOVED_AT_ONCE = 32;
const KEY_MAX = 1_024;

/** As S3's own log of access calls them. */
const EXPIRE = 'S3.EXPIRE.OBJECT';
const MARK = 'S3.CREATE.DELETEMARKER';
const ABORT = 'S3.DELETE.UPLOAD';

export interface LifecycleOptions {
  readonly parts: Parts;
  readonly recorder: Pick<Recorder, 'record'>;
  readonly signal: AbortSignal;
  /** Entries of a page; LIST_MAX by default. */
  readonly page?: number;
}

export const lifecycleTask = (uid: string): string => `lifecycle/${uid}`;

/** A version that a rule may be meant for, once it was looked into. */
interface Candidate {
  readonly key: string;
  readonly versionId: string;
  readonly position: string;
  readonly due: readonly Due[];
  /** `current`: it gets a delete marker, or goes where there are no versions. `marker`: a delete marker that is alone. */
  readonly is: 'current' | 'noncurrent' | 'marker';
}

interface Round {
  readonly bucket: OpenBucket;
  readonly session: Session;
  readonly rules: readonly LifecycleRule[];
  readonly now_ms: number;
}

/** The name that is being gone through: its versions may be on several pages. */
interface Name {
  readonly key: string;
  versions: number;
  last_ms: number;
  /** The newest, where it is a delete marker that a rule is meant for. */
  marker?: Candidate;
}

type ListedVersion = Extract<VersionEntry, { readonly version: unknown }>;

export class Lifecycle {
  readonly #options: LifecycleOptions;

  constructor(options: LifecycleOptions) {
    this.#options = options;
  }

  /** One bucket, to its end. Gives how many went; notes how far it came. Throws what stands in the way; then it goes on there next time. */
  async run(realm: RealmId, name: string, uid: string): Promise<number> {
    const { parts, signal } = this.#options;
    const session = new Session({
      parts,
      realm,
      call: { call: 'ListBuckets', prefix: '' },
      requestId: randomUUID(),
      payload: { form: 'unsigned' },
      body: (async function* () {})(),
      isAborted: signal,
    });
    const bucket = await session.bucket(name);
    // Made anew meanwhile, or on its way out: then it is emptied as a whole.
    if (bucket.uid !== uid || bucket.isDeleting) return 0;
    const rules = (bucket.spec.lifecycle ?? []).filter(({ enabled }) => enabled);
    const round = { bucket, session, rules, now_ms: session.now_ms };
    const removed = (await this.#versions(round)) + (await this.#uploads(round));
    if (!signal.aborted) await parts.metadata.noteProgress(lifecycleTask(uid), { done_ms: round.now_ms });
    return removed;
  }

  async #versions(round: Round): Promise<number> {
    const { parts, signal, page = LIST_MAX } = this.#options;
    const { uid } = round.bucket;
    const task = lifecycleTask(uid);
    const known = await parts.metadata.progress(task);
    const at = { after: known?.place, afterVersion: undefined as string | undefined };
    let name: Name | undefined;
    let removed = 0;
    while (!signal.aborted) {
      const { entries, isTruncated } = await parts.metadata.listVersions({
        bucket: uid,
        prefix: '',
        limit: page,
        ...(at.after === undefined ? {} : { after: at.after }),
        ...(at.afterVersion === undefined ? {} : { afterVersion: at.afterVersion }),
      });
      const candidates: Candidate[] = [];
      let before: string | undefined;
      for (const entry of entries) {
        if (!('version' in entry)) continue;
        const { version } = entry;
        if (name?.key !== version.key) {
          if (name !== undefined) before = name.key;
          candidates.push(...loneMarker(name));
          name = { key: version.key, versions: 0, last_ms: 0 };
        }
        candidates.push(...candidatesOf(entry, name, round));
        at.after = version.key;
        at.afterVersion = entry.position;
      }
      if (!isTruncated) candidates.push(...loneMarker(name));
      removed += await this.#each(candidates, (candidate) => this.#remove(candidate, round));
      if (!isTruncated) break;
      // What is done is done up to the name before this one, which may go on.
      if (before !== undefined && !signal.aborted)
        await parts.metadata.noteProgress(task, { done_ms: known?.done_ms ?? 0, place: before });
    }
    return removed;
  }

  async #uploads(round: Round): Promise<number> {
    const { parts, signal, page = LIST_MAX } = this.#options;
    if (!round.rules.some(({ abortIncompleteMultipartUpload: abort }) => abort !== undefined)) return 0;
    let last: Upload | undefined;
    let removed = 0;
    while (!signal.aborted) {
      const { entries, isTruncated } = await parts.metadata.uploads({
        bucket: round.bucket.uid,
        prefix: '',
        limit: page,
        ...(last === undefined ? {} : { afterKey: last.key, afterUpload: last.id }),
      });
      const kept = new Set(entries);
      removed += await this.#each(entries, async (upload) => {
        const due = dueUpload(round.rules, upload, round.now_ms);
        if (due === undefined) return false;
        const record = recordOf(round, { call: ABORT, key: upload.key, rule: due.rule, upload: upload.id });
        await this.#options.recorder.record(record);
        kept.delete(upload);
        return parts.metadata.abortUpload(upload.id);
      });
      if (!isTruncated) break;
      // One that is gone is no place to go on from.
      last = [...kept].at(-1) ?? last;
    }
    return removed;
  }

  /** How many of them went. */
  async #each<T>(all: readonly T[], work: (one: T) => Promise<boolean>): Promise<number> {
    let count = 0;
    for (let at = 0; at < all.length && !this.#options.signal.aborted; at += REMOVED_AT_ONCE) {
      const went = await Promise.all(all.slice(at, at + REMOVED_AT_ONCE).map(work));
      count += went.filter(Boolean).length;
    }
    return count;
  }

  async #remove(candidate: Candidate, round: Round): Promise<boolean> {
    const { parts, recorder } = this.#options;
    const { key, versionId, position, is } = candidate;
    const version = await parts.metadata.get(round.bucket.uid, key, position);
    if (version === undefined) return false;
    const { versioning } = round.bucket.spec;
    const goesForGood = is !== 'current' || versioning === 'off';
    if (goesForGood && isKept(version.lock, round.now_ms, false)) return false;
    const rule = await ruleOf(candidate.due, version, round);
    if (rule === undefined) return false;
    const call = goesForGood ? EXPIRE : MARK;
    const record = recordOf(round, { call, key, rule, version: versionId });
    await recorder.record(record);
    const { outcome } = await removal(parts.metadata, candidate, round);
    if (outcome === 'done') return true;
    // Somebody was faster, or a lock came in between: that it stayed is on record, too.
    await recorder.record({ ...record, decision: 'failed', reason: `it stays: ${outcome}`, code: 409 });
    return false;
  }
}

function removal(metadata: MetadataStore, { key, position, is }: Candidate, { bucket }: Round) {
  if (is === 'current')
    return metadata.remove({
      bucket: bucket.uid,
      key,
      versioning: bucket.spec.versioning,
      condition: { ifNewest: position },
    });
  const only = is === 'marker' ? 'alone' : 'noncurrent';
  return metadata.removeVersion(bucket.uid, key, position, { passGovernance: false, only });
}

/** Versions of a name come newest first. */
function candidatesOf(
  { version, position }: ListedVersion,
  name: Name,
  { rules, now_ms }: Round,
): readonly Candidate[] {
  const noncurrent = name.versions === 0 ? undefined : { since_ms: name.last_ms, newer: name.versions - 1 };
  name.versions += 1;
  name.last_ms = version.modified_ms;
  const due = dueVersion(rules, { ...version, ...(noncurrent && { noncurrent }) }, now_ms);
  if (due.length === 0) return [];
  const found = { key: version.key, versionId: version.versionId, position, due };
  if (noncurrent !== undefined) return [{ ...found, is: 'noncurrent' }];
  if (!version.isMarker) return [{ ...found, is: 'current' }];
  name.marker = { ...found, is: 'marker' };
  return [];
}

/** Once all of its versions were seen. */
const loneMarker = (name: Name | undefined): readonly Candidate[] =>
  name?.marker !== undefined && name.versions === 1 ? [name.marker] : [];

/** Tags are sealed: an object is opened only where a rule asks for them. */
async function ruleOf(
  due: readonly Due[],
  version: ObjectVersion,
  { session, bucket }: Round,
): Promise<string | undefined> {
  const plain = due.find(({ tags }) => tags === undefined);
  if (plain !== undefined || version.isMarker) return plain?.rule;
  if (version.tagCount === 0) return undefined;
  const { tags } = await headersOf(session, bucket, version);
  return due.find((one) => hasTags(one.tags, tags))?.rule;
}

function recordOf(
  { bucket, session }: Round,
  { key, ...details }: { readonly call: string; readonly key: string; readonly [detail: string]: string },
): GateAccessRecord {
  return {
    realm: session.realm,
    actor: ACTOR,
    credential: 'internal',
    verb: 'delete',
    subresource: 'objects',
    project: bucket.project,
    bucket: bucket.name,
    details: { ...details, key: key.slice(0, KEY_MAX) },
    decision: 'allowed',
    code: 204,
    requestId: randomUUID(),
  };
}
