import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incusError } from '#engines/incus/errors.ts';
import type { ConnectRequest } from '#kernel/connect.ts';
import { clearly } from './engine-instance.ts';
import { blockDevice } from './volumes.ts';

test('a machine whose system has not started so far is no engine that does not answer', async () => {
  const request = { object: { metadata: { name: 'vm' } } } as ConnectRequest;
  const ask = (message: string) => clearly(request, () => Promise.reject(incusError(message, 0)));
  await assert.rejects(ask("VM agent isn't currently running"), /its system has not started so far/);
  await assert.rejects(ask('something else'), /compute engine does not answer/);
});

test('a block volume is told to be where udev puts a disk of QEMU’s', () => {
  assert.equal(
    blockDevice('01234567-89ab-4cde-8f01-23456789abcd'),
    '/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_incus_v0123456789ab',
  );
});
