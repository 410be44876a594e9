import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSelected } from '../../../../src/services/backup/what.ts';
import { envOf } from './key-env.ts';
import { draftOf, type Rule, ruleOf, ruleProblems } from './lifecycle.ts';
import { FIRST, planProblems, planSpecOf, stepsOf } from './new-plan.ts';
import { isTaken, NONE, type SelectionDraft, selectorOf, takenOf } from './selection.ts';

const objectOf = (name: string, labels: Readonly<Record<string, string>> = {}) => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: {
    name,
    labels,
    uid: name,
    resourceVersion: '1',
    generation: 1,
    creationTimestamp: '2026-11-22T10:00:00Z',
  },
});

const OBJECTS = [objectOf('a', { app: 'web' }), objectOf('b', { app: 'web', tier: 'front' }), objectOf('c')];
const labels: SelectionDraft = { how: 'labels', labels: [{ row: 0, key: 'app', value: 'web' }], names: [] };

test('what a selection shows is what the region would take, and never the bucket that backups go into', () => {
  for (const draft of [
    { ...NONE, how: 'all' },
    labels,
    { ...NONE, how: 'names', names: ['a', 'c'] },
  ] as const) {
    const selector = selectorOf(draft);
    assert.ok(selector);
    for (const object of OBJECTS) assert.equal(isTaken(selector, object), isSelected(selector, object));
  }
  assert.deepEqual(takenOf(selectorOf(labels), OBJECTS, undefined), ['a', 'b']);
  assert.deepEqual(takenOf({}, OBJECTS, 'b'), ['a', 'c']);
  assert.deepEqual(takenOf(selectorOf(NONE), OBJECTS, undefined), []);
});

test('a plan that is not said to its end names what is missing; whole, it is what the API takes', () => {
  assert.deepEqual([...planProblems(FIRST)], ['what', 'target', 'account']);
  const draft = { ...FIRST, what: { ...FIRST.what, buckets: labels }, target: 'vault', account: 'backup' };
  assert.deepEqual([...planProblems(draft)], []);
  assert.deepEqual([...planProblems({ ...draft, days: '0', at: '25:00' })], ['at', 'days']);
  assert.deepEqual(planSpecOf({ ...draft, every: 'hand', tested: 'never' }), {
    what: { buckets: { matchLabels: { app: 'web' } } },
    retention: { days: 30, keepLast: 3 },
    target: { bucket: 'vault' },
    serviceAccount: 'backup',
  });
  assert.deepEqual(
    stepsOf(draft, 'default', true).map(({ kind }) => kind),
    ['serviceAccounts', 'roleBindings', 'plans'],
  );
});

test('a lifecycle rule keeps what the form does not show of it, and one that removes nothing is none', () => {
  const rule: Rule = {
    id: 'logs',
    enabled: true,
    filter: { prefix: 'logs/', tags: { tier: 'cold' } },
    expiration: { date: '2030-01-01T00:00:00Z' },
  };
  assert.deepEqual(ruleOf(draftOf(rule), rule), rule);
  const draft = { ...draftOf(rule), prefix: '', uploadDays: '7' };
  assert.deepEqual(ruleOf(draft, rule).filter, { tags: { tier: 'cold' } });
  assert.deepEqual([...ruleProblems(draft, rule, [])], []);
  assert.deepEqual([...ruleProblems({ ...draftOf(undefined), id: 'x' }, undefined, [])], ['nothing']);
  assert.deepEqual([...ruleProblems({ ...draft, oldKept: '3' }, rule, ['logs'])], ['id', 'oldKept']);
});

test('an access key for a shell is what `eval` reads', () => {
  assert.equal(
    envOf({ accessKeyId: 'CMA1', secretAccessKey: 's/+' }, 'https://s3.example'),
    'export AWS_ACCESS_KEY_ID=CMA1\nexport AWS_SECRET_ACCESS_KEY=s/+\nexport AWS_ENDPOINT_URL=https://s3.example\nexport AWS_DEFAULT_REGION=us-east-1',
  );
});
