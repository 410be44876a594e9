import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressKey } from './client-address.ts';

test('attempts count together by IPv4 address, and by the /64 of IPv6', () => {
  const keys = {
    '192.0.2.7': '192.0.2.7',
    '::ffff:192.0.2.7': '192.0.2.7',
    '2001:db8::1': '2001:db8:0:0::/64',
    '2001:db8:0:0:ffff::1': '2001:db8:0:0::/64',
    '2001:0db8:0000:0000:1:2:3:4': '2001:db8:0:0::/64',
    '2001:db8:1:2:3:4:5:6': '2001:db8:1:2::/64',
    '::1': '0:0:0:0::/64',
    'fe80::1%eth0': 'fe80:0:0:0::/64',
  };
  for (const [address, key] of Object.entries(keys)) assert.equal(addressKey(address), key, address);
  assert.equal(addressKey(undefined), 'unknown');
});
