/** What becomes of the bodies that a realm's `changes` log recorded, once no object is as they say, and of what it says of persons. `store/` implements it. */
import type { Erasure } from './access.ts';
import type { RealmId } from './realm-id.ts';

export interface Kept {
  /** How long a body stays after a change replaced or removed it, or a record after it was made. */
  readonly kept_ms: number;
  readonly actor: string;
  /** Stays in the log for ever. */
  readonly reason: string;
}

/** Drops bodies of objects as they were. The log says so itself, in a leaf, before it is done; leaves, digests and checkpoints stay. */
export interface BodyEraser {
  /** Drops those whose time is over, in one bounded step. Safe to repeat. True: there may be more at once. */
  dropOld(realm: RealmId, kept: Kept): Promise<boolean>;
  /** Realms with bodies whose time may be over by now, whether they are in memory or not. */
  due(): Promise<readonly RealmId[]>;
  /** Drops the bodies of the leaves that are asked for, except of objects as they are now; says how many. Safe to repeat. */
  erase(realm: RealmId, erasure: Omit<Erasure, 'before_ms'>): Promise<number>;
}

/** Erases what leaves of the `changes` log say of persons, in the same way. */
export interface RecordEraser {
  dropOld(realm: RealmId, kept: Kept): Promise<boolean>;
  erase(realm: RealmId, erasure: Omit<Erasure, 'before_ms'>): Promise<number>;
}
