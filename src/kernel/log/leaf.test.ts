import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  bodyDigest,
  type ChangeLeaf,
  encodeLeaf,
  LEAF_FORMAT,
  type Leaf,
  leafTime,
  parseLeaf,
} from './leaf.ts';

// The same examples at every run.
fc.configureGlobal({ seed: 20_261_121 });

const change: ChangeLeaf = {
  v: 1,
  index: 2,
  time: leafTime(1_763_751_600_123),
  type: 'change',
  actor: 'alice',
  credential: 'certificate:0a1b',
  via: 'api',
  verb: 'create',
  resource: 'instances.compute.casemate.internal',
  namespace: 'default',
  name: 'web',
  uid: '6f3a4a54-6a3e-4a53-8b26-3f6a8f9c2b11',
  digest: bodyDigest(Buffer.from('{}')),
  requestId: 'r-1',
  decision: 'allowed',
};

const LEAVES: Leaf[] = [
  {
    v: 1,
    index: 0,
    time: change.time,
    type: 'genesis',
    origin: 'o',
    realm: '/',
    uid: 'u',
    format: LEAF_FORMAT,
  },
  { v: 1, index: 1, time: change.time, type: 'key', vkey: 'o+00000000+AAAA' },
  change,
  {
    v: 1,
    index: 3,
    time: change.time,
    type: 'checkpoint',
    realm: '/orgs/a',
    log: 'changes',
    checkpoint: 'o\n1\nx\n',
  },
  {
    v: 1,
    index: 4,
    time: change.time,
    type: 'access',
    actor: 'bob',
    credential: 'certificate:0c',
    verb: 'get',
    resource: 'secrets',
    decision: 'denied',
    code: 403,
    requestId: 'r-2',
  },
];

test('every form of leaf is read back as it was written, and written the same again', () => {
  for (const leaf of LEAVES) {
    const bytes = encodeLeaf(leaf);
    assert.deepEqual(parseLeaf(bytes), leaf);
    assert.deepEqual(encodeLeaf(parseLeaf(bytes)), bytes);
  }
});

test('the bytes of a leaf do not depend on the order its fields were set in', () => {
  const reversed = Object.fromEntries(Object.entries(change).toReversed()) as ChangeLeaf;
  assert.deepEqual(encodeLeaf(reversed), encodeLeaf(change));
  assert.ok(encodeLeaf(change).toString().startsWith('{"actor":"alice","credential":'));
});

test('names in any script survive, canonically', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (actor) => {
      assert.equal(parseLeaf(encodeLeaf({ ...change, actor })).type, 'change');
    }),
  );
});

test('a leaf that is malformed is refused with the field that is wrong', () => {
  const refused = (value: unknown, message: RegExp) =>
    assert.throws(() => parseLeaf(Buffer.from(JSON.stringify(value))), { code: 'MALFORMED_LEAF', message });
  refused({ ...change, type: 'toString' }, /^type: not one of genesis, key, change, checkpoint, access/);
  refused([], /^type/);
  refused(null, /^type/);
  refused({ ...change, index: -1 }, /^index/);
  refused({ ...change, time: 'yesterday' }, /^time/);
  refused({ ...change, digest: 'sha256:00' }, /^digest/);
  refused({ ...change, extra: 1 }, /^extra: is not a field of this leaf$/);
  refused({ ...change, uid: undefined }, /uid/);
  assert.throws(() => parseLeaf(Buffer.from('{')), { message: 'not JSON' });
});

test('another spelling of the same leaf is refused: a leaf has one form', () => {
  const text = encodeLeaf(change).toString();
  for (const other of [
    text.replace('"alice"', '"\\u0061lice"'),
    text.replace('{', '{ '),
    JSON.stringify(Object.fromEntries(Object.entries(change).toReversed())),
    text.replace('"v":1', '"v":1.0'),
    text.replace('{', '{"actor":"mallory",'),
  ]) {
    assert.throws(
      () => parseLeaf(Buffer.from(other)),
      { message: 'not in canonical form (RFC 8785)' },
      other,
    );
  }
});

test('a leaf that would not fit an entry of the log is refused when it is written', () => {
  assert.throws(() => encodeLeaf({ ...change, name: 'x'.repeat(65_535) }), {
    code: 'MALFORMED_LEAF',
    message: /the most is 65535/,
  });
});

test('leaves of both versions are read, and no leaf passes for one of another version', () => {
  const common = { index: 7, time: '2026-11-21T00:00:00.000Z' };
  const access = { verb: 'get', resource: 'secrets', decision: 'denied' as const, code: 403, requestId: 'r' };
  const one = {
    v: 1 as const,
    ...common,
    type: 'access' as const,
    ...access,
    actor: 'alice',
    credential: 'c',
  };
  const digest = bodyDigest(Buffer.from('x'));
  const two = { v: 2 as const, ...common, type: 'access' as const, ...access, personal: digest };
  const erasure = {
    v: 2 as const,
    ...common,
    type: 'erasure' as const,
    from: 2,
    to: 5,
    actor: 'a',
    reason: 'r',
  };
  for (const leaf of [one, two, erasure]) assert.deepEqual(parseLeaf(encodeLeaf(leaf)), leaf);
  const refused = (leaf: object, message: RegExp) =>
    assert.throws(() => parseLeaf(encodeLeaf(leaf as typeof one)), { code: 'MALFORMED_LEAF', message });
  refused({ ...two, actor: 'alice' }, /^actor: is not a field of this leaf/);
  refused({ ...one, v: 2 }, /personal/);
  refused({ ...two, v: 1 }, /actor|credential/);
  refused({ ...erasure, v: 1 }, /^v: /);
  refused({ ...two, v: 3 }, /v|actor/);
});
