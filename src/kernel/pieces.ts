/**
 * Pieces of what is too large for objects and read seldom, beside the log: terminal recordings. Nobody holds them in memory; an object
 * says what they are, and its digest of the whole is a leaf. `engines/postgres` implements it, `store/memory-pieces.ts` for tests, and one
 * conformance suite runs against both. The storage learns nothing of what it keeps: whoever uses it seals each piece first.
 */

/** Bounds of every implementation. */
export const PIECE_LIMITS = {
  /** Of one piece, as it comes here. */
  payload_bytes_max: 128 * 1024,
  sequence_max: 1_000_000,
  /** Pieces that one removal takes at most. */
  remove_max: 256,
} as const;

/** How much a realm keeps. */
export interface PiecesHeld {
  readonly pieces: number;
  readonly bytes: number;
}

/**
 * Every operation is atomic, over all processes of the region. A realm and a whole are named by their uids, so that one made anew under an
 * old name finds nothing of the old one; what a realm had goes when it is destroyed. All throw RangeError on what breaks a bound.
 */
export interface Pieces {
  /** Keeps a piece unless there is one in its place; says whether it did. What is kept is never replaced. */
  add(realmUid: string, whole: string, sequence: number, payload: Uint8Array): Promise<boolean>;
  get(realmUid: string, whole: string, sequence: number): Promise<Uint8Array | undefined>;
  /** Counts everything that the realm keeps: for once in a while. */
  held(realmUid: string): Promise<PiecesHeld>;
  /** Removes at most `remove_max` pieces of a whole; says how many. Fewer than that: nothing is left. */
  remove(realmUid: string, whole: string): Promise<number>;
}

/** Throws RangeError unless a piece is within bounds. */
export function assertPiece(sequence: number, payload?: Uint8Array): void {
  const { payload_bytes_max, sequence_max } = PIECE_LIMITS;
  if (!Number.isSafeInteger(sequence) || sequence < 0 || sequence > sequence_max) {
    throw new RangeError(`sequence: 0 to ${sequence_max}, not ${sequence}`);
  }
  if (payload !== undefined && payload.length > payload_bytes_max) {
    throw new RangeError(`payload: at most ${payload_bytes_max} bytes, not ${payload.length}`);
  }
}
