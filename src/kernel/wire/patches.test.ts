import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isStatusError } from '../errors.ts';
import { applyJsonPatch, parseJsonPatch } from './json-patch.ts';
import type { Json } from './json-value.ts';
import { applyMergePatch } from './merge-patch.ts';
import { applyStrategicMergePatch } from './strategic-merge-patch.ts';

const jsonPatch = (document: unknown, patch: unknown) => applyJsonPatch(document, parseJsonPatch(patch));

// The examples of RFC 6902, appendix A.
for (const [title, document, patch, expected] of [
  [
    'A.1 adds a member',
    { foo: 'bar' },
    [{ op: 'add', path: '/baz', value: 'qux' }],
    { foo: 'bar', baz: 'qux' },
  ],
  [
    'A.2 adds to a list',
    { foo: ['bar', 'baz'] },
    [{ op: 'add', path: '/foo/1', value: 'qux' }],
    { foo: ['bar', 'qux', 'baz'] },
  ],
  ['A.3 removes a member', { baz: 'qux', foo: 'bar' }, [{ op: 'remove', path: '/baz' }], { foo: 'bar' }],
  [
    'A.4 removes from a list',
    { foo: ['bar', 'qux', 'baz'] },
    [{ op: 'remove', path: '/foo/1' }],
    { foo: ['bar', 'baz'] },
  ],
  [
    'A.5 replaces',
    { baz: 'qux', foo: 'bar' },
    [{ op: 'replace', path: '/baz', value: 'boo' }],
    { baz: 'boo', foo: 'bar' },
  ],
  [
    'A.6 moves',
    { foo: { bar: 'baz', waldo: 'fred' }, qux: { corge: 'grault' } },
    [{ op: 'move', from: '/foo/waldo', path: '/qux/thud' }],
    { foo: { bar: 'baz' }, qux: { corge: 'grault', thud: 'fred' } },
  ],
  [
    'A.7 moves in a list',
    { foo: ['all', 'grass', 'cows', 'eat'] },
    [{ op: 'move', from: '/foo/1', path: '/foo/3' }],
    { foo: ['all', 'cows', 'eat', 'grass'] },
  ],
  [
    'A.8 tests',
    { baz: 'qux', foo: ['a', 2, 'c'] },
    [
      { op: 'test', path: '/baz', value: 'qux' },
      { op: 'test', path: '/foo/1', value: 2 },
    ],
    { baz: 'qux', foo: ['a', 2, 'c'] },
  ],
  [
    'A.11 ignores unknown members',
    { foo: 'bar' },
    [{ op: 'add', path: '/baz', value: 'qux', xyz: 123 }],
    { foo: 'bar', baz: 'qux' },
  ],
  [
    'A.14 reads escapes',
    { '/': 9, '~1': 10 },
    [{ op: 'test', path: '/~01', value: 10 }],
    { '/': 9, '~1': 10 },
  ],
  [
    'A.16 appends',
    { foo: ['bar'] },
    [{ op: 'add', path: '/foo/-', value: ['abc', 'def'] }],
    { foo: ['bar', ['abc', 'def']] },
  ],
] as const) {
  test(`JSON patch: RFC 6902 ${title}`, () => assert.deepEqual(jsonPatch(document, patch), expected));
}

for (const [title, patch] of [
  ['A.9 a failing test', [{ op: 'test', path: '/baz', value: 'bar' }]],
  ['A.12 a parent that is not there', [{ op: 'add', path: '/a/b', value: 1 }]],
  ['an index past the end', [{ op: 'add', path: '/list/5', value: 1 }]],
  ['an index with a leading zero', [{ op: 'replace', path: '/list/00', value: 1 }]],
  ['removing what is not there', [{ op: 'remove', path: '/nothing' }]],
  ['replacing what is not there', [{ op: 'replace', path: '/nothing', value: 1 }]],
  ['moving into itself', [{ op: 'move', from: '/list', path: '/list/0' }]],
] as const) {
  test(`JSON patch: ${title} is Invalid and changes nothing`, () => {
    const document = { baz: 'qux', list: [1] };
    assert.throws(
      () => jsonPatch(document, patch),
      (error) => isStatusError(error, 'Invalid'),
    );
    assert.deepEqual(document, { baz: 'qux', list: [1] });
  });
}

for (const [title, patch] of [
  ['no list', {}],
  ['an unknown operation', [{ op: 'spam', path: '/x' }]],
  ['a path without its slash', [{ op: 'remove', path: 'x' }]],
  ['an add without a value', [{ op: 'add', path: '/x' }]],
  ['a path through the prototype', [{ op: 'add', path: '/__proto__/polluted', value: true }]],
] as const) {
  test(`JSON patch: ${title} is a BadRequest`, () => {
    assert.throws(
      () => parseJsonPatch(patch),
      (error) => isStatusError(error, 'BadRequest'),
    );
  });
}

test('JSON patch: more than 10,000 operations are refused', () => {
  const patch = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/a', value: 1 }));
  assert.throws(
    () => parseJsonPatch(patch),
    (error) => isStatusError(error, 'RequestEntityTooLarge'),
  );
});

test('JSON patch: copies cannot double a document without end', () => {
  const patch = Array.from({ length: 200 }, () => ({ op: 'copy', from: '', path: '/again' }));
  assert.throws(
    () => jsonPatch({ a: 'x'.repeat(1000) }, patch),
    (error) => isStatusError(error, 'Invalid'),
  );
});

// RFC 7386, appendix A.
for (const [target, patch, expected] of [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
] as const) {
  test(`merge patch: RFC 7386 ${JSON.stringify(target)} with ${JSON.stringify(patch)}`, () => {
    assert.deepEqual(applyMergePatch(target, patch), expected);
  });
}

test('merge patch: applying one twice is applying it once, and leaves the target as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (target, patch) => {
      // Bodies with this key never get as far as a patch.
      fc.pre(!JSON.stringify([target, patch]).includes('__proto__'));
      const before = structuredClone(target);
      const once = applyMergePatch(target, patch as Json);
      assert.deepEqual(applyMergePatch(once, patch as Json), once);
      assert.deepEqual(target, before);
    }),
    { seed: 7386 },
  );
});

for (const [title, target, patch, expected] of [
  [
    'merges objects and removes with null',
    { a: { b: 1, c: 2 } },
    { a: { b: null, d: 3 } },
    { a: { c: 2, d: 3 } },
  ],
  [
    'replaces lists without a merge key',
    { spec: { ports: [1, 2] } },
    { spec: { ports: [3] } },
    { spec: { ports: [3] } },
  ],
  [
    'adds to finalizers',
    { metadata: { finalizers: ['a'] } },
    { metadata: { finalizers: ['b', 'a'] } },
    { metadata: { finalizers: ['a', 'b'] } },
  ],
  [
    'deletes from finalizers',
    { metadata: { finalizers: ['a', 'b'] } },
    { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } },
    { metadata: { finalizers: ['b'] } },
  ],
  [
    'orders finalizers',
    { metadata: { finalizers: ['a', 'b'] } },
    { metadata: { '$setElementOrder/finalizers': ['b', 'c', 'a'], finalizers: ['c'] } },
    { metadata: { finalizers: ['b', 'c', 'a'] } },
  ],
  [
    'merges owner references by uid',
    { metadata: { ownerReferences: [{ uid: '1', name: 'x' }] } },
    {
      metadata: {
        ownerReferences: [
          { uid: '1', name: 'y' },
          { uid: '2', name: 'z' },
        ],
      },
    },
    {
      metadata: {
        ownerReferences: [
          { uid: '1', name: 'y' },
          { uid: '2', name: 'z' },
        ],
      },
    },
  ],
  [
    'deletes an owner reference',
    { metadata: { ownerReferences: [{ uid: '1' }, { uid: '2' }] } },
    { metadata: { ownerReferences: [{ $patch: 'delete', uid: '1' }] } },
    { metadata: { ownerReferences: [{ uid: '2' }] } },
  ],
  [
    'replaces an object whole',
    { data: { a: '1', b: '2' } },
    { data: { $patch: 'replace', c: '3' } },
    { data: { c: '3' } },
  ],
  ['deletes an object', { data: { a: '1' }, type: 'x' }, { data: { $patch: 'delete' } }, { type: 'x' }],
  [
    'keeps only retained keys',
    { spec: { a: 1, b: 2 } },
    { spec: { $retainKeys: ['b'], b: 3 } },
    { spec: { b: 3 } },
  ],
] as const) {
  test(`strategic merge patch: ${title}`, () =>
    assert.deepEqual(applyStrategicMergePatch(target, patch), expected));
}

test('strategic merge patch: an unknown directive is refused', () => {
  assert.throws(
    () => applyStrategicMergePatch({}, { $patch: 'explode' }),
    (error) => isStatusError(error, 'BadRequest'),
  );
});
