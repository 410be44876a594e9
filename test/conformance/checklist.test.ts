/**
 * docs/conformance.md says which test holds what: this one sees that each of them is there, by its title.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const CHECKOUT = join(import.meta.dirname, '../..');

test('every test that docs/conformance.md names is there', () => {
  const document = readFileSync(join(CHECKOUT, 'docs/conformance.md'), 'utf8');
  const named = [...document.matchAll(/`([\w/.-]+\.test\.ts)`: `([^`]+)` \|$/gm)];
  const rows = document
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (--- |client \||pitfall \||what is sent \|)/.test(line));
  assert.equal(named.length, rows.length, 'every row names a test');
  for (const [, file = '', title = ''] of named) {
    const path = /^(src|test)\//.test(file) ? file : `src/kernel/${file}`;
    const source = readFileSync(join(CHECKOUT, path), 'utf8');
    assert.ok(source.includes(title), `${path} has no "${title}"`);
  }
});
