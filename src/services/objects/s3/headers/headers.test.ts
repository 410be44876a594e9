import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReadConditions } from '../parameters.ts';
import { codeOf } from '../testing/thrown.ts';
import { checkCopyConditions, checkReadConditions } from './conditions.ts';
import { isoDate, parseBasicDate, parseHttpDate, parseIsoDate } from './dates.ts';
import { parseRange, resolveRange } from './range.ts';

describe('ranges', () => {
  const of = (text: string, size = 10) => {
    const range = parseRange(text);
    return range && resolveRange(range, size);
  };

  it('are one range of bytes, cut off at the end of the object', () => {
    assert.deepEqual(of('bytes=0-3'), { from: 0, to: 4 });
    assert.deepEqual(of('bytes=5-'), { from: 5, to: 10 });
    assert.deepEqual(of('bytes=-3'), { from: 7, to: 10 });
    assert.deepEqual(of('bytes=-30'), { from: 0, to: 10 });
    assert.deepEqual(of('bytes=9-100'), { from: 9, to: 10 });
  });

  it('that hold nothing are refused, with the size; what cannot be read counts as none', () => {
    for (const text of ['bytes=10-', 'bytes=10-20', 'bytes=-0'])
      assert.equal(
        codeOf(() => of(text)),
        'InvalidRange',
      );
    assert.equal(
      codeOf(() => of('bytes=0-', 0)),
      'InvalidRange',
    );
    for (const text of [
      'bytes=3-1',
      'bytes=a-b',
      'bytes=0-1,3-4',
      'lines=0-1',
      'bytes=-',
      'bytes=0-99999999999999999',
    ])
      assert.equal(parseRange(text), undefined, text);
  });
});

describe('conditions', () => {
  const object = { etag: 'abc', modified_ms: Date.UTC(2026, 0, 1, 0, 0, 0, 500) };
  const second = Date.UTC(2026, 0, 1);
  const read = (conditions: ReadConditions) => codeOf(() => checkReadConditions(conditions, object));

  it('hold or fail as RFC 9110 orders them', () => {
    assert.equal(read({}), 'none');
    assert.equal(read({ ifMatch: ['abc'] }), 'none');
    assert.equal(read({ ifMatch: ['*'] }), 'none');
    assert.equal(read({ ifMatch: ['def'] }), 'PreconditionFailed');
    assert.equal(read({ ifNoneMatch: ['def', 'abc'] }), 'NotModified');
    assert.equal(read({ ifNoneMatch: ['def'] }), 'none');
    assert.equal(read({ ifModifiedSince_ms: second }), 'NotModified');
    assert.equal(read({ ifModifiedSince_ms: second - 1000 }), 'none');
    assert.equal(read({ ifUnmodifiedSince_ms: second }), 'none');
    assert.equal(read({ ifUnmodifiedSince_ms: second - 1000 }), 'PreconditionFailed');
    // An ETag counts more than a time.
    assert.equal(read({ ifMatch: ['abc'], ifUnmodifiedSince_ms: second - 1000 }), 'none');
    assert.equal(read({ ifNoneMatch: ['def'], ifModifiedSince_ms: second }), 'none');
  });

  it('on the source of a copy fail with 412, as there is nothing to be not modified', () => {
    assert.equal(
      codeOf(() => checkCopyConditions({ ifNoneMatch: ['abc'] }, object)),
      'PreconditionFailed',
    );
  });
});

describe('times', () => {
  it('are read in the forms that S3 has, and in no other', () => {
    const may = Date.UTC(2013, 4, 24);
    assert.equal(parseHttpDate('Fri, 24 May 2013 00:00:00 GMT'), may);
    assert.equal(parseBasicDate('20130524T000000Z'), may);
    assert.equal(parseIsoDate('2013-05-24T02:00:00+02:00'), may);
    for (const text of ['', 'yesterday', '2013-05-24', '20130532T000000Z', 'Fri, 24 May 2013 00:00:00', '1'])
      assert.deepEqual(
        [parseHttpDate(text), parseBasicDate(text), parseIsoDate(text)],
        [undefined, undefined, undefined],
      );
  });
});

describe('times in documents', () => {
  it('are written as ISO 8601 has them, whatever the day', () => {
    for (const text of [
      '1970-01-01T00:00:00.000Z',
      '1969-12-31T23:59:59.999Z',
      '2026-11-22T09:05:03.007Z',
      '2028-02-29T23:59:59.999Z',
      '+010000-01-01T00:00:00.000Z',
    ])
      assert.equal(isoDate(Date.parse(text)), text);
    assert.throws(() => isoDate(Number.NaN), RangeError);
  });
});
