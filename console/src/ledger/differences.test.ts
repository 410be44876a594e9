import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences } from './differences.ts';

test('a change is told field by field: what was, what is, what is gone', () => {
  const before = {
    spec: { size: 1, disks: [{ name: 'a' }], tags: { x: '1' } },
    metadata: { resourceVersion: '1' },
  };
  const after = {
    spec: { size: 2, disks: [{ name: 'a' }, { name: 'b' }] },
    metadata: { resourceVersion: '2' },
  };
  assert.deepEqual(differences(before, after), [
    { field: 'spec.size', before: '1', after: '2' },
    { field: 'spec.disks[1].name', before: undefined, after: 'b' },
    { field: 'spec.tags.x', before: '1', after: undefined },
  ]);
  assert.deepEqual(differences(after, after), []);
});

test('what was made is all new; what is empty, false or null is told as it is', () => {
  assert.deepEqual(differences(undefined, { a: '', b: false, c: null, d: [], e: {} }), [
    { field: 'a', before: undefined, after: '' },
    { field: 'b', before: undefined, after: 'false' },
    { field: 'c', before: undefined, after: 'null' },
    { field: 'd', before: undefined, after: '[]' },
    { field: 'e', before: undefined, after: '{}' },
  ]);
});
