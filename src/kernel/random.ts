/**
 * Randomness as the rest of Casemate sees it, injected so that a simulation can replay a seed.
 * Not for keys: key material comes straight from `node:crypto` in `trust/`.
 */
import { randomInt, randomUUID } from 'node:crypto';

export interface Random {
  /** A version 4 UUID in lower case. */
  uuid(): string;
  /** A whole number in [0, bound). */
  below(bound: number): number;
}

export const systemRandom: Random = {
  uuid: () => randomUUID(),
  below: (bound) => randomInt(bound),
};

// The alphabet Kubernetes uses for generated names: no vowels, no look-alikes.
const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Five characters to complete a `generateName`. */
export function nameSuffix(random: Random): string {
  let suffix = '';
  for (let i = 0; i < 5; i++) suffix += SUFFIX_ALPHABET.charAt(random.below(SUFFIX_ALPHABET.length));
  return suffix;
}
