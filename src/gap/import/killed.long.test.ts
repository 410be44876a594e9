// As `killed.test.ts`, at 1,000 points.
import { test } from 'node:test';
import { killAtPoints } from './testing/kill-points.ts';

const POINTS = 1_000;
const SEED = 5;

test('killed at 1,000 seeded points, half of them with the power cut, an import always ends as if nothing had happened', (t) =>
  killAtPoints(t, POINTS, SEED));
