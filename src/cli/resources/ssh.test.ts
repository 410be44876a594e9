import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sshEndpoints } from './ssh.ts';

const instance = {
  apiVersion: 'v1',
  kind: 'Instance',
  metadata: { name: 'web' },
  status: { addresses: [{ network: 'lan', address: '10.1.0.5' }] },
};
const forward = (name: string, target: object, status: object = { address: '192.0.2.1', port: 2222 }) => ({
  apiVersion: 'v1',
  kind: 'Forward',
  metadata: { name },
  spec: { protocol: 'tcp', target },
  status,
});

test('a forward to the instance’s ssh is tried before its own address', () => {
  const forwards = [
    forward('http', { instance: 'web', port: 80 }),
    forward('other', { instance: 'db', port: 22 }),
    forward('waiting', { instance: 'web', port: 22 }, {}),
    forward('ssh', { instance: 'web', port: 22 }),
  ];
  assert.deepEqual(sshEndpoints(instance, forwards), [
    { host: '192.0.2.1', port: 2222, via: 'the forward "ssh"' },
    { host: '10.1.0.5', port: 22, via: 'its own address' },
  ]);
});

test('an instance without addresses has no endpoint', () => {
  assert.deepEqual(sshEndpoints({ ...instance, status: {} }, []), []);
});
