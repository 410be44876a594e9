// As `killed.test.ts`, at 1,000 points: in two lanes, since most of the time goes into starting processes.
import { suite, test } from 'node:test';
import { killAtPoints } from './testing/kill-points.ts';

const POINTS = 500;
const SEEDS = [5, 6] as const;

suite('killed at 1,000 seeded points', { concurrency: SEEDS.length }, () => {
  for (const seed of SEEDS) {
    test(`half of them with the power cut, an import always ends as if nothing had happened (seed ${seed})`, (t) =>
      killAtPoints(t, POINTS, seed));
  }
});
