import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryLine, planLines, statusLines } from './text.ts';

const plan = {
  from: '0.1.0',
  to: '0.2.0',
  digest: 'sha256:0a82',
  bundle: 'casemate 2',
  signers: ['alice', 'bob'],
  node: '26.10.0',
  bytes: 193_462_272,
  migrations: ['0010-more.sql, which releases of schema 9 on can work with'],
  restarts: 'the region process',
  rollback: 'by itself',
  problems: [],
};

test('a plan says what comes of what and how to go on; what stands in its way stands in it', () => {
  assert.deepEqual(planLines('0.2.0', { phase: 'AwaitingApproval', requestedBy: 'ann', plan }, 'casemate'), [
    'Casemate 0.2.0 is AwaitingApproval',
    '  from      0.1.0',
    '  to        0.2.0, with Node 26.10.0, 184.5 MiB',
    '  digest    sha256:0a82',
    '  came in   casemate 2, signed by alice, bob',
    '  database  0010-more.sql, which releases of schema 9 on can work with',
    '  restarts  the region process',
    '  back      by itself',
    'Ask, and have somebody else agree; then apply it:',
    '  casemate approval request apply release/0.2.0 --reason "…"',
    '  casemate release apply 0.2.0',
  ]);
  const blocked = { ...plan, problems: ['it is made for arm64, and this machine is amd64'] };
  assert.equal(
    planLines('0.2.0', { phase: 'Blocked', requestedBy: 'ann', plan: blocked }, 'casemate').at(-1),
    '  PROBLEM   it is made for arm64, and this machine is amd64',
  );
});

test('what runs, what ran before it, and each step of the last change', () => {
  const entry = {
    attempt: 1,
    at: '2026-11-22T05:46:32.210Z',
    step: 'Switching',
    message: 'on trial',
  } as const;
  assert.equal(entryLine(entry), '2026-11-22T05:46:32Z  Switching    on trial');
  const before = { version: '0.1.0', digest: 'checkout:1', folder: '/opt/casemate' };
  const current = {
    ...before,
    version: '0.2.0',
    folder: '/r',
    attempt: 1,
    since: '2026-11-22T05:46:32Z',
    before: [before],
  };
  assert.deepEqual(statusLines(current, [entry], '0.2.0'), [
    'Casemate 0.2.0 runs since 2026-11-22T05:46:32Z.',
    '  digest  checkout:1',
    '  folder  /r',
    '  before  0.1.0',
    '',
    'The last change:',
    '  2026-11-22T05:46:32Z  Switching    on trial',
  ]);
  assert.deepEqual(statusLines(undefined, [], '0.1.0'), [
    'Casemate 0.1.0 runs, from the checkout that the region was made from.',
  ]);
  const other = statusLines(current, [], '0.2.0', { version: '0.1.0', folder: '/opt/casemate' });
  assert.equal(
    other.at(-1),
    '  supervisor  Casemate 0.1.0, from /opt/casemate: it stays until casemate down, casemate up; its log says why',
  );
  const own = statusLines(current, [], '0.2.0', { version: '0.2.0', folder: '/r' });
  assert.equal(own.at(-1), '  supervisor  Casemate 0.2.0, from /r');
  // Of before it could say so.
  assert.match(statusLines(current, [], '0.2.0', {}).at(-1) ?? '', /an earlier program/);
});
