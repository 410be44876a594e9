/**
 * Whatever is sent, over real TLS: a Status that fits, in bounded time and memory, and nothing that was there before is lost or changed.
 * What a property found is printed with its seed and path by fast-check, and repeats with them.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { deflateRawSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { Logger } from '../logger.ts';
import { silentLogger } from '../logger.ts';
import { BODY_BYTES_MAX } from './limits.ts';
import { TEST_KINDS } from './test-kinds.ts';
import { type RawAnswer, sendRaw, sendRawAndEnd } from './test-raw.ts';
import { startTestServer, type TestAnswer, type TestServer } from './test-server.ts';

const GROUP = '/orgs/acme/apis/lab.casemate.internal/v1';
const MACHINES = `${GROUP}/namespaces/p/machines`;
const KEPT = `${GROUP}/namespaces/kept/machines`;
const JSON_TYPE = 'application/json';
const TYPES = [
  JSON_TYPE,
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/json-patch+json',
  'application/apply-patch+yaml',
];
/** Answers that a request may get which nobody should have sent; a fault of ours, 500, is none of them. */
const ANSWERS = new Set([200, 201, 400, 401, 403, 404, 405, 406, 409, 413, 415, 422]);
/** One request, however bad: generous, for machines that do other things too. */
const TIME_LIMIT_MS = 5_000;
const MEMORY_LIMIT_BYTES = 200 * 1024 * 1024;

describe('bad input', () => {
  let server: TestServer;
  let kept: unknown;
  const faults: unknown[] = [];
  const logger: Logger = { ...silentLogger, error: (...what: unknown[]) => void faults.push(what) };
  const send = (...parameters: Parameters<TestServer['send']>) => server.send(...parameters);
  before(async () => {
    server = await startTestServer({ kinds: TEST_KINDS, logger });
    for (const name of ['a', 'b']) {
      const body = { metadata: { name, annotations: { note: 'kept' } }, spec: { image: 'debian' } };
      assert.equal((await send('POST', KEPT, body)).code, 201);
    }
    kept = (await send('GET', KEPT)).json().items;
  });
  after(() => server.close());

  afterEach(async () => {
    assert.deepEqual((await send('GET', KEPT)).json().items, kept, 'what was there is there');
    assert.deepEqual(faults, [], 'no fault of ours');
    assert.deepEqual(Object.keys({}), []);
    // biome-ignore lint/suspicious/noExplicitAny: looks for what must not be on any object
    const plain: any = {};
    for (const key of ['polluted', 'isAdmin', 'spec', 'metadata']) assert.equal(plain[key], undefined, key);
  });

  function assertStatus(answer: Pick<TestAnswer, 'code' | 'text'>, code?: number): void {
    const status = JSON.parse(answer.text);
    assert.deepEqual(
      [status.kind, status.apiVersion, status.status, status.code],
      ['Status', 'v1', 'Failure', answer.code],
    );
    assert.ok(status.message.length > 5 && status.reason, answer.text);
    if (code !== undefined) assert.equal(answer.code, code, answer.text);
  }

  function assertAnswer(answer: TestAnswer, what: string): void {
    assert.ok(ANSWERS.has(answer.code), `${what}: ${answer.code} ${answer.text}`);
    if (answer.code >= 400) assertStatus(answer);
  }

  const assertRaw = ({ code, body }: RawAnswer, expected?: number) =>
    assertStatus({ code, text: body }, expected);

  /** JSON with what breaks naive code: keys that reach prototypes, wrong types in right places, odd numbers and texts. */
  const key = fc.oneof(
    fc.constantFrom(
      '__proto__',
      'constructor',
      'prototype',
      'toString',
      'hasOwnProperty',
      'then',
      'length',
      '',
    ),
    fc.constantFrom(
      'apiVersion',
      'kind',
      'metadata',
      'spec',
      'status',
      'name',
      'namespace',
      'labels',
      'finalizers',
    ),
    fc.constantFrom(
      'annotations',
      'ownerReferences',
      'managedFields',
      'uid',
      'resourceVersion',
      'size',
      'image',
    ),
    fc.constantFrom(
      'ports',
      'disks',
      'conditions',
      '$patch',
      '$setElementOrder/disks',
      '$deleteFromPrimitiveList/x',
    ),
    fc.string({ unit: 'binary', maxLength: 12 }),
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(
        null,
        true,
        '',
        'debian',
        'on',
        -1,
        0,
        1.5,
        1e308,
        2 ** 53,
        'x'.repeat(300),
        '\ud800',
        '\0',
      ),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map((pairs) => ({ entries: pairs })),
    ),
  }));
  /** Objects are kept as pairs until they are written, so that `__proto__` is a key like any other. */
  function write(item: unknown): string {
    if (Array.isArray(item)) return `[${item.map(write).join(',')}]`;
    if (typeof item === 'object' && item !== null && 'entries' in item) {
      const pairs = item.entries as [string, unknown][];
      return `{${pairs.map(([name, child]) => `${JSON.stringify(name)}:${write(child)}`).join(',')}}`;
    }
    return JSON.stringify(item);
  }
  const machineWith = value.map(
    (odd) => `{"metadata":{"name":"odd"},"spec":{"image":"debian","size":1},"status":{},"odd":${write(odd)}}`,
  );
  const twisted = fc
    .tuple(fc.constantFrom('metadata', 'spec', 'status', 'apiVersion', 'kind'), value)
    .map(([field, odd]) => `{"metadata":{"name":"odd"},"spec":{"image":"debian"},"${field}":${write(odd)}}`);
  const bytes = fc.oneof(
    value.map(write),
    machineWith,
    twisted,
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
    fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.concat([Buffer.from('k8s\0'), array])),
    fc
      .tuple(
        fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'run'),
        fc.array(key, { maxLength: 4 }),
        value,
      )
      .map(([op, steps, odd]) => {
        const path = steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
        return `[{"op":"${op}","path":${JSON.stringify(path)},"from":"/spec","value":${write(odd)}}]`;
      }),
  );

  test('of any body, of any type, by any method, is answered as what it is', {
    timeout: 60_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('POST', 'PUT', 'PATCH', 'DELETE'),
        fc.constantFrom(MACHINES, `${MACHINES}/odd`, `${MACHINES}/odd/status`, `${MACHINES}/none`),
        fc.constantFrom(
          '',
          '?fieldManager=x',
          '?fieldManager=x&force=true',
          '?dryRun=All',
          '?fieldValidation=Strict',
        ),
        fc.constantFrom(...TYPES),
        bytes,
        async (method, path, query, type, body) => {
          await send('POST', MACHINES, { metadata: { name: 'odd' }, spec: { image: 'debian' } });
          const answer = await send(method, `${path}${query}`, body, { 'Content-Type': type });
          assertAnswer(answer, `${method} ${path}${query} ${type}`);
          const list = await send('GET', MACHINES);
          assert.equal(list.code, 200);
          for (const item of list.json().items) {
            assert.deepEqual(Object.keys(item).slice(0, 3), ['apiVersion', 'kind', 'metadata']);
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  const escaped = fc.constantFrom(
    '%',
    '%zz',
    '%00',
    '%2e%2e',
    '%2F',
    '%C0%AF',
    '%ff',
    '..',
    '.',
    '//',
    ';a=b',
    '*',
    '%20',
    '\u00e9',
  );
  const segment = fc.oneof(
    fc.constantFrom(
      'orgs',
      'acme',
      'api',
      'apis',
      'v1',
      'lab.casemate.internal',
      'namespaces',
      'p',
      'machines',
    ),
    fc.constantFrom(
      'ledger',
      'changes',
      'tile',
      'openapi',
      'v2',
      'v3',
      'version',
      'pods',
      'exec',
      'log',
      'status',
    ),
    fc.constantFrom('__proto__', 'constructor', 'toString', 'secrets', 'catalogs'),
    escaped,
    fc.webSegment(),
  );
  const parameter = fc.tuple(
    fc.constantFrom(
      'labelSelector',
      'fieldSelector',
      'limit',
      'continue',
      'resourceVersion',
      'pretty',
      'dryRun',
      '__proto__',
      'timeoutSeconds',
      'includeObject',
      'command',
    ),
    fc.oneof(
      fc.webQueryParameters(),
      escaped,
      fc.constantFrom(
        'constructor=x',
        '__proto__',
        'metadata.constructor=x',
        'a in (',
        '1e9',
        '-1',
        'NaN',
        '99999999999999999999',
      ),
    ),
  );

  test('in paths and queries is answered as what it is', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'OPTIONS', 'PROPFIND'),
        fc.oneof(
          fc.constant(['orgs', 'acme', 'apis', 'lab.casemate.internal', 'v1', 'namespaces', 'p', 'machines']),
          fc.array(segment, { maxLength: 10 }),
        ),
        fc.array(parameter, { maxLength: 4 }),
        async (method, segments, parameters) => {
          const query = parameters.map(([name, text]) => `${name}=${text}`).join('&');
          const target = `/${segments.join('/')}?${query}`;
          const { code, head, body } = await sendRaw(
            server,
            `${method} ${target} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
          );
          assert.ok(ANSWERS.has(code), `${method} ${target}: ${head} ${body}`);
          if (code >= 400) assertRaw({ code, head, body });
        },
      ),
      { numRuns: 300 },
    );
  });

  test('in header fields is answered as what it is, or not listened to', { timeout: 60_000 }, async () => {
    const name = fc.constantFrom(
      'Accept',
      'Content-Type',
      'Content-Encoding',
      'Content-Length',
      'Transfer-Encoding',
      'Authorization',
      'Connection',
      'Upgrade',
      'Expect',
      'Host',
      'Origin',
      'Range',
      'If-Match',
      'User-Agent',
      'X-Forwarded-For',
      'Sec-WebSocket-Protocol',
      'Cookie',
    );
    const text = fc.oneof(
      fc.constantFrom(
        '',
        '*/*',
        'application/json;as=Table;v=v1;g=meta.k8s.io',
        ';;;',
        ',,,',
        'gzip',
        'gzip, gzip',
        'chunked',
        '-1',
        '1e3',
        '99999999999',
        'Bearer',
        'Bearer \u00ff',
        'close',
        'upgrade',
        'websocket',
        'h2c',
        '100-continue',
        'q=1;q=2',
        '__proto__',
        '"',
      ),
      fc.string({ maxLength: 60 }).map((value) => value.replace(/[\r\n]/g, '')),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST'),
        fc.array(fc.tuple(name, text), { maxLength: 6 }),
        async (method, fields) => {
          const lines = fields.map(([field, line]) => `${field}: ${line}\r\n`).join('');
          const { code, head, body } = await sendRawAndEnd(
            server,
            Buffer.from(
              `${method} ${MACHINES} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${lines}\r\n`,
              'latin1',
            ),
          );
          // What the parser of HTTP closes on without a word, it may.
          assert.ok(code === 0 || code === 417 || ANSWERS.has(code), `${lines}: ${head}`);
          if (code >= 400 && code !== 417) assertRaw({ code, head, body });
        },
      ),
      { numRuns: 200 },
    );
  });

  /** Time and memory that one request costs: the processor's time, which does not hang on what else the machine does. */
  async function measured<T>(work: () => Promise<T>): Promise<T> {
    const before_bytes = process.memoryUsage.rss();
    const started = process.cpuUsage();
    const result = await work();
    const { user, system } = process.cpuUsage(started);
    const took_ms = (user + system) / 1_000;
    const grown_bytes = process.memoryUsage.rss() - before_bytes;
    assert.ok(took_ms < TIME_LIMIT_MS, `${took_ms} ms of processor time`);
    assert.ok(grown_bytes < MEMORY_LIMIT_BYTES, `${grown_bytes} bytes`);
    return result;
  }

  const gzip = { 'Content-Type': JSON_TYPE, 'Content-Encoding': 'gzip' };
  const zeros = Buffer.alloc(64 * 1024 * 1024);

  for (const [title, body, headers, code] of [
    ['a gzip of 64 MiB in 64 KiB', () => gzipSync(zeros), gzip, 413],
    [
      'sixteen gzips in one',
      () => Buffer.concat(Array.from({ length: 16 }, () => gzipSync(zeros.subarray(0, 1024 * 1024)))),
      gzip,
      413,
    ],
    ['a gzip in a gzip', () => gzipSync(gzipSync('{"metadata":{"name":"x"}}')), gzip, 400],
    ['half a gzip', () => gzipSync('{"metadata":{"name":"x"}}').subarray(0, 20), gzip, 400],
    [
      'a gzip with rubbish behind it',
      () => Buffer.concat([gzipSync('{}'), Buffer.from('rubbish')]),
      gzip,
      undefined,
    ],
    ['deflate that calls itself gzip', () => deflateRawSync('{}'), gzip, 400],
    ['nothing that calls itself gzip', () => Buffer.alloc(0), gzip, 400],
    ['an encoding nobody knows', () => '{}', { 'Content-Type': JSON_TYPE, 'Content-Encoding': 'zstd' }, 415],
    ['3 MiB of open brackets', () => '['.repeat(BODY_BYTES_MAX), { 'Content-Type': JSON_TYPE }, 400],
    [
      'a million brackets that close again',
      () => '['.repeat(1e6) + ']'.repeat(1e6),
      { 'Content-Type': JSON_TYPE },
      400,
    ],
    [
      'a million objects in each other',
      () => '{"a":'.repeat(5e5).concat('1', '}'.repeat(5e5)),
      { 'Content-Type': JSON_TYPE },
      400,
    ],
    [
      '200,000 keys',
      () => `{${Array.from({ length: 200_000 }, (_, at) => `"k${at}":0`).join(',')}}`,
      { 'Content-Type': JSON_TYPE },
      422,
    ],
    [
      '200,000 labels',
      () =>
        `{"metadata":{"name":"x","labels":{${Array.from({ length: 200_000 }, (_, at) => `"k${at}":""`).join(',')}}},"spec":{"image":"x"}}`,
      { 'Content-Type': JSON_TYPE },
      undefined,
    ],
    [
      '200,000 wrong elements of a list',
      () => `{"metadata":{"name":"x"},"spec":{"image":"x","ports":[${'"x",'.repeat(200_000)}0]}}`,
      { 'Content-Type': JSON_TYPE },
      422,
    ],
    [
      'a number of a million digits',
      () => `{"metadata":{"name":"x"},"spec":{"image":"x","size":${'9'.repeat(1e6)}}}`,
      { 'Content-Type': JSON_TYPE },
      422,
    ],
    [
      'a name of 3 MB',
      () => `{"metadata":{"name":"${'x'.repeat(3e6)}"},"spec":{"image":"x"}}`,
      { 'Content-Type': JSON_TYPE },
      422,
    ],
    [
      'a key that reaches the prototype',
      () => '{"__proto__":{"polluted":true},"metadata":{"name":"x"}}',
      { 'Content-Type': JSON_TYPE },
      400,
    ],
    [
      'a nested key that reaches the prototype',
      () => '{"metadata":{"name":"x"},"spec":{"image":"x","disks":[{"__proto__":{"polluted":1}}]}}',
      { 'Content-Type': JSON_TYPE },
      400,
    ],
    [
      'the constructor as a field',
      () =>
        '{"constructor":{"prototype":{"polluted":true}},"metadata":{"name":"ctor","labels":{"constructor":"x"}},"spec":{"image":"x","toString":1}}',
      { 'Content-Type': JSON_TYPE },
      undefined,
    ],
    [
      'a key in YAML that reaches the prototype',
      () => 'metadata: {name: x}\n__proto__: {polluted: true}\n',
      { 'Content-Type': 'application/yaml' },
      400,
    ],
    [
      'a merge key of YAML that reaches the prototype',
      () => 'metadata: {name: x}\n<<: {__proto__: {polluted: true}}\n',
      { 'Content-Type': 'application/yaml' },
      undefined,
    ],
    [
      'a billion laughs',
      () =>
        `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghij'
          .split('')
          .map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghij'[at]}`).join(',')}]\n`)
          .join('')}`,
      { 'Content-Type': 'application/yaml' },
      400,
    ],
    ['YAML that contains itself', () => 'a: &a [*a]\n', { 'Content-Type': 'application/yaml' }, 400],
    ['YAML nested 100,000 deep', () => '['.repeat(1e5), { 'Content-Type': 'application/yaml' }, 400],
    [
      'YAML with a tag that names code',
      () => 'metadata: !!js/function "() => 1"\n',
      { 'Content-Type': 'application/yaml' },
      undefined,
    ],
    ['two documents of YAML', () => 'a: 1\n---\nb: 2\n', { 'Content-Type': 'application/yaml' }, 400],
    [
      'protobuf of zeros',
      () => Buffer.concat([Buffer.from('k8s\0'), Buffer.alloc(1e6)]),
      { 'Content-Type': 'application/vnd.kubernetes.protobuf' },
      undefined,
    ],
    [
      'protobuf that promises more than there is',
      () => Buffer.concat([Buffer.from('k8s\0'), Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f])]),
      { 'Content-Type': 'application/vnd.kubernetes.protobuf' },
      undefined,
    ],
    [
      'half of UTF-8',
      () => Buffer.concat([Buffer.from('{"metadata":{"name":"'), Buffer.from([0xc3]), Buffer.from('"}}')]),
      { 'Content-Type': JSON_TYPE },
      undefined,
    ],
    [
      'a type of ten thousand letters',
      () => '{}',
      { 'Content-Type': `application/${'x'.repeat(10_000)}` },
      415,
    ],
  ] as const) {
    test(`${title} is answered in bounded time and memory`, async () => {
      const bytesToSend = body();
      const answer = await measured(() => send('POST', MACHINES, bytesToSend, headers));
      assertStatus(answer, code);
      assert.ok(answer.text.length < 100_000, `an answer of ${answer.text.length} bytes`);
    });
  }

  for (const [title, operations] of [
    ['into the prototype', [{ op: 'add', path: '/__proto__/polluted', value: true }]],
    ['into the constructor', [{ op: 'add', path: '/constructor/prototype/polluted', value: true }]],
    ['past the end of a list', [{ op: 'add', path: '/metadata/finalizers/99', value: 'x' }]],
    ['into a text', [{ op: 'add', path: '/spec/image/length', value: 1 }]],
    ['that moves the whole into itself', [{ op: 'move', from: '', path: '/spec/x' }]],
    [
      'that doubles without end',
      Array.from({ length: 40 }, (_, at) => ({
        op: 'copy',
        from: at === 0 ? '/spec' : `/metadata/annotations/a${at - 1}`,
        path: `/metadata/annotations/a${at}`,
      })),
    ],
  ] as const) {
    test(`a JSON patch ${title} changes nothing it must not`, async () => {
      const answer = await measured(() =>
        send('PATCH', `${KEPT}/a`, operations, { 'Content-Type': 'application/json-patch+json' }),
      );
      assertStatus(answer);
    });
  }

  for (const patch of [
    '{"__proto__":{"polluted":true}}',
    '{"metadata":{"__proto__":{"polluted":true}}}',
    '{"spec":null}',
    '{"metadata":null}',
    'null',
    '[]',
    '7',
  ]) {
    for (const type of ['application/merge-patch+json', 'application/strategic-merge-patch+json']) {
      test(`${type} ${patch} is refused and changes nothing`, async () => {
        assertStatus(await send('PATCH', `${KEPT}/a`, patch, { 'Content-Type': type }));
      });
    }
  }

  for (const revision of ['0', '1', '999999999999999', '-1', 'x', '1e3', '01x']) {
    test(`a change of what was read at revision ${revision} does not happen`, async () => {
      const { metadata, spec } = (await send('GET', `${KEPT}/a`)).json();
      const body = { metadata: { ...metadata, resourceVersion: revision }, spec: { ...spec, size: 9 } };
      const answer = await send('PUT', `${KEPT}/a`, body);
      assertStatus(answer);
      assert.ok([400, 409, 422].includes(answer.code), answer.text);
    });
  }

  const head = (lines: string) =>
    `POST ${MACHINES} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${lines}\r\n`;
  for (const [title, code, ...parts] of [
    ['header fields of 40 KB', 431, head(`X: ${'a'.repeat(40_000)}\r\n`)],
    ['5,000 header fields', 431, head('X: aaaa\r\n'.repeat(5_000))],
    [
      'a length and chunks both',
      400,
      head('Content-Length: 2\r\nTransfer-Encoding: chunked\r\n'),
      '0\r\n\r\n',
    ],
    ['two lengths', 400, head('Content-Length: 2\r\nContent-Length: 3\r\n'), '{}'],
    ['a length below zero', 400, head('Content-Length: -2\r\n'), '{}'],
    ['a length that is no number', 400, head('Content-Length: 2x\r\n'), '{}'],
    ['a length past the bound', 413, head('Content-Length: 99999999\r\n'), '{}'],
    [
      'chunks past the bound',
      413,
      head('Transfer-Encoding: chunked\r\n'),
      ...Array.from({ length: 5 }, () => `100000\r\n${' '.repeat(0x100000)}\r\n`),
    ],
    ['chunks of no size', 400, head('Transfer-Encoding: chunked\r\n'), 'zz\r\n'],
    [
      'chunk extensions without end',
      413,
      head('Transfer-Encoding: chunked\r\n'),
      `1;${'a'.repeat(20_000)}\r\n{\r\n0\r\n\r\n`,
    ],
    ['an encoding of transfer nobody knows', 400, head('Transfer-Encoding: gzip\r\n'), '{}'],
    ['a folded header field', 400, head('X: a\r\n b\r\nY\r\n')],
    ['a header field with a zero byte', 400, head('X: a\0b\r\n')],
    ['a line without end of line', 400, `GET / HTTP/1.1\n\n\r\0`],
    ['HTTP/2 without being asked', 400, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['TLS inside TLS', 400, Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0])],
    ['a method nobody knows', 400, 'STEAL / HTTP/1.1\r\nHost: x\r\n\r\n'],
  ] as const) {
    test(`${title}: ${code}, and the connection ends`, async () => {
      assertRaw(await measured(() => sendRaw(server, ...parts)), code);
    });
  }

  test('a body that breaks off changes nothing', async () => {
    const body = '{"metadata":{"name":"broken"},"spec":{"image":"x"}}';
    await sendRawAndEnd(server, head(`Content-Length: ${body.length + 1}\r\n`), body);
    await sendRawAndEnd(
      server,
      head('Transfer-Encoding: chunked\r\n'),
      `${body.length.toString(16)}\r\n${body}\r\n`,
    );
    assert.equal((await send('GET', `${MACHINES}/broken`)).code, 404);
  });
});
