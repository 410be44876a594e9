import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type } from 'typebox';
import { keyedBy, SET } from '../list-type.ts';
import { listCauses } from './list-keys.ts';
import { keywordsOf } from './schema-form.ts';

const Port = Type.Object({ port: Type.Integer(), protocol: Type.String({ default: 'TCP' }) });
const schema = keywordsOf(
  Type.Object({
    ports: Type.Optional(Type.Union([Type.Array(Port, keyedBy('port', 'protocol')), Type.Null()])),
    groups: Type.Record(Type.String(), Type.Object({ tags: Type.Array(Type.String(), SET) })),
    plain: Type.Array(Type.Integer()),
  }),
);

for (const [title, value, fields] of [
  ['takes elements that differ in one key', { ports: [{ port: 53 }, { port: 53, protocol: 'UDP' }] }, []],
  ['refuses an element that is there twice', { ports: [{ port: 53 }, { port: 53 }] }, ['ports[1]']],
  ['knows a key by its default', { ports: [{ port: 53, protocol: 'TCP' }, { port: 53 }] }, ['ports[1]']],
  [
    'refuses an element without a key, or that is no object',
    { ports: [{ protocol: 'TCP' }, 5] },
    ['ports[0]', 'ports[1]'],
  ],
  [
    'refuses a value twice in a set, wherever it is',
    { groups: { a: { tags: ['x', 'y', 'x'] } } },
    ['groups.a.tags[2]'],
  ],
  ['leaves other lists alone', { plain: [1, 1], ports: null }, []],
  ['leaves wrong types to others', { ports: 'x', groups: 5 }, []],
  [
    'names so many and no more',
    { ports: Array.from({ length: 100 }, () => ({})) },
    Array.from({ length: 16 }, (_, at) => `ports[${at}]`),
  ],
] as const) {
  test(`a keyed list ${title}`, () =>
    assert.deepEqual(
      listCauses(schema, value).map(({ field }) => field),
      fields,
    ));
}

test('a schema that says "map" and no keys is a mistake of its author', () => {
  const wrong = keywordsOf(Type.Array(Port, { 'x-kubernetes-list-type': 'map' }));
  assert.throws(() => listCauses(wrong, [{}]), TypeError);
});
