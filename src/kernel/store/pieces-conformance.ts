/**
 * What every `Pieces` must do, as tests: an implementation's own test calls `describePieces`.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PIECE_LIMITS, type Pieces } from '../pieces.ts';

export interface OpenedPieces {
  readonly pieces: Pieces;
  /** The same data as another process has it. */
  readonly replica: Pieces;
  close(): Promise<void>;
}

export function describePieces(name: string, open: () => Promise<OpenedPieces>): void {
  describe(`pieces in ${name}`, () => {
    let opened: OpenedPieces;
    let pieces: Pieces;
    before(async () => {
      opened = await open();
      pieces = opened.pieces;
    });
    after(() => opened.close());

    const uid = () => crypto.randomUUID();
    const bytes = (text: string) => Buffer.from(text);
    const textOf = (found: Uint8Array | undefined) => found && Buffer.from(found).toString();

    it('are found in their realm, whole and place only, by whichever process', async () => {
      const [realm, whole] = [uid(), uid()];
      assert.equal(await pieces.add(realm, whole, 0, bytes('one')), true);
      assert.equal(textOf(await opened.replica.get(realm, whole, 0)), 'one');
      for (const [where, what, place] of [
        [uid(), whole, 0],
        [realm, uid(), 0],
        [realm, whole, 1],
      ] as const) {
        assert.equal(await pieces.get(where, what, place), undefined);
      }
    });

    it('are never replaced, whoever tries', async () => {
      const [realm, whole] = [uid(), uid()];
      const added = await Promise.all(
        ['a', 'b', 'c'].map((text) => opened.replica.add(realm, whole, 7, bytes(text))),
      );
      assert.equal(added.filter(Boolean).length, 1);
      const kept = textOf(await pieces.get(realm, whole, 7));
      assert.equal(await pieces.add(realm, whole, 7, bytes('d')), false);
      assert.equal(textOf(await pieces.get(realm, whole, 7)), kept);
    });

    it('come back byte for byte, up to the largest', async () => {
      const [realm, whole] = [uid(), uid()];
      const large = new Uint8Array(PIECE_LIMITS.payload_bytes_max).map((_, index) => index * 7);
      await pieces.add(realm, whole, PIECE_LIMITS.sequence_max, large);
      const found = await pieces.get(realm, whole, PIECE_LIMITS.sequence_max);
      assert.ok(found && Buffer.from(found).equals(Buffer.from(large)));
    });

    it('are refused beyond the bounds, which are named', async () => {
      const [realm, whole] = [uid(), uid()];
      const { payload_bytes_max, sequence_max } = PIECE_LIMITS;
      await assert.rejects(pieces.add(realm, whole, 0, new Uint8Array(payload_bytes_max + 1)), /payload/);
      for (const sequence of [-1, 0.5, sequence_max + 1]) {
        await assert.rejects(pieces.add(realm, whole, sequence, bytes('x')), /sequence/);
      }
    });

    it('are counted by realm', async () => {
      const realm = uid();
      assert.deepEqual(await pieces.held(realm), { pieces: 0, bytes: 0 });
      await pieces.add(realm, uid(), 0, bytes('four'));
      await pieces.add(realm, uid(), 0, bytes('sevenly'));
      await pieces.add(uid(), uid(), 0, bytes('of another'));
      assert.deepEqual(await pieces.held(realm), { pieces: 2, bytes: 11 });
    });

    it('are removed a bounded portion at a time, and those of other wholes stay', async () => {
      const [realm, whole, other] = [uid(), uid(), uid()];
      const { remove_max } = PIECE_LIMITS;
      for (let sequence = 0; sequence < remove_max + 1; sequence++)
        await pieces.add(realm, whole, sequence, bytes('x'));
      await pieces.add(realm, other, 0, bytes('stays'));
      assert.deepEqual(
        [
          await pieces.remove(realm, whole),
          await pieces.remove(realm, whole),
          await pieces.remove(realm, whole),
        ],
        [remove_max, 1, 0],
      );
      assert.deepEqual(await pieces.held(realm), { pieces: 1, bytes: 5 });
    });
  });
}
