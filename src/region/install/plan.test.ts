import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AptSource } from './apt-sources.ts';
import { parseOsRelease } from './debian.ts';
import { PACKAGES, type RequiredPackage } from './packages.ts';
import { aptSteps, type MachineFacts, planInstall } from './plan.ts';

const MIRROR: AptSource = {
  uri: 'http://m.example/debian',
  suite: 'bookworm',
  components: ['main'],
  signedBy: undefined,
};

function machine(facts: Partial<MachineFacts> & { readonly present?: readonly string[] } = {}): MachineFacts {
  const { present = [], ...rest } = facts;
  return {
    system: { id: 'debian', codename: 'bookworm', prettyName: 'Debian GNU/Linux 12 (bookworm)' },
    isRoot: true,
    sources: [MIRROR],
    isPresent: (item: RequiredPackage) => present.includes(item.name),
    hasVirtualization: false,
    ...rest,
  };
}

const names = (items: readonly RequiredPackage[]) => items.map(({ name }) => name);

test('on Debian 12 everything is installed, Incus from backports of the same mirror', () => {
  const plan = planInstall(PACKAGES, machine());
  assert.ok(names(plan.install).includes('postgresql'));
  assert.ok(names(plan.install).includes('incus-base'));
  assert.equal(plan.addSource?.suite, 'bookworm-backports');
  assert.deepEqual(plan.shortcomings, []);
});

test('on Debian 13 no source is added: its main section has Incus', () => {
  const system = { id: 'debian', codename: 'trixie', prettyName: 'Debian GNU/Linux 13 (trixie)' };
  const plan = planInstall(PACKAGES, machine({ system }));
  assert.ok(names(plan.install).includes('incus-base'));
  assert.equal(plan.addSource, undefined);
});

test('only what is missing is installed', () => {
  const present = names(PACKAGES).filter((name) => name !== 'nftables');
  const plan = planInstall(PACKAGES, machine({ present }));
  assert.deepEqual(names(plan.install), ['nftables']);
  assert.equal(plan.addSource, undefined);
});

test('virtual machines are installed only where they can run', () => {
  assert.ok(!names(planInstall(PACKAGES, machine()).install).includes('incus'));
  assert.ok(names(planInstall(PACKAGES, machine({ hasVirtualization: true })).install).includes('incus'));
});

test('on Debian 12 machines’ packages come with the QEMU of backports that they need, and nothing else does', () => {
  const [named = [], whole, ...others] = aptSteps(
    planInstall(PACKAGES, machine({ hasVirtualization: true })),
  );
  assert.ok(named.includes('incus-base') && named.includes('ovmf'));
  assert.deepEqual(whole, ['-t', 'bookworm-backports', 'incus', 'qemu-system-modules-spice', 'qemu-utils']);
  assert.deepEqual(others, []);
  assert.equal(aptSteps(planInstall(PACKAGES, machine())).length, 1);
  const system = { id: 'debian', codename: 'trixie', prettyName: 'Debian GNU/Linux 13 (trixie)' };
  const [all = [], ...none] = aptSteps(planInstall(PACKAGES, machine({ system, hasVirtualization: true })));
  assert.ok(all.includes('incus') && !all.includes('-t'));
  assert.deepEqual(none, []);
});

test('whoever is not root is told what does not work, and what to type', () => {
  const present = names(PACKAGES).filter((name) => name !== 'nftables' && name !== 'iproute2');
  const plan = planInstall(PACKAGES, machine({ isRoot: false, present }));
  assert.deepEqual(plan, {
    install: [],
    addSource: undefined,
    shortcomings: [
      {
        purpose: 'network',
        message:
          'nftables, iproute2 not installed, and only root can install packages: networks, firewall rules and forwards are not applied; everything else works. Install with: apt-get install nftables iproute2',
      },
    ],
  });
});

test('another system than Debian is named, and nothing is tried on it', () => {
  const system = parseOsRelease('ID=fedora\nPRETTY_NAME="Fedora Linux 44"\n');
  const plan = planInstall(PACKAGES, machine({ system }));
  assert.deepEqual(plan.install, []);
  assert.match(
    plan.shortcomings[0]?.message ?? '',
    /this is Fedora Linux 44, and only Debian's packages are known here/,
  );
});

test('without a mirror in sight, everything but Incus is installed', () => {
  const plan = planInstall(PACKAGES, machine({ sources: [] }));
  assert.ok(names(plan.install).includes('postgresql'));
  assert.ok(!names(plan.install).includes('incus-base'));
  assert.deepEqual(
    plan.shortcomings.map(({ purpose }) => purpose),
    ['compute'],
  );
});
