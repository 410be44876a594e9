import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readableLine } from './log-line.ts';

test('a record becomes one line: when, how bad, what, why, and about what', () => {
  const record = {
    level: 40,
    time: '2026-11-21T19:51:50.293Z',
    realm: '/orgs/acme',
    failures: 3,
    err: { type: 'Error', message: 'the disk is full', stack: 'Error: the disk is full\n    at …' },
    msg: 'a reconcile failed',
  };
  assert.equal(
    readableLine(JSON.stringify(record)),
    '2026-11-21T19:51:50.293Z warning a reconcile failed: the disk is full realm=/orgs/acme failures=3',
  );
});

test('whatever is no record stays as it is', () => {
  for (const line of ['LOG:  database system is ready', '{"half": ', '{"level":"info"}', '']) {
    assert.equal(readableLine(line), line);
  }
});
