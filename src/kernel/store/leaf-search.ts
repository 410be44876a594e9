/**
 * Finds leaves of a log by what they are about, from the newest backwards: of one kind, one object, one caller, one stretch of time. One look goes through a bounded
 * number of leaves and says where to go on. It only finds: whoever asks can verify each leaf, but that none was left out only the whole log shows.
 */
import type { LogName } from '../keys.ts';
import { readWhole, type WholeLeaf } from '../log/personal.ts';
import type { LogStorage, StoredLeaf } from './storage.ts';

export interface LeafQuery {
  /** `<plural>[.<group>]`: what was done to it, and to any of its subresources. */
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
  /** Of the object; leaves of the `access` log have none. */
  readonly uid?: string;
  /** A part of who it was. */
  readonly actor?: string;
  /** Milliseconds since the Unix epoch, both included. */
  readonly since_ms?: number;
  readonly until_ms?: number;
  /** The newest leaf to look at, and the oldest. */
  readonly from?: number;
  readonly to?: number;
  /** How many are given at most. */
  readonly limit: number;
}

export interface FoundLeaves {
  /** Newest first. */
  readonly items: readonly StoredLeaf[];
  /** Where to go on; undefined: nothing before it is asked for. */
  readonly next: number | undefined;
  /** Leaves that this look went through. */
  readonly looked: number;
  /** Those of them whose kind and project fit, and of which it was erased who or which object it was. */
  readonly erased: number;
}

/** Leaves that one look goes through. */
export const LOOKED_MAX = 16_384;
/** Read at once. */
const READ_MAX = 1_024;
/** Clocks of replicas differ a little: so much earlier or later a leaf may stand than its neighbours. */
const SLACK_MS = 60_000;

export async function searchLeaves(
  storage: Pick<LogStorage, 'readLeaves'>,
  { uid, log, size }: { readonly uid: string; readonly log: LogName; readonly size: number },
  query: LeafQuery,
): Promise<FoundLeaves> {
  const read = (from: number, count: number) => storage.readLeaves(uid, log, from, count);
  const newest = Math.min(query.from ?? size - 1, size - 1);
  const start =
    query.until_ms === undefined ? newest : await lastUpTo(read, newest, query.until_ms + SLACK_MS);
  const oldest = Math.max(query.to ?? 0, 0);
  const finder = new Finder(query);
  let at = start;
  while (at >= oldest && start - at < LOOKED_MAX) {
    const first = Math.max(oldest, at - READ_MAX + 1, start - LOOKED_MAX + 1);
    for (const leaf of (await read(first, at - first + 1)).toReversed()) {
      if (leaf.time_ms < (query.since_ms ?? 0) - SLACK_MS)
        return finder.result(undefined, start - leaf.index);
      finder.take(leaf);
      if (finder.items.length === query.limit) {
        const next = leaf.index - 1;
        return finder.result(next >= oldest ? next : undefined, start - next);
      }
    }
    at = first - 1;
  }
  return finder.result(at >= oldest ? at : undefined, start - at);
}

/** The last leaf that was decided up to then, about; -1: none. */
async function lastUpTo(
  read: (from: number, count: number) => Promise<readonly StoredLeaf[]>,
  newest: number,
  time_ms: number,
): Promise<number> {
  let [low, high] = [-1, newest];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const [leaf] = await read(middle, 1);
    if (leaf !== undefined && leaf.time_ms <= time_ms) low = middle;
    else high = middle - 1;
  }
  return low;
}

class Finder {
  readonly items: StoredLeaf[] = [];
  #erased = 0;
  readonly #query: LeafQuery;
  /** What each leaf that fits holds, as canonical JSON writes it: most that do not are told from their bytes. */
  readonly #inLeaf: readonly Buffer[];
  readonly #inRecord: Buffer | undefined;

  constructor(query: LeafQuery) {
    const { resource, uid, namespace, name } = query;
    this.#query = query;
    this.#inLeaf = [
      // A subresource may follow.
      ...(resource === undefined ? [] : [`"resource":${JSON.stringify(resource).slice(0, -1)}`]),
      ...(uid === undefined ? [] : [`"uid":${JSON.stringify(uid)}`]),
      ...(namespace === undefined ? [] : [`"namespace":${JSON.stringify(namespace)}`]),
    ].map((text) => Buffer.from(text));
    this.#inRecord = name === undefined ? undefined : Buffer.from(`"name":${JSON.stringify(name)}`);
  }

  take(stored: StoredLeaf): void {
    const { since_ms = 0, until_ms = Number.MAX_SAFE_INTEGER, name, actor } = this.#query;
    if (stored.time_ms < since_ms || stored.time_ms > until_ms) return;
    const leaf = bytesOf(stored.leaf);
    if (this.#inLeaf.some((part) => !leaf.includes(part))) return;
    if (this.#inRecord !== undefined && stored.personal !== undefined) {
      // Leaves of earlier releases say it themselves.
      if (!bytesOf(stored.personal).includes(this.#inRecord) && !leaf.includes(this.#inRecord)) return;
    }
    const whole = readWhole(stored);
    if (whole.type !== 'change' && whole.type !== 'access') return;
    if (!this.#isAbout(whole)) return;
    if (
      (name !== undefined && whole.name === undefined) ||
      (actor !== undefined && whole.actor === undefined)
    )
      this.#erased += 1;
    else if (
      (name === undefined || whole.name === name) &&
      (actor === undefined || whole.actor?.includes(actor) === true)
    )
      this.items.push(stored);
  }

  /** By what the leaf says itself, which stays. */
  #isAbout(leaf: WholeLeaf & { readonly type: 'change' | 'access' }): boolean {
    const { resource, namespace, uid } = this.#query;
    return (
      (resource === undefined || leaf.resource === resource || leaf.resource.startsWith(`${resource}/`)) &&
      (namespace === undefined || leaf.namespace === namespace) &&
      (uid === undefined || (leaf.type === 'change' && leaf.uid === uid))
    );
  }

  result(next: number | undefined, looked: number): FoundLeaves {
    return { items: this.items, next, looked, erased: this.#erased };
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);
