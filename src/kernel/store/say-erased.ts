/** Writes into a realm's `changes` log that something beside its leaves is erased: before it is, so that nothing goes without a word. */
import type { Erasure } from '../access.ts';
import type { Clock } from '../clock.ts';
import { notFound } from '../errors.ts';
import type { ErasureLeaf } from '../log/leaf.ts';
import type { RealmId } from '../realm-id.ts';
import { erasureLeaf } from './erasure-leaf.ts';
import type { Decide } from './lane.ts';

/** A realm held in memory. */
export interface RealmLease {
  readonly realm: { readonly uid: string; submit<Result>(decide: Decide<Result>): Promise<Result> };
  release(): void;
}

export type AcquireRealm = (realm: RealmId) => Promise<RealmLease>;

/** Throws `notFound` when the realm is not the one of that uid any more. */
export async function sayErased(
  acquire: AcquireRealm,
  clock: Clock,
  id: RealmId,
  uid: string,
  erasure: Erasure,
  of?: ErasureLeaf['of'],
): Promise<void> {
  const { realm, release } = await acquire(id);
  try {
    // Another of that name was made meanwhile: its log has nothing to say of this one.
    if (realm.uid !== uid) throw notFound({ kind: 'realm', name: id });
    const time_ms = clock.now();
    await realm.submit(({ nextRevision: index }) => ({
      result: undefined,
      commit: { time_ms, leaf: erasureLeaf(index, time_ms, erasure, of) },
    }));
  } finally {
    release();
  }
}
