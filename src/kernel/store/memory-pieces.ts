/** Pieces in memory, for tests and simulation. Never for a region: they are gone with the process. */
import { assertPiece, PIECE_LIMITS, type Pieces, type PiecesHeld } from '../pieces.ts';

export class MemoryPieces implements Pieces {
  /** By realm, whole, place. */
  readonly #realms = new Map<string, Map<string, Map<number, Uint8Array>>>();

  async add(realmUid: string, whole: string, sequence: number, payload: Uint8Array): Promise<boolean> {
    assertPiece(sequence, payload);
    const pieces = this.#pieces(realmUid, whole);
    if (pieces.has(sequence)) return false;
    pieces.set(sequence, Uint8Array.from(payload));
    return true;
  }

  async get(realmUid: string, whole: string, sequence: number): Promise<Uint8Array | undefined> {
    assertPiece(sequence);
    const kept = this.#pieces(realmUid, whole).get(sequence);
    return kept && Uint8Array.from(kept);
  }

  async held(realmUid: string): Promise<PiecesHeld> {
    const all = [...(this.#realms.get(realmUid)?.values() ?? [])].flatMap((pieces) => [...pieces.values()]);
    return { pieces: all.length, bytes: all.reduce((sum, { length }) => sum + length, 0) };
  }

  async remove(realmUid: string, whole: string): Promise<number> {
    const pieces = this.#pieces(realmUid, whole);
    const gone = [...pieces.keys()].slice(0, PIECE_LIMITS.remove_max);
    for (const sequence of gone) pieces.delete(sequence);
    return gone.length;
  }

  #pieces(realmUid: string, whole: string): Map<number, Uint8Array> {
    const wholes = this.#realms.get(realmUid) ?? new Map<string, Map<number, Uint8Array>>();
    this.#realms.set(realmUid, wholes);
    const pieces = wholes.get(whole) ?? new Map<number, Uint8Array>();
    wholes.set(whole, pieces);
    return pieces;
  }
}
