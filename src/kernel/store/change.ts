/**
 * One change of one object, as the state, the watches and the log understand it.
 */
import type { Kind } from '../kind.ts';
import type { ObjectEntry } from './entry.ts';

export type Change =
  | { readonly type: 'created'; readonly kind: Kind; readonly entry: ObjectEntry; readonly previous?: never }
  | {
      readonly type: 'updated';
      readonly kind: Kind;
      readonly entry: ObjectEntry;
      readonly previous: ObjectEntry;
    }
  /** `entry` is the object as it last was, at the revision of its removal. */
  | {
      readonly type: 'deleted';
      readonly kind: Kind;
      readonly entry: ObjectEntry;
      readonly previous: ObjectEntry;
    };
