import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { IncusInstance } from '#engines/incus/types.ts';
import { cloneDevices, differs, liveParts, type PlanInputs, planInstance } from './engine-plan.ts';
import type { InstanceSpec } from './instance.ts';

const spec: InstanceSpec = {
  type: 'container',
  image: 'debian-12',
  cpu: '2',
  memory: '512Mi',
  disk: '10Gi',
  networks: [{ network: 'inside' }],
  powerState: 'Running',
};
const inputs: PlanInputs = {
  owner: { region: 'lux', realm: '/orgs/acme', project: 'shop' },
  uid: '01234567-89ab-4cde-8f01-23456789abcd',
  name: 'web',
  spec,
  nics: [{ bridge: 'cm0', address: '10.1.0.2', mac: '02:00:00:00:00:01', port: 'p0' }],
  pool: 'default',
};
const held = (plan: ReturnType<typeof planInstance>, config = {}): IncusInstance => ({
  name: 'i-0123456789ab',
  project: 'cm-x',
  type: 'container',
  architecture: 'x86_64',
  description: '',
  status: 'Running',
  status_code: 103,
  location: 'none',
  ephemeral: false,
  stateful: false,
  profiles: [],
  config: { ...plan.config, 'volatile.uuid': 'x', 'image.os': 'debian', ...config },
  devices: plan.devices,
  created_at: '',
});

describe('what Incus should hold for an instance', () => {
  test('amounts become Incus’ units, and everything carries the object’s uid and owner', () => {
    const { config, devices } = planInstance(inputs);
    assert.equal(config['limits.cpu'], '2');
    assert.equal(config['limits.memory'], `${512 * 1024 ** 2}B`);
    assert.equal(devices.root?.size, `${10 * 1024 ** 3}B`);
    assert.equal(config['user.casemate.uid'], inputs.uid);
    assert.equal(config['user.casemate.realm'], '/orgs/acme');
    assert.equal(config['security.idmap.isolated'], 'true');
    assert.deepEqual(devices.eth0, {
      type: 'nic',
      network: 'cm0',
      name: 'eth0',
      hwaddr: '02:00:00:00:00:01',
      host_name: 'p0',
      'ipv4.address': '10.1.0.2',
    });
  });

  test('SSH keys stand beside user data, and cannot break out of their place', () => {
    const userData = '#!/bin/sh\necho hi\n';
    const plan = planInstance({
      ...inputs,
      spec: { ...spec, userData, sshKeys: ['ssh-ed25519 AAAA a"b: c'] },
    });
    assert.equal(plan.config['cloud-init.user-data'], userData);
    assert.equal(plan.config['user.meta-data'], 'public-keys:\n  - "ssh-ed25519 AAAA a\\"b: c"');
  });

  test('what Incus keeps for itself is no difference; a changed limit or a foreign key is', () => {
    const plan = planInstance(inputs);
    assert.equal(differs(held(plan), plan), false);
    assert.equal(differs(held(plan, { 'limits.cpu': '4' }), plan), true);
    assert.equal(differs(held(plan, { 'security.nesting': 'true' }), plan), true);
    assert.equal(differs({ ...held(plan), devices: {} }, plan), true);
  });

  test('memory of a virtual machine that runs waits for its next start; everything else does not', () => {
    const plan = planInstance({ ...inputs, spec: { ...spec, type: 'virtual-machine' } });
    const machine: IncusInstance = { ...held(plan), type: 'virtual-machine' };
    assert.deepEqual(liveParts(machine, plan), { plan, later: [] });
    const wanted = { ...plan, config: { ...plan.config, 'limits.memory': '1B', 'limits.cpu': '4' } };
    const { plan: now, later } = liveParts(machine, wanted);
    assert.deepEqual(later, ['memory']);
    assert.equal(now.config['limits.memory'], plan.config['limits.memory']);
    assert.equal(now.config['limits.cpu'], '4');
    for (const other of [held(plan), { ...machine, status_code: 102 }]) {
      assert.deepEqual(liveParts(other, wanted), { plan: wanted, later: [] });
    }
  });

  test('a clone takes none of its source’s interfaces along', () => {
    const devices = cloneDevices(planInstance({ ...inputs, nics: [] }).devices, {});
    assert.deepEqual(devices.eth0, { type: 'none' });
    assert.deepEqual(devices.eth7, { type: 'none' });
    assert.equal(devices.root?.type, 'disk');
  });

  test('a volume is a device of its own name, and a clone takes none of its source’s along', () => {
    const volumes = [
      { name: 'v0123456789ab', path: '/srv', readOnly: true },
      { name: 'vba9876543210', readOnly: false },
    ];
    const { devices } = planInstance({ ...inputs, volumes });
    const disk = { type: 'disk', pool: 'default' };
    assert.deepEqual(devices.v0123456789ab, {
      ...disk,
      source: 'v0123456789ab',
      path: '/srv',
      readonly: 'true',
    });
    assert.deepEqual(devices.vba9876543210, { ...disk, source: 'vba9876543210' });
    const source = { root: disk, v0123456789ab: disk, vffffffffffff: disk };
    const clone = cloneDevices(devices, source);
    assert.deepEqual(clone.vffffffffffff, { type: 'none' });
    assert.equal(clone.v0123456789ab?.path, '/srv');
    assert.equal(clone.root?.path, '/');
  });
});
