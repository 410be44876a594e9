/** What deltas save, in figures. Pure. */
import { type Deltas, dataSize } from './document.ts';

export interface DeltaSummary {
  /** Pieces of content that travel as deltas of old content, and that are only compressed. */
  readonly deltas: number;
  readonly compressed: number;
  /** Bytes of both, and of what is made of them. */
  readonly bytes: number;
  readonly whole_bytes: number;
  /** Pieces that the region has as they are, and their bytes. */
  readonly left: number;
  readonly left_bytes: number;
  readonly encoder: { readonly zstd: string; readonly level: number };
}

/** `sizes`: of content, by digest. */
export function summaryOfDeltas(
  { document, left }: Deltas,
  sizes: ReadonlyMap<string, number>,
): DeltaSummary {
  const sizeOf = (digest: string) => sizes.get(digest) ?? 0;
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  return {
    deltas: document.deltas.filter(({ base }) => base !== undefined).length,
    compressed: document.deltas.filter(({ base }) => base === undefined).length,
    bytes: sum(document.deltas.map(dataSize)),
    whole_bytes: sum(document.deltas.map(({ digest }) => sizeOf(digest))),
    left: left.size,
    left_bytes: sum([...left].map(sizeOf)),
    encoder: document.encoder,
  };
}
