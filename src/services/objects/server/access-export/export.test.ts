import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { silentLogger } from '#kernel/logger.ts';
import type { GateAccessRecord } from '../../gate/protocol.ts';
import { REALM, type TestParts, testParts } from '../testing/parts.ts';
import { AccessExport, EXPORTER } from './export.ts';
import { accessLine, operationOf } from './line.ts';

const TIME_MS = Date.parse('2026-11-22T09:50:07.123Z');
const record = (more: Partial<GateAccessRecord> = {}): GateAccessRecord => ({
  realm: REALM,
  actor: 'ann',
  credential: 'lab/key',
  address: '192.0.2.7',
  verb: 'get',
  subresource: 'objects',
  project: 'lab',
  bucket: 'data',
  details: { call: 'GetObject', key: 'a b/"c".txt' },
  decision: 'allowed',
  code: 200,
  requestId: 'r-1',
  ...more,
});

describe('a line of the log of access', () => {
  it('has the fields of S3’s server access log, in their order, and no text that could be taken for another', () => {
    assert.equal(
      accessLine(record(), 'acme', TIME_MS),
      'acme data [22/Nov/2026:09:50:07 +0000] 192.0.2.7 ann r-1 REST.GET.OBJECT a%20b/%22c%22.txt "-" 200 - - - - - "-" "-" - - SigV4 - - - - - -',
    );
    const refused = record({ decision: 'denied', code: 403, reason: 'AccessDenied: not yours', actor: '' });
    assert.match(
      accessLine(refused, 'acme', TIME_MS),
      / 192\.0\.2\.7 - r-1 REST\.GET\.OBJECT \S+ "-" 403 AccessDenied /,
    );
  });

  it('names what was done as S3 does', () => {
    assert.equal(operationOf('HeadObject'), 'REST.HEAD.OBJECT');
    assert.equal(operationOf('ListObjectsV2'), 'REST.GET.BUCKET');
    assert.equal(operationOf('UploadPart'), 'REST.PUT.PART');
    assert.equal(operationOf('S3.EXPIRE.OBJECT'), 'S3.EXPIRE.OBJECT');
  });
});

describe('records of access in a bucket', () => {
  let world: TestParts;
  let access: AccessExport;
  const warned: string[] = [];
  before(async () => {
    world = await testParts();
    access = new AccessExport({
      parts: world.parts,
      record: async (one) => void world.records.push(one),
      clock: { now: () => TIME_MS, after: () => () => {} },
      logger: { ...silentLogger, warn: (_: object, message: string) => void warned.push(message) },
      signal: new AbortController().signal,
    });
  });
  after(() => world.close());

  const settle = async () => {
    // What a bucket's spec says was asked for in the background.
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    await access.flush();
  };
  const objects = async (uid: string) => {
    const { entries } = await world.parts.metadata.list({ bucket: uid, prefix: '', limit: 100 });
    return entries.map((entry) => ('version' in entry ? entry.version : assert.fail('a group')));
  };

  it('are put where the bucket asks for them, once each, and that is on record', async () => {
    const logs = world.bucket('logs', {});
    world.bucket('data', { logging: { targetBucket: 'logs', prefix: 'access/' } });
    for (let at = 0; at < 3; at++) access.take(record({ requestId: `r-${at}` }));
    access.take(record({ bucket: 'quiet' }));
    access.take(record({ actor: EXPORTER }));
    await settle();
    const [one, another] = await objects(logs.uid);
    assert.equal(another, undefined);
    assert.match(one?.key ?? '', /^access\/2026-11-22-09-50-07-[0-9A-F]{16}$/);
    const lines = Array.from({ length: 3 }, (_, at) =>
      accessLine(record({ requestId: `r-${at}` }), 'below', TIME_MS),
    );
    assert.equal(one?.size, lines.join('\n').length + 1);
    assert.deepEqual(
      world.records.map(({ actor, bucket, verb, details }) => [actor, bucket, verb, details.call]),
      [[EXPORTER, 'logs', 'create', 'S3.PUT.LOG']],
    );
    await settle();
    assert.equal((await objects(logs.uid)).length, 1);
  });

  it('are not put into a bucket of another project, and the region’s log says so', async () => {
    const foreign = world.bucket('foreign', {}, 'elsewhere');
    world.bucket('careless', { logging: { targetBucket: 'foreign', prefix: '' } });
    access.take(record({ bucket: 'careless' }));
    await settle();
    assert.deepEqual(await objects(foreign.uid), []);
    assert.deepEqual(warned, ['records of access were not put into the bucket that they are asked for in']);
  });
});
