/** What is read off a bundle: what it is called, and what keeps it from going on by itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Import, nameOf, waitsFor } from './import.ts';

test('an import is named after its file, as far as that makes a name', () => {
  assert.equal(nameOf('Town_12.bundle'), 'town-12');
  assert.equal(nameOf('été--2.tar'), 't-2');
  assert.equal(nameOf('…'), '');
  assert.equal(nameOf(`${'a'.repeat(59)}-b.bundle`), 'a'.repeat(59));
});

test('what it waits for is said in its own words, and a bundle that goes on waits for nothing', () => {
  const bundle = (reason: string) =>
    ({
      status: { conditions: [{ type: 'Ready', status: 'False', reason, message: 'it goes on by itself' }] },
    }) as unknown as Import;
  for (const reason of ['NoTrust', 'MissingBases', 'NoSpace'])
    assert.deepEqual(waitsFor(bundle(reason)), { reason, message: 'it goes on by itself' });
  assert.equal(waitsFor(bundle('Receiving')), undefined);
  assert.equal(waitsFor({} as Import), undefined);
});
