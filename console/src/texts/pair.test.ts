/** What is joined in code is joined as in English: each language joins by a text of its own. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pairText } from './pair.ts';
import type { Say } from './texts.ts';

const SOURCES = join(import.meta.dirname, '..');
/** A template that joins with a colon, a list that is, a colon between elements. */
const JOINED = /\}: \$\{|`: \$\{|\.join\(': '\)|\{': '\}/;
/** What was found in a log is said in the words of the log. */
const LOGS_OWN = /new ProofError\(/;

test('no page joins words with a colon of its own', () => {
  const joined = globSync('**/*.{ts,tsx}', { cwd: SOURCES })
    .filter((file) => !file.endsWith('.test.ts'))
    .flatMap((file) =>
      readFileSync(join(SOURCES, file), 'utf8')
        .split('\n')
        .flatMap((line, at) => (JOINED.test(line) && !LOGS_OWN.test(line) ? [`${file}:${at + 1}`] : [])),
    );
  assert.deepEqual(joined, []);
});

test('of a pair of which one is missing, the other is said alone', () => {
  const say: Say = (id, { name, value } = {}) => `${id} ${name} ${value}`;
  assert.equal(pairText(say, 'a', 'b'), 'pair a b');
  assert.equal(pairText(say, 'a', undefined), 'a');
  assert.equal(pairText(say, undefined, 'b'), 'b');
  assert.equal(pairText(say, undefined, undefined), '');
});
