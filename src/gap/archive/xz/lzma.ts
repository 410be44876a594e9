/**
 * Unpacks LZMA (the LZMA specification of the LZMA SDK, "LZMA stream decoder"), a piece of known length at a time, as LZMA2 cuts it. Written for the scan of what comes
 * in: Node has no LZMA, and what is read here was made by somebody who may want it to fail, so every distance and every length is checked before it is followed.
 */
import { evenProbabilities, RangeDecoder } from './range-decoder.ts';

/** Of the kinds of what came last, from which the next one is guessed: the first seven end in a literal. */
const STATES = 12;
const LITERAL_STATES = 7;
const POSITION_STATES = 16;
const REPEAT_MAX = 4;

/** Where the probabilities of each decision begin, in one array. */
const IS_MATCH = 0;
const IS_REPEAT = IS_MATCH + STATES * POSITION_STATES;
const IS_REPEAT_1 = IS_REPEAT + STATES;
const IS_REPEAT_2 = IS_REPEAT_1 + STATES;
const IS_REPEAT_3 = IS_REPEAT_2 + STATES;
const IS_LONG_REPEAT = IS_REPEAT_3 + STATES;
const SLOTS = IS_LONG_REPEAT + STATES * POSITION_STATES;
const SLOT_BITS = 6;
const LENGTH_GROUPS = 4;
const DISTANCES = SLOTS + (LENGTH_GROUPS << SLOT_BITS);
/** Slots from this on have bits that are as probable as not, and four that are not. */
const FIRST_DIRECT_SLOT = 14;
const FULL_DISTANCES = 128;
const ALIGNED = DISTANCES + FULL_DISTANCES;
const ALIGN_BITS = 4;
const MATCH_LENGTH = ALIGNED + (1 << ALIGN_BITS);
/** Of one coder of lengths: two choices, then eight, eight and 256 lengths. */
const [LOW, MIDDLE, HIGH] = [2, 2 + POSITION_STATES * 8, 2 + POSITION_STATES * 16];
const LENGTH_SIZE = HIGH + 256;
const REPEAT_LENGTH = MATCH_LENGTH + LENGTH_SIZE;
const LITERALS = REPEAT_LENGTH + LENGTH_SIZE;
const LITERAL_SIZE = 0x300;
/** lc + lp, in LZMA2. */
const LITERAL_BITS_MAX = 4;
const MATCH_LENGTH_MIN = 2;

/** Undefined for what LZMA2 does not allow. */
export interface LzmaProperties {
  /** lc, lp, pb of the specification. */
  readonly literalContext: number;
  readonly literalPosition: number;
  readonly position: number;
}

export function parseProperties(byte: number): LzmaProperties | undefined {
  const literalContext = byte % 9;
  const literalPosition = Math.floor(byte / 9) % 5;
  const position = Math.floor(byte / 45);
  if (position > 4 || literalContext + literalPosition > LITERAL_BITS_MAX) return undefined;
  return { literalContext, literalPosition, position };
}

export class LzmaDecoder {
  readonly #probabilities = new Uint16Array(LITERALS + (LITERAL_SIZE << LITERAL_BITS_MAX));
  readonly #coder = new RangeDecoder();
  #state = 0;
  /** The last four distances, less one, the latest first. */
  #rep0 = 0;
  #rep1 = 0;
  #rep2 = 0;
  #rep3 = 0;
  #properties: LzmaProperties = { literalContext: 0, literalPosition: 0, position: 0 };

  reset(properties: LzmaProperties = this.#properties): void {
    this.#properties = properties;
    evenProbabilities(this.#probabilities);
    this.#state = 0;
    this.#rep0 = this.#rep1 = this.#rep2 = this.#rep3 = 0;
  }

  /**
   * Unpacks exactly `output.length - from` bytes behind what is in `output` from `begin` on, of which it may look back `reach`. False: what is packed is not
   * well formed.
   */
  decode(packed: Uint8Array, output: Uint8Array, begin: number, from: number, reach: number): boolean {
    const coder = this.#coder;
    const probabilities = this.#probabilities;
    if (!coder.start(packed)) return false;
    const end = output.length;
    let at = from;
    while (at < end) {
      if (coder.isPast) return false;
      const positionState = (at - begin) & ((1 << this.#properties.position) - 1);
      const state = this.#state;
      if (coder.bit(probabilities, IS_MATCH + state * POSITION_STATES + positionState) === 0) {
        output[at] = this.#literal(output, at, begin);
        at += 1;
        continue;
      }
      const length = this.#match(state, positionState);
      const distance = this.#rep0 + 1;
      if (distance > at - begin || distance > reach || length > end - at) return false;
      for (const stop = at + length; at < stop; at += 1) output[at] = output[at - distance] as number;
    }
    coder.normalize();
    return coder.isDone;
  }

  #literal(output: Uint8Array, at: number, begin: number): number {
    const coder = this.#coder;
    const probabilities = this.#probabilities;
    const { literalContext, literalPosition } = this.#properties;
    const before = at > begin ? (output[at - 1] as number) : 0;
    const high = ((at - begin) & ((1 << literalPosition) - 1)) << literalContext;
    const base = LITERALS + LITERAL_SIZE * (high + (before >>> (8 - literalContext)));
    const state = this.#state;
    let symbol = 1;
    if (state >= LITERAL_STATES) {
      // After a match: the byte that would have gone on with it is what this one is not.
      let expected = at - this.#rep0 - 1 >= begin ? (output[at - this.#rep0 - 1] as number) : 0;
      let offset = 0x100;
      while (symbol < 0x100) {
        expected <<= 1;
        const isExpected = expected & offset;
        const bit = coder.bit(probabilities, base + offset + isExpected + symbol);
        symbol = (symbol << 1) | bit;
        offset &= bit === 1 ? isExpected : ~isExpected;
      }
    } else {
      while (symbol < 0x100) symbol = (symbol << 1) | coder.bit(probabilities, base + symbol);
    }
    this.#state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
    return symbol & 0xff;
  }

  /** Its length; its distance is the latest one then. */
  #match(state: number, positionState: number): number {
    const coder = this.#coder;
    const probabilities = this.#probabilities;
    const isAfterLiteral = state < LITERAL_STATES;
    if (coder.bit(probabilities, IS_REPEAT + state) === 0) {
      const length = this.#length(MATCH_LENGTH, positionState);
      const distance = this.#distance(length);
      this.#rep3 = this.#rep2;
      this.#rep2 = this.#rep1;
      this.#rep1 = this.#rep0;
      this.#rep0 = distance;
      this.#state = isAfterLiteral ? 7 : 10;
      return length;
    }
    if (coder.bit(probabilities, IS_REPEAT_1 + state) === 0) {
      const long = IS_LONG_REPEAT + state * POSITION_STATES + positionState;
      if (coder.bit(probabilities, long) === 0) {
        this.#state = isAfterLiteral ? 9 : 11;
        return 1;
      }
    } else {
      let distance = this.#rep1;
      if (coder.bit(probabilities, IS_REPEAT_2 + state) === 1) {
        distance = this.#rep2;
        if (coder.bit(probabilities, IS_REPEAT_3 + state) === 1) {
          distance = this.#rep3;
          this.#rep3 = this.#rep2;
        }
        this.#rep2 = this.#rep1;
      }
      this.#rep1 = this.#rep0;
      this.#rep0 = distance;
    }
    this.#state = isAfterLiteral ? 8 : 11;
    return this.#length(REPEAT_LENGTH, positionState);
  }

  #length(base: number, positionState: number): number {
    const coder = this.#coder;
    const probabilities = this.#probabilities;
    if (coder.bit(probabilities, base) === 0)
      return MATCH_LENGTH_MIN + coder.tree(probabilities, base + LOW + positionState * 8, 3);
    if (coder.bit(probabilities, base + 1) === 0)
      return MATCH_LENGTH_MIN + 8 + coder.tree(probabilities, base + MIDDLE + positionState * 8, 3);
    return MATCH_LENGTH_MIN + 16 + coder.tree(probabilities, base + HIGH, 8);
  }

  #distance(length: number): number {
    const coder = this.#coder;
    const probabilities = this.#probabilities;
    const group = Math.min(length - MATCH_LENGTH_MIN, LENGTH_GROUPS - 1);
    const slot = coder.tree(probabilities, SLOTS + (group << SLOT_BITS), SLOT_BITS);
    if (slot < REPEAT_MAX) return slot;
    const bits = (slot >>> 1) - 1;
    const high = ((2 | (slot & 1)) << bits) >>> 0;
    if (slot < FIRST_DIRECT_SLOT)
      return high + coder.reverseTree(probabilities, DISTANCES + high - slot, bits);
    const middle = coder.direct(bits - ALIGN_BITS) * (1 << ALIGN_BITS);
    return high + middle + coder.reverseTree(probabilities, ALIGNED, ALIGN_BITS);
  }
}
