/** The seed of a run: from the environment, to make one again, else the one given. */

export const SEED_VARIABLE = 'CASEMATE_CRASH_SEED';

export function chosenSeed(usual: number): number {
  const given = process.env[SEED_VARIABLE];
  if (given === undefined) return usual;
  const seed = Number(given);
  if (!Number.isSafeInteger(seed)) throw new RangeError(`${SEED_VARIABLE}: "${given}" is no whole number`);
  return seed;
}

/** What a person runs to see it again. */
export const replay = (seed: number, file: string): string =>
  `seed ${seed}; again: ${SEED_VARIABLE}=${seed} ./casemate test --only ${file}`;
