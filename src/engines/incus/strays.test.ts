import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idlePorts } from './strays.ts';

test('only interfaces of the region that lead into no instance are strays', () => {
  const json = JSON.stringify([
    { ifname: 'cvabc0000000001', link: 'veth1' },
    { ifname: 'cvabc0000000002', link_netnsid: 3 },
    { ifname: 'cvdef0000000003', link: 'veth3' },
    { ifname: 'veth1', link: 'cvabc0000000001' },
    {},
  ]);
  assert.deepEqual(idlePorts(json, 'cvabc'), ['cvabc0000000001']);
  assert.deepEqual(idlePorts('', 'cvabc'), []);
});
