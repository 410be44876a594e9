// An import, its publishing and the retiring of what was before, killed at seeded points, half of them with the power cut: they end as if nothing had happened.
import { test } from 'node:test';
import { killAtPoints } from './testing/kill-points.ts';

const POINTS = 10;
const SEED = 20_261_122;

test('killed at seeded points, an import goes on where it was: nothing is damaged, and at most one block is done again', (t) =>
  killAtPoints(t, POINTS, SEED));
