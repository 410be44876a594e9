import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isStatusError } from '../errors.ts';
import { parseJson, parseYamlText } from './body.ts';
import { decodeContinue, encodeContinue } from './continue-token.ts';
import { humanDuration } from './human-duration.ts';
import { negotiate } from './media-type.ts';
import { parsePath } from './path.ts';
import { decodeMessage, ProtobufError } from './protobuf.ts';
import { parseProtobufBody } from './protobuf-body.ts';

const target = (path: string) => parsePath(path)?.target;

for (const [path, expected] of [
  ['/', { type: 'root' }],
  ['/api', { type: 'api' }],
  ['/api/v1', { type: 'group-version', group: '', version: 'v1' }],
  ['/apis/g/v1', { type: 'group-version', group: 'g', version: 'v1' }],
  ['/api/v1/namespaces', { type: 'resource', group: '', version: 'v1', plural: 'namespaces' }],
  ['/api/v1/namespaces/p', { type: 'resource', group: '', version: 'v1', plural: 'namespaces', name: 'p' }],
  [
    '/api/v1/namespaces/p/status',
    { type: 'resource', group: '', version: 'v1', plural: 'namespaces', name: 'p', subresource: 'status' },
  ],
  [
    '/api/v1/namespaces/p/secrets',
    { type: 'resource', group: '', version: 'v1', plural: 'secrets', namespace: 'p' },
  ],
  [
    '/api/v1/namespaces/p/pods/x/exec',
    {
      type: 'resource',
      group: '',
      version: 'v1',
      plural: 'pods',
      namespace: 'p',
      name: 'x',
      subresource: 'exec',
    },
  ],
  ['/apis/g/v1/things', { type: 'resource', group: 'g', version: 'v1', plural: 'things' }],
  [
    '/apis/g/v1/namespaces/p/things/x/status',
    {
      type: 'resource',
      group: 'g',
      version: 'v1',
      plural: 'things',
      namespace: 'p',
      name: 'x',
      subresource: 'status',
    },
  ],
  ['/openapi/v3/apis/g/v1', { type: 'openapi-v3-group', group: 'g', version: 'v1' }],
  ['/ledger/changes/tile/0/x001/234.p/5', { type: 'ledger', log: 'changes', path: 'tile/0/x001/234.p/5' }],
  ['/nothing', { type: 'other', segment: 'nothing' }],
  ['/apis/g/v1/a/b/c/d', { type: 'unknown' }],
] as const) {
  test(`the path ${path} means ${expected.type}, in the region and in an organization`, () => {
    assert.deepEqual(target(path), expected);
    const inOrganization = parsePath(`/orgs/acme${path === '/' ? '' : path}`);
    assert.deepEqual(inOrganization, { realm: '/orgs/acme', prefix: '/orgs/acme', target: expected });
  });
}

for (const path of [
  '/orgs',
  '/orgs/',
  '/orgs/UPPER',
  '/orgs/a_b',
  '/orgs/-a',
  '//api',
  '/api/../etc',
  '/api/%2e%2e',
  '/api/%zz',
  '/api/%00',
]) {
  test(`the path ${path} names nothing`, () => assert.equal(parsePath(path), undefined));
}

test('the kubectl Accept header gives a v1 Table', () => {
  const accept =
    'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';
  assert.deepEqual(negotiate(accept, ['Table']), { encoding: 'json', shape: 'Table', version: 'v1' });
  assert.deepEqual(negotiate(accept, []), { encoding: 'json', shape: 'Object', version: 'v1' });
});

test('protobuf is passed over for JSON, and alone is not acceptable', () => {
  const protobuf = 'application/vnd.kubernetes.protobuf';
  assert.equal(negotiate(`${protobuf},application/json`, []).encoding, 'json');
  assert.throws(
    () => negotiate(protobuf, []),
    (error) => isStatusError(error, 'NotAcceptable'),
  );
});

test('quality orders what is accepted', () => {
  assert.equal(negotiate('application/json;q=0.5,application/yaml', []).encoding, 'yaml');
});

test('a continue token comes back as it was; others are refused', () => {
  const token = { revision: 7, namespace: 'p', name: 'x' };
  assert.deepEqual(decodeContinue(encodeContinue(token)), token);
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.throws(
        () => decodeContinue(text),
        (error) => isStatusError(error, 'BadRequest'),
      );
    }),
    { seed: 20 },
  );
});

for (const [seconds, text] of [
  [0, '0s'],
  [119, '119s'],
  [120, '2m'],
  [200, '3m20s'],
  [3_600, '60m'],
  [4 * 3_600 + 300, '4h5m'],
  [30 * 3_600, '30h'],
  [50 * 3_600, '2d2h'],
  [30 * 86_400, '30d'],
  [800 * 86_400, '2y70d'],
  [3_000 * 86_400, '8y'],
] as const) {
  test(`an age of ${seconds} s prints as ${text}`, () => assert.equal(humanDuration(seconds * 1_000), text));
}

test('bodies nested too deeply, or with a prototype key, are refused', () => {
  const bad = (error: unknown) => isStatusError(error, 'BadRequest');
  assert.throws(() => parseJson(Buffer.from(`${'['.repeat(200)}${']'.repeat(200)}`)), bad);
  assert.throws(() => parseJson(Buffer.from('['.repeat(1_000_000))), bad);
  assert.throws(() => parseJson(Buffer.from('{"a":{"__proto__":{}}}')), bad);
  assert.throws(() => parseJson(Buffer.from('{')), bad);
  assert.throws(() => parseYamlText(Buffer.from('a: [')), bad);
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefgh'.split('').map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`),
  ];
  assert.throws(() => parseYamlText(Buffer.from(bomb.join('\n'))), bad);
});

test('a namespace as kubectl encodes it in protobuf is read', () => {
  // kubectl 1.33: create namespace p
  const meta = Buffer.from('\x0a\x01p\x12\x00\x1a\x00\x22\x00\x2a\x00\x32\x00\x38\x00\x42\x00', 'latin1');
  const raw = Buffer.concat([
    Buffer.from([0x0a, meta.length]),
    meta,
    Buffer.from('\x12\x00\x1a\x02\x0a\x00', 'latin1'),
  ]);
  const typeMeta = Buffer.from('\x0a\x02v1\x12\x09Namespace', 'latin1');
  const envelope = Buffer.concat([
    Buffer.from([0x0a, typeMeta.length]),
    typeMeta,
    Buffer.from([0x12, raw.length]),
    raw,
  ]);
  const body = Buffer.concat([Buffer.from('k8s\0', 'latin1'), envelope]);
  assert.deepEqual(parseProtobufBody(body), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'p' } });
});

test('arbitrary bytes as protobuf are refused, never a fault', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const body = Buffer.concat([Buffer.from('k8s\0', 'latin1'), bytes]);
      try {
        parseProtobufBody(body);
      } catch (error) {
        assert.ok(isStatusError(error), String(error));
      }
      try {
        decodeMessage(bytes, { 1: { name: 'a', type: 'string' }, 2: { name: 'm', type: { map: 'bytes' } } });
      } catch (error) {
        assert.ok(error instanceof ProtobufError, String(error));
      }
    }),
    { seed: 20 },
  );
});
