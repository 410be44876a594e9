import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { applyMergePatch } from '#kernel/wire/merge-patch.ts';
import { LAST_APPLIED, remembered, threeWayPatch, withMemory } from './three-way.ts';

// The same examples at every run.
fc.configureGlobal({ seed: 20_261_121 });

const patch = threeWayPatch;

test('apply sets what is wanted and not so, and leaves alone what it never set', () => {
  assert.deepEqual(patch({}, { spec: { size: 2 } }, { spec: { size: 1, image: 'x' }, status: {} }), {
    spec: { size: 2 },
  });
  assert.equal(patch({}, { spec: { size: 1 } }, { spec: { size: 1, image: 'x' } }), undefined);
});

test('apply removes what it set before and is no longer wanted, if it is still there', () => {
  assert.deepEqual(patch({ a: 1, b: 2, c: 3 }, { a: 1 }, { a: 1, b: 9, other: true }), { b: null });
  assert.deepEqual(patch({ labels: { x: '1' } }, { labels: {} }, { labels: { x: '1', y: '2' } }), {
    labels: { x: null },
  });
});

test('lists are replaced whole', () => {
  assert.deepEqual(patch({ ports: [1, 2] }, { ports: [1] }, { ports: [1, 2] }), { ports: [1] });
  assert.equal(patch({}, { ports: [{ a: 1 }] }, { ports: [{ a: 1 }] }), undefined);
});

test('null in a manifest means that the field shall not be there', () => {
  assert.deepEqual(patch({}, { a: null }, { a: 1 }), { a: null });
  assert.equal(patch({}, { a: null }, {}), undefined);
});

test('a manifest is remembered in the object as kubectl remembers it', () => {
  const manifest = { apiVersion: 'v1', kind: 'M', metadata: { name: 'web' }, spec: { size: 1 } };
  const sent = withMemory(manifest);
  assert.deepEqual(remembered(sent), { ...manifest, metadata: { name: 'web', annotations: {} } });
  assert.deepEqual(withMemory(sent), sent);
  assert.deepEqual(
    remembered({ ...manifest, metadata: { name: 'web', annotations: { [LAST_APPLIED]: '{' } } }),
    {},
  );
});

test('after apply everything wanted is so, and applying again changes nothing', () => {
  const leaf = fc.oneof(
    fc.integer({ max: 3, min: 0 }),
    fc.constantFrom('a', 'b'),
    fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 2 }),
  );
  const tree = fc.dictionary(
    fc.constantFrom('p', 'q', 'r'),
    fc.oneof(leaf, fc.dictionary(fc.constantFrom('p', 'q', 'r'), leaf, { noNullPrototype: true })),
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(tree, tree, tree, (before, wanted, live) => {
      const first = patch(before, wanted, live);
      const after = first === undefined ? live : applyMergePatch(live, first);
      assert.equal(patch(wanted, wanted, after), undefined);
    }),
  );
});
