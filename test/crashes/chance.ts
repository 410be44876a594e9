/** Chance that a seed decides, so that a run can be made again. */

export interface Chance {
  /** A whole number in [0, bound). */
  below(bound: number): number;
  /** One of them; throws when there is none. */
  oneOf<T>(things: readonly T[]): T;
}

/** The mulberry32 generator: 32 bits of state, good enough to draw lots with. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const below = (bound: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
  return {
    below,
    oneOf(things) {
      const thing = things[below(things.length)];
      if (thing === undefined) throw new RangeError('nothing to choose from');
      return thing;
    },
  };
}
