/** What the metadata store is to do, said as simply as it can be: lists in memory, searched from end to end. For tests. */
import { isKept } from '../lock.ts';
import type { Lock, Refusal, Versioning, WriteCondition } from '../store.ts';
import { compareKeys } from '../successor.ts';

export interface ModelVersion {
  readonly key: string;
  readonly isNull: boolean;
  readonly isMarker: boolean;
  readonly etag: string;
  readonly lock: Lock;
  /** As the store named it; the model cannot know. */
  id: string;
}

export class Model {
  /** In the order of names, newest first. */
  #versions: ModelVersion[] = [];

  put(
    key: string,
    made: { readonly etag: string; readonly lock: Lock } | undefined,
    versioning: Versioning,
    condition: WriteCondition = {},
    now_ms = 0,
  ): Refusal | ModelVersion | undefined {
    const newest = this.#versions.find((version) => version.key === key);
    const live = newest?.isMarker === false ? newest : undefined;
    if (condition.ifNoneMatch === '*' && live) return 'exists';
    if (condition.ifMatch !== undefined && !live) return 'missing';
    if (condition.ifMatch !== undefined && condition.ifMatch !== '*' && condition.ifMatch !== live?.etag)
      return 'differs';
    const isNull = versioning !== 'enabled';
    const replaced = this.#versions.find((version) => version.key === key && version.isNull);
    if (isNull && replaced && isKept(replaced.lock, now_ms, false)) return 'locked';
    if (isNull) this.#versions = this.#versions.filter((version) => version !== replaced);
    if (made === undefined && versioning === 'off') return undefined;
    const version: ModelVersion = {
      key,
      isNull,
      isMarker: made === undefined,
      etag: made?.etag ?? '',
      lock: made?.lock ?? {},
      id: '',
    };
    this.#versions = [version, ...this.#versions].toSorted((a, b) => compareKeys(a.key, b.key));
    return version;
  }

  removeVersion(
    key: string,
    id: string,
    now_ms: number,
    passGovernance: boolean,
  ): 'missing' | 'locked' | 'done' {
    const found = this.#versions.find((version) => version.key === key && version.id === id);
    if (!found) return 'missing';
    if (isKept(found.lock, now_ms, passGovernance)) return 'locked';
    this.#versions = this.#versions.filter((version) => version !== found);
    return 'done';
  }

  newest(key: string): ModelVersion | undefined {
    return this.#versions.find((version) => version.key === key);
  }

  get all(): readonly ModelVersion[] {
    return this.#versions;
  }

  get live(): readonly ModelVersion[] {
    return this.#versions.filter((version) => !version.isMarker && this.newest(version.key) === version);
  }
}

/** What a whole listing of these names shows: names and groups. */
export function listing(
  keys: readonly string[],
  prefix: string,
  delimiter: string | undefined,
): readonly string[] {
  const shown: string[] = [];
  for (const key of keys) {
    if (!key.startsWith(prefix)) continue;
    const at = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length);
    const name = at < 0 ? key : `group ${key.slice(0, at + (delimiter ?? '').length)}`;
    if (at < 0 || shown.at(-1) !== name) shown.push(name);
  }
  return shown;
}
