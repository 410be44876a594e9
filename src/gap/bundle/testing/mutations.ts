/** What can happen to the bytes of a tar file, by accident or on purpose, as values that a seed gives: each turns a good bundle into one that is not. */
import fc from 'fast-check';
import { TAR_RECORD_BYTES as RECORD_BYTES, tarPadding } from '#kernel/tar-header.ts';
import { parseTarHeader } from '../tar-header.ts';

export type Mutation =
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'set'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly at: number }
  | { readonly kind: 'append'; readonly bytes: Uint8Array }
  | { readonly kind: 'cut'; readonly at: number; readonly count: number }
  | { readonly kind: 'repeat'; readonly at: number; readonly count: number }
  | { readonly kind: 'swap-blocks'; readonly a: number; readonly b: number }
  | { readonly kind: 'swap-entries'; readonly a: number; readonly b: number }
  | { readonly kind: 'drop-entry'; readonly a: number }
  | { readonly kind: 'repeat-entry'; readonly a: number };

const PLACES = 2 ** 31;
/** Places are drawn evenly from [0, 1) and scaled, so that one arbitrary fits every file. */
const place = fc.noBias(fc.nat({ max: PLACES - 1 })).map((number) => number / PLACES);

export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('flip'), at: place, bit: fc.nat(7) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('set'),
      at: place,
      bytes: fc.uint8Array({ minLength: 1, maxLength: 600 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('truncate'), at: place }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('append'),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 600 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('cut'), at: place, count: fc.integer({ min: 1, max: 2_000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('repeat'),
      at: place,
      count: fc.integer({ min: 1, max: 2_000 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('swap-blocks'), a: place, b: place }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('swap-entries'), a: place, b: place }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop-entry'), a: place }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('repeat-entry'), a: place }) },
) as fc.Arbitrary<Mutation>;

export interface TarPiece {
  readonly name: string;
  /** Where its header begins. */
  readonly start: number;
  /** Where its bytes begin. */
  readonly content: number;
  readonly size: number;
  /** Where the next header begins. */
  readonly end: number;
}

/** The entries of a good tar file. */
export function piecesOf(tar: Buffer): TarPiece[] {
  const pieces: TarPiece[] = [];
  for (let start = 0; start < tar.length - 2 * RECORD_BYTES; ) {
    const { name, size } = parseTarHeader(tar.subarray(start, start + RECORD_BYTES), start);
    const content = start + RECORD_BYTES;
    const end = content + size + tarPadding(size).length;
    pieces.push({ name, start, content, size, end });
    start = end;
  }
  return pieces;
}

const BLOCK = RECORD_BYTES;

/** A changed copy; may be the same bytes, when two that were swapped are alike. */
export function mutate(tar: Buffer, mutation: Mutation): Buffer {
  const at = (place: number, length = tar.length) => Math.floor(place * length);
  const pieces = piecesOf(tar);
  const piece = (place: number) => pieces[at(place, pieces.length)] ?? { start: 0, end: tar.length };
  switch (mutation.kind) {
    case 'flip': {
      const copy = Buffer.from(tar);
      const offset = at(mutation.at);
      copy.writeUInt8(copy.readUInt8(offset) ^ (1 << mutation.bit), offset);
      return copy;
    }
    case 'set': {
      const copy = Buffer.from(tar);
      copy.set(mutation.bytes.subarray(0, tar.length - at(mutation.at)), at(mutation.at));
      return copy;
    }
    case 'truncate':
      return tar.subarray(0, at(mutation.at));
    case 'append':
      return Buffer.concat([tar, mutation.bytes]);
    case 'cut':
      return Buffer.concat([
        tar.subarray(0, at(mutation.at)),
        tar.subarray(at(mutation.at) + mutation.count),
      ]);
    case 'repeat': {
      const end = at(mutation.at) + mutation.count;
      return Buffer.concat([tar.subarray(0, end), tar.subarray(at(mutation.at))]);
    }
    case 'swap-blocks': {
      const blocks = Math.floor(tar.length / BLOCK);
      const [a, b] = [at(mutation.a, blocks) * BLOCK, at(mutation.b, blocks) * BLOCK];
      const copy = Buffer.from(tar);
      copy.set(tar.subarray(b, b + BLOCK), a);
      copy.set(tar.subarray(a, a + BLOCK), b);
      return copy;
    }
    case 'swap-entries': {
      const [first, second] = [piece(mutation.a), piece(mutation.b)].sort((a, b) => a.start - b.start);
      if (first === undefined || second === undefined || first.start === second.start) return tar;
      return Buffer.concat([
        tar.subarray(0, first.start),
        tar.subarray(second.start, second.end),
        tar.subarray(first.end, second.start),
        tar.subarray(first.start, first.end),
        tar.subarray(second.end),
      ]);
    }
    case 'drop-entry': {
      const { start, end } = piece(mutation.a);
      return Buffer.concat([tar.subarray(0, start), tar.subarray(end)]);
    }
    case 'repeat-entry': {
      const { start, end } = piece(mutation.a);
      return Buffer.concat([tar.subarray(0, end), tar.subarray(start)]);
    }
  }
}
