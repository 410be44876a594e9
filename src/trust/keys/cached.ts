/**
 * What a keyring keeps in memory of the keys that it opened, so that they need not be unwrapped for each use.
 */
import { createHash } from 'node:crypto';

/** Realms whose opened keys are kept for reuse; the keys of others are unwrapped again when asked for. */
export const OPEN_REALMS_MAX = 1_024;

export interface Cached<T> {
  /** Of the wrapped blobs it came from, so that a change in the storage shows. */
  readonly digest: string;
  readonly value: T;
}

export const digestOf = (...blobs: readonly Uint8Array[]): string => {
  const hash = createHash('sha256');
  for (const blob of blobs) hash.update(`${blob.length}\0`).update(blob);
  return hash.digest('hex');
};
