import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FINDINGS_MAX } from './limits.ts';
import type { ExportRules } from './policy-kind.ts';
import { Verdict } from './verdict.ts';

const POLICY: ExportRules = {
  labels: [{ name: 'public' }],
  mayLeave: 'public',
  types: ['text'],
  bytes: 1,
  files: 1,
  rules: [
    { rule: 'phone', action: 'block', atLeast: 3 },
    { rule: 'iban', action: 'off', atLeast: 1 },
  ],
  recipients: [],
  reviewHours: 1,
  keepDays: 1,
};

test('a flood of what only warns hides nothing that blocks', () => {
  const verdict = new Verdict(POLICY);
  for (let at = 0; at < 50_000; at++)
    verdict.add({ rule: 'email', file: `${at % 1_000}.txt`, what: 'e-mail address' });
  assert.equal(verdict.isBlocked, false);
  verdict.add({ rule: 'private-key', file: 'last.txt', what: 'private key', line: 7 });
  const { findings = [], counts } = verdict.status;
  assert.equal(verdict.isBlocked, true);
  assert.deepEqual(
    [findings[0]?.rule, findings[0]?.file, findings[0]?.action],
    ['private-key', 'last.txt', 'block'],
  );
  assert.equal(findings.length, FINDINGS_MAX);
  assert.deepEqual(counts, { email: 50_000, 'private-key': 1 });
});

test('a rule blocks from as many findings on as the policy says, and is not asked when it is off', () => {
  const verdict = new Verdict(POLICY);
  const phone = { rule: 'phone', file: 'a.txt', what: 'telephone number' } as const;
  verdict.add({ rule: 'iban', file: 'a.txt', what: 'IBAN' });
  verdict.add(phone);
  verdict.add(phone);
  assert.deepEqual(
    [verdict.isBlocked, verdict.status.findings?.map(({ action }) => action)],
    [false, ['warn', 'warn']],
  );
  verdict.add(phone);
  assert.deepEqual([verdict.isBlocked, verdict.status.counts], [true, { phone: 3 }]);
});
