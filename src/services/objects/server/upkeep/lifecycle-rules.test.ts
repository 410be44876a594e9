import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  dueUpload,
  dueVersion,
  hasTags,
  type LifecycleRule,
  midnightAfter,
  type StandingVersion,
} from './lifecycle-rules.ts';

const at = (text: string) => Date.parse(text);
const rule = (more: Partial<LifecycleRule>): LifecycleRule => ({ id: 'r', enabled: true, ...more });
const version = (more: Partial<StandingVersion> = {}): StandingVersion => ({
  key: 'logs/a',
  size: 1_000,
  isMarker: false,
  modified_ms: at('2026-01-15T10:30:00Z'),
  ...more,
});
const names = (rules: readonly LifecycleRule[], one: StandingVersion, now: string) =>
  dueVersion(rules, one, at(now)).map((due) => due.rule);

describe('a rule of lifecycle', () => {
  test('counts days up to the midnight after they are over', () => {
    assert.equal(midnightAfter(at('2026-01-15T10:30:00Z'), 3), at('2026-01-19T00:00:00Z'));
    assert.equal(midnightAfter(at('2026-01-15T00:00:00Z'), 1), at('2026-01-16T00:00:00Z'));
    const rules = [rule({ expiration: { days: 3 } })];
    assert.deepEqual(names(rules, version(), '2026-01-18T23:59:59.999Z'), []);
    assert.deepEqual(names(rules, version(), '2026-01-19T00:00:00Z'), ['r']);
  });

  test('of a date holds from that midnight on, whenever the object was written', () => {
    const rules = [rule({ expiration: { date: '2026-03-01T00:00:00Z' } })];
    assert.deepEqual(names(rules, version(), '2026-02-28T23:59:59Z'), []);
    assert.deepEqual(
      names(rules, version({ modified_ms: at('2026-03-02T00:00:00Z') }), '2026-03-02T00:00:01Z'),
      ['r'],
    );
  });

  test('that is not enabled does nothing', () => {
    assert.deepEqual(
      names([rule({ enabled: false, expiration: { days: 1 } })], version(), '2036-01-01T00:00:00Z'),
      [],
    );
  });

  test('is about what all of its filter fits', () => {
    const due = (filter: LifecycleRule['filter'], one = version()) =>
      dueVersion(
        [rule({ ...(filter && { filter }), expiration: { days: 1 } })],
        one,
        at('2036-01-01T00:00:00Z'),
      );
    assert.equal(due(undefined).length, 1);
    assert.equal(due({ prefix: 'logs/' }).length, 1);
    assert.equal(due({ prefix: 'log/' }).length, 0);
    assert.equal(due({ sizeGreaterThan: 999 }).length, 1);
    assert.equal(due({ sizeGreaterThan: 1_000 }).length, 0);
    assert.equal(due({ sizeLessThan: 1_000 }).length, 0);
    assert.equal(due({ sizeLessThan: 1_001 }).length, 1);
    assert.deepEqual(due({ tags: { class: 'old' } }), [{ rule: 'r', tags: { class: 'old' } }]);
    assert.ok(
      hasTags({ class: 'old' }, [
        { key: 'class', value: 'old' },
        { key: 'a', value: 'b' },
      ]),
    );
    assert.ok(!hasTags({ class: 'old' }, [{ key: 'class', value: 'new' }]));
  });

  test('removes delete markers with nothing behind them: by age, by date, or at once', () => {
    const marker = version({ isMarker: true, size: 0 });
    const now = '2026-01-16T12:00:00Z';
    assert.deepEqual(names([rule({ expiration: { expiredObjectDeleteMarker: true } })], marker, now), ['r']);
    assert.deepEqual(names([rule({ expiration: { expiredObjectDeleteMarker: false } })], marker, now), []);
    assert.deepEqual(names([rule({ expiration: { expiredObjectDeleteMarker: true } })], version(), now), []);
    assert.deepEqual(names([rule({ expiration: { days: 1 } })], marker, now), []);
    assert.deepEqual(names([rule({ expiration: { days: 1 } })], marker, '2026-01-17T00:00:00Z'), ['r']);
    const narrow = rule({ filter: { sizeLessThan: 5 }, expiration: { days: 1 } });
    assert.deepEqual(names([narrow], marker, '2026-01-17T00:00:00Z'), []);
  });

  test('counts the days of a noncurrent version from when another took its place, and keeps the newest of them', () => {
    const rules = [
      rule({ noncurrentVersionExpiration: { noncurrentDays: 2, newerNoncurrentVersions: 2 } }),
      rule({ id: 'current', expiration: { days: 1 } }),
    ];
    const behind = (newer: number, since: string) =>
      version({ modified_ms: 0, noncurrent: { since_ms: at(since), newer } });
    const now = '2026-02-10T00:00:00Z';
    assert.deepEqual(names(rules, behind(2, '2026-02-07T10:00:00Z'), now), ['r']);
    assert.deepEqual(names(rules, behind(2, '2026-02-08T10:00:00Z'), now), []);
    assert.deepEqual(names(rules, behind(1, '2026-01-01T10:00:00Z'), now), []);
  });

  test('ends uploads that nobody completed', () => {
    const rules = [
      rule({ filter: { prefix: 'tmp/' }, abortIncompleteMultipartUpload: { daysAfterInitiation: 7 } }),
    ];
    const upload = { key: 'tmp/x', created_ms: at('2026-01-01T12:00:00Z') };
    assert.equal(dueUpload(rules, upload, at('2026-01-08T23:00:00Z')), undefined);
    assert.deepEqual(dueUpload(rules, upload, at('2026-01-09T00:00:00Z')), { rule: 'r' });
    assert.equal(dueUpload(rules, { ...upload, key: 'x' }, at('2036-01-09T00:00:00Z')), undefined);
  });
});
