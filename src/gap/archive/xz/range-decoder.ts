/**
 * The entropy coding of LZMA ("range coder"; the LZMA specification of the LZMA SDK): each bit with a probability that learns. Reads one buffer, whose
 * end the caller looks after: what lies behind it is zeros.
 */

/** Eleven bits of probability; how fast it learns; below this the range takes in another byte. */
const PROBABILITY_BITS = 11;
const EVEN = 1 << (PROBABILITY_BITS - 1);
const LEARNING_SHIFT = 5;
const CERTAIN = 1 << PROBABILITY_BITS;
const RANGE_MIN = 0x100_0000;
const START_BYTES = 5;
/** Of one chunk of LZMA2; and more than one symbol reads, which is how far past the end it is read before that is noticed. */
const INPUT_BYTES_MAX = 0x1_0000;
const SYMBOL_BYTES_MAX = 64;

/** Both numbers of 32 bits are kept as signed ones: V8 holds those in an object as they are, and others as floating point. */
export class RangeDecoder {
  #range = 0;
  #code = 0;
  #at = 0;
  #length = 0;
  readonly #input = new Uint8Array(INPUT_BYTES_MAX + SYMBOL_BYTES_MAX);

  /** At most 65,536 bytes. False: it does not begin as it must. */
  start(input: Uint8Array): boolean {
    this.#input.set(input);
    this.#input.fill(0, input.length, input.length + SYMBOL_BYTES_MAX);
    this.#length = input.length;
    this.#range = -1;
    this.#code = 0;
    for (this.#at = 1; this.#at < START_BYTES; this.#at += 1) this.#takeByte();
    return input.length >= START_BYTES && input[0] === 0;
  }

  #takeByte(): void {
    this.#code = (this.#code << 8) | (this.#input[this.#at] as number);
  }

  /** More was asked for than there is. */
  get isPast(): boolean {
    return this.#at > this.#length;
  }

  /** All was read, and nothing is left over. */
  get isDone(): boolean {
    return this.#at === this.#length && this.#code === 0;
  }

  /** What is read ahead belongs to what comes next: the encoder counts on it. */
  normalize(): void {
    if (this.#range >>> 0 >= RANGE_MIN) return;
    this.#range <<= 8;
    this.#takeByte();
    this.#at += 1;
  }

  bit(probabilities: Uint16Array, index: number): 0 | 1 {
    this.normalize();
    const probability = probabilities[index] as number;
    const bound = Math.imul(this.#range >>> PROBABILITY_BITS, probability);
    if (this.#code >>> 0 < bound >>> 0) {
      this.#range = bound;
      probabilities[index] = probability + ((CERTAIN - probability) >>> LEARNING_SHIFT);
      return 0;
    }
    this.#range = (this.#range - bound) | 0;
    this.#code = (this.#code - bound) | 0;
    probabilities[index] = probability - (probability >>> LEARNING_SHIFT);
    return 1;
  }

  /** `bits` of them, the highest first, in a tree of probabilities that begins at `base`. */
  tree(probabilities: Uint16Array, base: number, bits: number): number {
    let symbol = 1;
    for (let left = bits; left > 0; left -= 1)
      symbol = (symbol << 1) | this.bit(probabilities, base + symbol);
    return symbol - (1 << bits);
  }

  /** The lowest first. */
  reverseTree(probabilities: Uint16Array, base: number, bits: number): number {
    let [symbol, value] = [1, 0];
    for (let shift = 0; shift < bits; shift += 1) {
      const bit = this.bit(probabilities, base + symbol);
      symbol = (symbol << 1) | bit;
      value |= bit << shift;
    }
    return value;
  }

  /** Each as probable as its contrary. */
  direct(bits: number): number {
    let value = 0;
    for (let left = bits; left > 0; left -= 1) {
      this.normalize();
      this.#range >>>= 1;
      const isSet = this.#code >>> 0 >= this.#range;
      if (isSet) this.#code = (this.#code - this.#range) | 0;
      value = (value << 1) | (isSet ? 1 : 0);
    }
    return value >>> 0;
  }
}

export const evenProbabilities = (probabilities: Uint16Array): Uint16Array => probabilities.fill(EVEN);
