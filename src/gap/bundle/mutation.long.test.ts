// As mutation.test.ts, ten thousand times.
import { test } from 'node:test';
import { refuseMutations } from './testing/mutated.ts';

test('10,000 damaged, cut, swapped and repeated bundles: each is refused, and says which part is wrong', async (t) => {
  await refuseMutations(t, 10_000, 5_000_000);
});
