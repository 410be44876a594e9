import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isStatusError } from '../errors.ts';
import { parseLabelSelector } from './label-selector.ts';

const web = { app: 'web', tier: 'front', replicas: '3' };

for (const [selector, expected] of [
  ['app=web', true],
  ['app==web', true],
  ['app = web , tier = front', true],
  ['app=db', false],
  ['app!=db', true],
  ['missing!=x', true],
  ['app', true],
  ['missing', false],
  ['!missing', true],
  ['!app', false],
  ['app in (web,db)', true],
  ['app in (db)', false],
  ['app notin (db, cache)', true],
  ['missing notin (db)', true],
  ['missing in (db)', false],
  ['replicas>2', true],
  ['replicas<3', false],
  ['app=web,tier in (front),!canary', true],
  ['missing=', false],
  ['example.com/part=x', false],
] as const) {
  test(`label selector "${selector}" ${expected ? 'selects' : 'leaves out'} ${JSON.stringify(web)}`, () => {
    assert.equal(parseLabelSelector(selector)?.(web), expected);
  });
}

test('an empty label selector selects everything', () => {
  assert.equal(parseLabelSelector(''), undefined);
  assert.equal(parseLabelSelector(null), undefined);
});

for (const selector of [
  'app in web',
  'app=web,',
  ',',
  'a=b=c',
  'app in (a',
  '(a)',
  'x>y',
  '-bad=1',
  'a'.repeat(9000),
]) {
  test(`label selector "${selector.slice(0, 20)}" is refused`, () => {
    assert.throws(
      () => parseLabelSelector(selector),
      (error) => isStatusError(error, 'BadRequest'),
    );
  });
}
