// A bundle with any byte, block or entry other than it should be is refused, and the part is named.
import { test } from 'node:test';
import { refuseMutations } from './testing/mutated.ts';

test('hundreds of damaged, cut, swapped and repeated bundles: each is refused, and says which part is wrong', async (t) => {
  await refuseMutations(t, 300, 20_261_122);
});
