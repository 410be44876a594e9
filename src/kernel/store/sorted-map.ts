/**
 * A map from strings to values that iterates in the order of its keys (by UTF-16 code unit, which for our names is byte
 * order). Insertion costs a binary search and a move within one small bucket, so it stays quick with millions of keys.
 */

const BUCKET_MAX = 512;

export class SortedMap<Value> {
  readonly #values = new Map<string, Value>();
  /** Never holds an empty bucket. */
  readonly #buckets: string[][] = [];

  get size(): number {
    return this.#values.size;
  }

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Value): void {
    if (!this.#values.has(key)) this.#insert(key);
    this.#values.set(key, value);
  }

  delete(key: string): boolean {
    if (!this.#values.delete(key)) return false;
    const at = this.#bucketFor(key);
    const bucket = this.#buckets[at];
    if (bucket) {
      bucket.splice(lowerBound(bucket, key), 1);
      if (bucket.length === 0) this.#buckets.splice(at, 1);
    }
    return true;
  }

  *keys(): Generator<string> {
    for (const bucket of this.#buckets) yield* bucket;
  }

  *values(): Generator<Value> {
    for (const bucket of this.#buckets) {
      for (const key of bucket) {
        const value = this.#values.get(key);
        if (value !== undefined) yield value;
      }
    }
  }

  #insert(key: string): void {
    if (this.#buckets.length === 0) {
      this.#buckets.push([key]);
      return;
    }
    const at = Math.min(this.#bucketFor(key), this.#buckets.length - 1);
    const bucket = this.#buckets[at] ?? [];
    bucket.splice(lowerBound(bucket, key), 0, key);
    if (bucket.length > BUCKET_MAX) this.#buckets.splice(at + 1, 0, bucket.splice(BUCKET_MAX / 2));
  }

  /** The first bucket whose last key is not before `key`. */
  #bucketFor(key: string): number {
    let low = 0;
    let high = this.#buckets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const last = this.#buckets[middle]?.at(-1);
      if (last !== undefined && last < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Index of the first key that is not before `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const candidate = keys[middle];
    if (candidate !== undefined && candidate < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
