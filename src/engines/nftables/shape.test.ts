import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boolean, group, integer, list, oneOf, problemWith, text } from './shape.ts';

const SHAPE = group(
  {
    count: integer(1, 3),
    on: boolean,
    kind: oneOf('a', 2),
    name: text(4, /^[a-z]+$/),
    items: list(group({ n: integer(0, 9) }), 2, 1),
  },
  ['on'],
);
const RIGHT = { count: 1, on: true, kind: 'a', name: 'abc', items: [{ n: 0 }] };

test('what has the shape is taken, with and without its optional fields', () => {
  assert.equal(problemWith(SHAPE, RIGHT), undefined);
  const { on: _, ...without } = RIGHT;
  assert.equal(problemWith(SHAPE, without), undefined);
  assert.equal(problemWith(SHAPE, { ...RIGHT, kind: 2, items: [{ n: 0 }, { n: 9 }] }), undefined);
});

const WRONG: readonly (readonly [what: string, value: unknown, problem: string])[] = [
  ['nothing', null, '/: must be a group of fields'],
  ['a list for a group', [], '/: must be a group of fields'],
  ['a number too large', { ...RIGHT, count: 4 }, '/count: must be a whole number from 1 to 3'],
  ['a number too small', { ...RIGHT, count: 0 }, '/count: must be a whole number from 1 to 3'],
  ['half a number', { ...RIGHT, count: 1.5 }, '/count: must be a whole number from 1 to 3'],
  ['a number as text', { ...RIGHT, count: '1' }, '/count: must be a whole number from 1 to 3'],
  ['a field that holds undefined', { ...RIGHT, on: undefined }, '/on: must be true or false'],
  ['a word that is not one of them', { ...RIGHT, kind: '2' }, '/kind: must be a or 2'],
  ['text too long', { ...RIGHT, name: 'abcde' }, '/name: must be text of at most 4 characters'],
  ['text of another form', { ...RIGHT, name: 'a b' }, '/name: must be text that matches ^[a-z]+$'],
  ['too few items', { ...RIGHT, items: [] }, '/items: must be a list of 1 to 2 items'],
  [
    'too many items',
    { ...RIGHT, items: [{ n: 1 }, { n: 1 }, { n: 1 }] },
    '/items: must be a list of 1 to 2 items',
  ],
  ['something else for a list', { ...RIGHT, items: { length: 1 } }, '/items: must be a list of 1 to 2 items'],
  [
    'a wrong item',
    { ...RIGHT, items: [{ n: 1 }, { n: 10 }] },
    '/items/1/n: must be a whole number from 0 to 9',
  ],
  ['a hole for an item', { ...RIGHT, items: new Array(1) }, '/items/0: must be a group of fields'],
  ['a field nobody knows', { ...RIGHT, rule: 'accept' }, '/rule: there is no such field'],
  [
    'a field that would become a prototype',
    JSON.parse('{"__proto__": {}}'),
    '/__proto__: there is no such field',
  ],
  ['a field inherited, not given', Object.create(RIGHT), '/count: is missing'],
];

for (const [what, value, problem] of WRONG) {
  test(`${what} is refused with its place and what would be right`, () => {
    assert.equal(problemWith(SHAPE, value), problem);
  });
}
