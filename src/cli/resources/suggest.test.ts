import assert from 'node:assert/strict';
import { test } from 'node:test';
import { didYouMean, editDistance, suggestions } from './suggest.ts';

const TYPES = ['instances', 'instance', 'images', 'networks', 'forwards', 'firewallpolicies', 'secrets'];

test('a mistyped word is answered with the words nearest to it', () => {
  assert.equal(didYouMean('instnaces', TYPES), 'did you mean "instances" or "instance"?');
  assert.equal(didYouMean('netwroks', TYPES), 'did you mean "networks"?');
  assert.equal(didYouMean('Secret', TYPES), 'did you mean "secrets"?');
  assert.equal(didYouMean('firewall', TYPES), 'did you mean "firewallpolicies"?');
});

test('a word that is near nothing is not answered with a guess', () => {
  assert.equal(didYouMean('kubernetes', TYPES), undefined);
  assert.deepEqual(suggestions('x', ['ab', 'cd']), []);
  assert.deepEqual(suggestions('y'.repeat(1000), TYPES), []);
});

test('swapped neighbours count as one mistake', () => {
  assert.equal(editDistance('web', 'wbe'), 1);
  assert.equal(editDistance('', 'abc'), 3);
  assert.equal(editDistance('same', 'same'), 0);
});
