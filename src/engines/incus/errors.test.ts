import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incusError } from './errors.ts';

test('what Incus says in prose is sorted by what to do about it', () => {
  const said = {
    // Of a block volume that a running machine has, Incus 6.0.4 says no more than this.
    'In use': 'InUse',
    'The network is currently in use': 'InUse',
    'Instance is busy running a "create" operation': 'Conflict',
    "VM agent isn't currently running": 'Failed',
  };
  for (const [message, code] of Object.entries(said)) {
    assert.equal(incusError(message, 0).code, code, message);
  }
});
