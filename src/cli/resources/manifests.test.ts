import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseManifests } from './manifests.ts';

test('documents and lists come apart, each with the line it began on', () => {
  const text = `# first
apiVersion: v1
kind: A
metadata: {name: one}
---
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: B, metadata: {name: two}}
- {apiVersion: v1, kind: C, metadata: {generateName: three-}}
`;
  assert.deepEqual(
    parseManifests(text, 'm.yaml').map(({ object, source }) => [object.kind, source]),
    [
      ['A', 'm.yaml:2'],
      ['B', 'm.yaml:7'],
      ['C', 'm.yaml:7'],
    ],
  );
  assert.equal(
    parseManifests('{"apiVersion":"v1","kind":"J","metadata":{"name":"x"}}', 'j.json')[0]?.object.kind,
    'J',
  );
  assert.deepEqual(parseManifests('', 'empty.yaml'), []);
});

test('what is wrong with a manifest is said with its place', () => {
  const refused = (text: string, message: RegExp) =>
    assert.throws(() => parseManifests(text, 'm.yaml'), { message });
  refused('- 1', /^m.yaml:1: a manifest is an object/);
  refused('kind: A\nmetadata: {name: x}', /^m.yaml:1: apiVersion: missing/);
  refused('apiVersion: v1\nmetadata: {name: x}', /^m.yaml:1: kind: missing/);
  refused('apiVersion: v1\nkind: A', /^m.yaml:1: metadata: missing/);
  refused('apiVersion: v1\nkind: A\nmetadata: {}', /^m.yaml:1: metadata.name: missing/);
  refused('apiVersion: v1\nkind: A\nkind: B\nmetadata: {name: x}', /^m.yaml: Map keys must be unique/);
  refused('a: {', /^m.yaml: /);
});

test('a small file cannot become a huge object', () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [${'*a,'.repeat(10)}]\nc: &c [${'*b,'.repeat(10)}]\nd: [${'*c,'.repeat(10)}]\n`;
  assert.throws(() => parseManifests(bomb, 'm.yaml'), /alias/i);
});
