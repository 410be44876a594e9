import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseListen, serverNames } from './server-names.ts';
import { apiUrl } from './status.ts';

test('listen takes names, IPv4 and bracketed IPv6 addresses', () => {
  assert.deepEqual(parseListen('127.0.0.1:6443'), { host: '127.0.0.1', port: 6443 });
  assert.deepEqual(parseListen('[::1]:443'), { host: '::1', port: 443 });
  assert.deepEqual(parseListen('api.example:8443'), { host: 'api.example', port: 8443 });
});

test('the certificate names this machine, the region, and what is advertised', () => {
  const names = serverNames({
    name: 'luxembourg',
    listen: '192.0.2.7:6443',
    advertise: ['API.example', '2001:db8::7'],
  });
  assert.deepEqual(names, {
    dnsNames: ['localhost', 'luxembourg.casemate.internal', 'api.example'],
    ips: ['127.0.0.1', '::1', '192.0.2.7', '2001:db8::7'],
  });
});

test('clients are never sent to a wildcard address', () => {
  assert.equal(apiUrl('0.0.0.0:6443'), 'https://127.0.0.1:6443');
  assert.equal(apiUrl('[::]:6443'), 'https://[::1]:6443');
  assert.equal(apiUrl('192.0.2.7:6443'), 'https://192.0.2.7:6443');
});
