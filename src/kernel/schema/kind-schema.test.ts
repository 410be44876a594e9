import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type TSchema, Type } from 'typebox';
import { defineKind, type Kind } from '../kind.ts';
import { assertBounded, DEPTH_MAX } from './bounds.ts';
import { jsonEqual } from './field-path.ts';
import { schemaOf } from './kind-schema.ts';

// The same examples at every run.
fc.configureGlobal({ seed: 20_261_121 });

let kinds = 0;

function kindOf(spec: TSchema, more: { readonly secret?: boolean; readonly plural?: string } = {}): Kind {
  kinds += 1;
  return defineKind({
    group: more.plural === 'namespaces' ? '' : 'test.casemate.internal',
    version: 'v1',
    kind: 'Thing',
    plural: more.plural ?? `things${kinds}`,
    scope: 'Project',
    description: 'A thing.',
    realms: ['organization'],
    spec,
    ...(more.secret ? { secret: true } : {}),
  });
}

/** What is wrong with a spec, as `field: message`. */
function wrong(spec: TSchema, value: unknown, secret = false): string[] {
  const causes = schemaOf(kindOf(spec, { secret })).causes({ metadata: { name: 'x' }, spec: value });
  return causes.map(({ field, message }) => `${field}: ${message}`);
}

function wrongMeta(metadata: Record<string, unknown>, plural?: string): string[] {
  const kind = kindOf(Type.Object({}), plural === undefined ? {} : { plural });
  const causes = schemaOf(kind).causes({ metadata: { name: 'x', ...metadata }, spec: {} });
  return causes.map(({ field, message }) => `${field}: ${message}`);
}

const Source = Type.Union([
  Type.Object({ type: Type.Literal('image'), image: Type.String() }),
  Type.Object({ type: Type.Literal('snapshot'), snapshot: Type.String({ minLength: 1 }) }),
]);

describe('what is wrong with a field', () => {
  const cases: readonly [what: string, schema: TSchema, value: unknown, expected: string[]][] = [
    [
      'a number out of range',
      Type.Object({ cpu: Type.Integer({ minimum: 1, maximum: 64 }) }),
      { cpu: 0 },
      ['spec.cpu: Invalid value: 0: must be from 1 to 64'],
    ],
    [
      'a fraction where a whole number belongs',
      Type.Object({ cpu: Type.Integer() }),
      { cpu: 1.5 },
      ['spec.cpu: Invalid value: 1.5: must be a whole number, not a fraction'],
    ],
    [
      'a missing field, by what it is for',
      Type.Object({ image: Type.String({ description: 'Name of an image.' }) }),
      {},
      ['spec.image: Required value: a string (Name of an image)'],
    ],
    [
      'the wrong type',
      Type.Object({ name: Type.String() }),
      { name: [1] },
      ['spec.name: Invalid value: [1]: must be a string, not a list'],
    ],
    [
      'a value that is not offered',
      Type.Object({ power: Type.Union([Type.Literal('on'), Type.Literal('off')]) }),
      { power: 'On' },
      ['spec.power: Unsupported value: "On": supported values: "on", "off"'],
    ],
    [
      'a pattern, in words where the kind has some',
      Type.Object({
        key: Type.String({ pattern: '^ssh-', patternDescription: 'an SSH public key that begins with ssh-' }),
        other: Type.String({ pattern: '^a+$' }),
      }),
      { key: 'rsa', other: 'b' },
      [
        'spec.key: Invalid value: "rsa": must be an SSH public key that begins with ssh-',
        'spec.other: Invalid value: "b": must match ^a+$',
      ],
    ],
    [
      'an item of a list',
      Type.Object({ networks: Type.Array(Type.Object({ name: Type.String({ minLength: 1 }) })) }),
      { networks: [{ name: 'a' }, { name: '' }] },
      ['spec.networks[1].name: Invalid value: "": must not be empty'],
    ],
    [
      'too many items',
      Type.Object({ keys: Type.Array(Type.String(), { maxItems: 1 }) }),
      { keys: ['a', 'b'] },
      ['spec.keys: Too many: 2 items; the most is 1'],
    ],
    [
      'a doubled item',
      Type.Object({ keys: Type.Array(Type.String(), { uniqueItems: true }) }),
      { keys: ['a', 'b', 'a'] },
      ['spec.keys[2]: Duplicate value: "a"'],
    ],
    [
      'the alternative that was meant',
      Type.Object({ source: Source }),
      { source: { type: 'snapshot', snapshot: '' } },
      ['spec.source.snapshot: Invalid value: "": must not be empty'],
    ],
    [
      'an alternative that does not exist',
      Type.Object({ source: Source }),
      { source: { type: 'disk' } },
      ['spec.source.type: Unsupported value: "disk": supported values: "image", "snapshot"'],
    ],
    [
      'a value of a map',
      Type.Object({ labels: Type.Record(Type.String(), Type.String()) }),
      { labels: { 'a/b': 1 } },
      ['spec.labels[a/b]: Invalid value: 1: must be a string, not a number'],
    ],
    ['a spec that is missing as a whole', Type.Object({}), undefined, ['spec: Required value: an object']],
  ];
  for (const [what, schema, value, expected] of cases) {
    it(`is said of ${what}`, () => assert.deepEqual(wrong(schema, value), expected));
  }

  it('is said without the value when the kind is secret', () => {
    assert.deepEqual(wrong(Type.Object({ key: Type.String({ maxLength: 3 }) }), { key: 'hunter2' }, true), [
      'spec.key: Too long: 7 characters; the most is 3',
    ]);
    assert.deepEqual(wrong(Type.Object({ key: Type.Literal('a') }), { key: 'hunter2' }, true), [
      'spec.key: Unsupported value: must be "a"',
    ]);
  });

  it('is said of something whenever the schema refuses, for any value', () => {
    const spec = Type.Object({
      a: Type.Optional(Type.Integer({ minimum: 1, multipleOf: 2 })),
      b: Type.Optional(
        Type.Array(Type.Union([Type.String({ maxLength: 2 }), Type.Number()]), { maxItems: 2 }),
      ),
      c: Type.Optional(Source),
      d: Type.Optional(Type.Record(Type.String({ pattern: '^[a-z]+$' }), Type.Boolean())),
    });
    const kind = kindOf(spec);
    fc.assert(
      fc.property(
        fc.record(
          { a: fc.jsonValue(), b: fc.jsonValue(), c: fc.jsonValue(), d: fc.jsonValue() },
          { requiredKeys: [] },
        ),
        (value) => {
          for (const cause of schemaOf(kind).causes({ metadata: { name: 'x' }, spec: value })) {
            assert.match(cause.field ?? '', /^spec/);
            assert.notEqual(cause.message, '');
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('defaults', () => {
  const spec = Type.Object(
    {
      size: Type.Integer({ default: 1 }),
      nested: Type.Object({ deep: Type.String({ default: 'x' }) }, { default: {} }),
      list: Type.Array(
        Type.Object({ port: Type.Integer({ default: 80 }), name: Type.Optional(Type.String()) }),
      ),
      source: Type.Union([
        Type.Object({ type: Type.Literal('a'), width: Type.Integer({ default: 3 }) }),
        Type.Object({ type: Type.Literal('b') }),
      ]),
    },
    { default: {} },
  );

  it('are filled in at every depth, in lists and in the alternative that is meant', () => {
    const schema = schemaOf(kindOf(spec));
    const given = { metadata: {}, spec: { list: [{}, { port: 1 }], source: { type: 'a' }, size: null } };
    const before = structuredClone(given);
    assert.deepEqual(schema.withDefaults(given), {
      metadata: {},
      spec: {
        size: 1,
        nested: { deep: 'x' },
        list: [{ port: 80 }, { port: 1 }],
        source: { type: 'a', width: 3 },
      },
    });
    assert.deepEqual(given, before);
  });

  it('are the same when filled in again, and never shared between objects', () => {
    const schema = schemaOf(kindOf(spec));
    const one = schema.withDefaults({});
    assert.equal(schema.withDefaults(one), one);
    assert.notEqual((schema.withDefaults({}) as { spec: object }).spec, (one as { spec: object }).spec);
  });
});

describe('unknown fields', () => {
  it('are found at every depth, and taken out without touching what was given', () => {
    const schema = schemaOf(
      kindOf(
        Type.Object({
          image: Type.String(),
          list: Type.Array(Type.Object({ name: Type.String() })),
          any: Type.Unknown(),
          labels: Type.Record(Type.String(), Type.String()),
          source: Source,
        }),
      ),
    );
    const given = {
      apiVersion: 'v1',
      kind: 'Thing',
      metadata: { name: 'x', lables: {} },
      spec: {
        imgae: 'x',
        list: [{ name: 'a', extra: 1 }],
        any: { whatever: [1] },
        labels: { free: 'text' },
        source: { type: 'image', image: 'i', snapshot: 's' },
      },
      stats: {},
    };
    const before = structuredClone(given);
    const { object, unknown } = schema.prune(given);
    assert.deepEqual(
      unknown.map(({ path, meant }) => `${path} → ${meant}`),
      [
        'metadata.lables → labels',
        'spec.imgae → image',
        'spec.list[0].extra → undefined',
        'spec.source.snapshot → undefined',
        'stats → undefined',
      ],
    );
    assert.deepEqual(object.spec, {
      list: [{ name: 'a' }],
      any: { whatever: [1] },
      labels: { free: 'text' },
      source: { type: 'image', image: 'i' },
    });
    assert.deepEqual(given, before);
    assert.deepEqual(schema.prune(object).unknown, []);
    assert.equal(schema.prune(object).object, object);
  });
});

describe('metadata', () => {
  const long = (length: number) => 'a'.repeat(length);

  it('takes DNS names of at most 253 characters, and of 63 for projects', () => {
    for (const name of ['a', 'web-1', 'a.b-c.d', long(63), `${long(63)}.${long(63)}`]) {
      assert.deepEqual(wrongMeta({ name }), []);
    }
    for (const name of ['A', '-a', 'a-', 'a..b', 'a_b', 'ä', 'a/b', '.', ' a', 'a\n']) {
      assert.equal(wrongMeta({ name }).length, 1, name);
    }
    assert.deepEqual(wrongMeta({ name: long(254) }), [
      'metadata.name: Too long: 254 characters; the most is 253',
    ]);
    assert.deepEqual(wrongMeta({ name: long(63) }, 'namespaces'), []);
    assert.deepEqual(wrongMeta({ name: long(64) }, 'namespaces'), [
      'metadata.name: Too long: 64 characters; the most is 63',
    ]);
    assert.equal(wrongMeta({ name: 'a.b' }, 'namespaces').length, 1);
  });

  it('needs a name or the beginning of one', () => {
    assert.deepEqual(wrongMeta({ name: '' }), [
      'metadata.name: Required value: name or generateName is required',
    ]);
    assert.deepEqual(wrongMeta({ name: '', generateName: 'web-' }), []);
    assert.deepEqual(wrongMeta({ name: '', generateName: `${long(80)}-` }), []);
    assert.equal(wrongMeta({ name: '', generateName: 'Web-' }).length, 1);
  });

  it('takes labels as Kubernetes does', () => {
    assert.deepEqual(
      wrongMeta({ labels: { app: 'web', 'app.kubernetes.io/name': 'Web_1.2', empty: '' } }),
      [],
    );
    assert.equal(wrongMeta({ labels: { 'a b': 'x' } }).length, 1);
    assert.equal(wrongMeta({ labels: { '/x': 'x' } }).length, 1);
    assert.equal(wrongMeta({ labels: { 'Prefix/x': 'x' } }).length, 1);
    assert.equal(wrongMeta({ labels: { [long(64)]: 'x' } }).length, 1);
    assert.deepEqual(wrongMeta({ labels: { a: long(64) } }), [
      `metadata.labels.a: Invalid value: "${long(64)}": must have at most 63 characters`,
    ]);
    assert.equal(wrongMeta({ labels: { a: 'x y' } }).length, 1);
    assert.deepEqual(wrongMeta({ labels: { a: 1 } }), [
      'metadata.labels.a: Invalid value: 1: must be a string, not a number',
    ]);
  });

  it('takes annotations up to 256 KiB in all', () => {
    assert.deepEqual(wrongMeta({ annotations: { a: 'x'.repeat(256 * 1024 - 1) } }), []);
    assert.deepEqual(wrongMeta({ annotations: { a: 'x'.repeat(256 * 1024) } }), [
      'metadata.annotations: Too long: 262145 bytes in all; the most is 262144',
    ]);
  });

  it('takes finalizers and owners that are whole', () => {
    assert.deepEqual(wrongMeta({ finalizers: ['orphan', 'test.casemate.internal/x'] }), []);
    assert.deepEqual(wrongMeta({ finalizers: ['a/b', 'a/b'] }), [
      'metadata.finalizers[1]: Duplicate value: "a/b"',
    ]);
    assert.equal(wrongMeta({ finalizers: ['a b'] }).length, 1);
    const owner = { apiVersion: 'v1', kind: 'Thing', name: 'x', uid: 'u' };
    assert.deepEqual(wrongMeta({ ownerReferences: [owner] }), []);
    assert.deepEqual(wrongMeta({ ownerReferences: [{ ...owner, uid: '' }] }), [
      'metadata.ownerReferences[0].uid: Required value: must not be empty',
    ]);
    const controller = { ...owner, controller: true };
    assert.equal(wrongMeta({ ownerReferences: [controller, { ...controller, uid: 'v' }] }).length, 1);
    assert.deepEqual(wrongMeta({ ownerReferences: [{ ...owner, kind: undefined }] }), [
      'metadata.ownerReferences[0].kind: Required value: a string',
    ]);
  });
});

describe('bounds', () => {
  it('refuse nesting that is too deep, without running out of stack', () => {
    let deep: unknown = 0;
    for (let level = 0; level < DEPTH_MAX; level++) deep = [deep];
    assertBounded(deep);
    for (let level = 0; level < 100_000; level++) deep = [deep];
    assert.throws(() => assertBounded(deep), /nested too deep; the most is 64 levels/);
  });

  it('refuse keys that reach a prototype, wherever they are', () => {
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      const value = JSON.parse(`{"spec":{"list":[{"${key}":{"polluted":true}}]}}`);
      assert.throws(() => assertBounded(value), new RegExp(`spec\\.list\\[0\\]\\.${key}`));
    }
  });
});

describe('equality of JSON', () => {
  it('does not mind the order of keys, and agrees with equality of what is written', () => {
    assert.ok(jsonEqual({ a: 1, b: [{ c: null }] }, { b: [{ c: null }], a: 1 }));
    assert.ok(jsonEqual({ a: undefined }, {}));
    assert.ok(!jsonEqual({ a: null }, {}));
    assert.ok(!jsonEqual([1], { 0: 1 }));
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        assert.ok(jsonEqual(a, structuredClone(a)));
        if (JSON.stringify(a) === JSON.stringify(b)) assert.ok(jsonEqual(a, b));
        if (jsonEqual(a, b)) assert.deepEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)));
      }),
    );
  });
});
