/** A region that runs no instances, for want of root or because its settings say so: it says what does not work and why; the rest works. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '#kernel/wire/test-port.ts';
import { PROGRAM_FOLDER } from '#region/program.ts';
import { type CommandOptions, output, runCommand } from './support/command.ts';
import { createOrganization, manifest, type Place } from './support/project.ts';
import { startRegion } from './support/region.ts';

const CASEMATE = join(PROGRAM_FOLDER, 'casemate');
const NETWORK_API = 'network.casemate.internal/v1';

const POLICY = {
  apiVersion: NETWORK_API,
  kind: 'FirewallPolicy',
  metadata: { name: 'open' },
  spec: { instances: {}, ingress: [{ action: 'Allow' }] },
};
const FORWARD = {
  apiVersion: NETWORK_API,
  kind: 'Forward',
  metadata: { name: 'ssh' },
  spec: {
    protocol: 'tcp',
    listen: { port: 20_022 },
    target: { instance: 'alone', port: 22 },
    allowedSources: ['0.0.0.0/0'],
  },
};

/** What somebody in an organization finds; `why` is told by every condition. */
async function findWhatWorks(region: Place, why: RegExp): Promise<void> {
  const alice = await createOrganization(region, 'ministry');
  await alice.kubectl('create', 'secret', 'generic', 'key', '--from-literal=a=b');
  assert.equal(await alice.kubectl('get', 'secret', 'key', '-o', 'jsonpath={.data.a}'), 'Yg==');
  await alice.apply(
    manifest(
      ['lan'],
      [
        { name: 'alone', image: 'debian-12' },
        { name: 'web', image: 'debian-12', networks: ['lan'] },
      ],
    ),
  );
  for (const item of [POLICY, FORWARD]) await alice.apply(JSON.stringify(item));
  const reasonOf = '{.status.conditions[?(@.type=="Ready")].reason}';
  const messageOf = '{.status.conditions[?(@.type=="Ready")].message}';
  for (const [object, reason] of [
    ['instance/alone', 'NoComputeEngine'],
    ['network/lan', 'NoComputeEngine'],
    ['firewallpolicy/open', 'NoPacketFilter'],
    ['forward/ssh', 'NoPacketFilter'],
  ] as const) {
    await alice.kubectl('wait', `--for=jsonpath=${reasonOf}=${reason}`, object, '--timeout=30s');
    assert.match(await alice.kubectl('get', object, '-o', `jsonpath=${messageOf}`), why);
  }
  assert.match(await alice.kubectl('events', '--for', 'instance/alone'), /Warning\s+NoComputeEngine/);
  await assert.rejects(alice.kubectl('exec', 'alone', '--', 'true'), why);
  assert.match(await alice.casemate('ledger', 'verify'), /changes: verified/);
  await region.casemate('org', 'delete', 'ministry', '--yes', '--timeout', '60s');
  assert.equal(await region.casemate('get', 'organizations', '-o', 'name'), '');
}

test('with incus: none', async () => {
  const region = await startRegion({ settings: 'incus:\n  mode: none\nsoleOperator: true' });
  try {
    assert.match(
      await region.casemate('status'),
      /region\.yaml says incus: none\): no instances, images or networks/,
    );
    await findWhatWorks(region, /this region runs no instances \(region\.yaml says incus: none\)/);
    // Nothing is tried over and over.
    assert.doesNotMatch(readFileSync(join(region.data, 'logs/region.log'), 'utf8'), /"level":[56]0/);
  } finally {
    await region.destroy();
  }
});

test('without root', async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'rootless-'));
  chmodSync(scratch, 0o711);
  const home = join(scratch, 'home');
  const data = join(home, 'data');
  for (const folder of [home, data]) execFileSync('install', ['--directory', '--owner=nobody', folder]);
  const listen = `127.0.0.1:${await freePort()}`;
  const settings = `name: rootless\nid: r00000001\nlisten: ${listen}\nsoleOperator: true\n`;
  writeFileSync(join(data, 'region.yaml'), settings);
  execFileSync('chown', ['nobody', join(data, 'region.yaml')]);
  const kubeconfig = join(data, 'operator.kubeconfig');
  const as = ['--reuid=nobody', '--regid=nogroup', '--clear-groups', '--', 'env', `HOME=${home}`, CASEMATE];
  const asNobody = (...args: string[]) => runCommand('setpriv', [...as, ...args, '--data', data]);
  const run = (command: string, args: readonly string[], options: CommandOptions = {}) =>
    runCommand(command, args, { ...options, env: { KUBECONFIG: kubeconfig, ...options.env } });
  const up = await asNobody('up');
  try {
    assert.equal(up.code, 0, up.stderr);
    assert.match(
      up.stdout,
      /not root: no instances, images, networks or firewall; the API, projects and secrets work/,
    );
    const region: Place = {
      scratch,
      run,
      casemate: (...args) => output(run(CASEMATE, args), `casemate ${args.join(' ')}`),
    };
    await findWhatWorks(region, /this region has no Incus, which needs root/);
  } finally {
    await asNobody('destroy', '--yes');
  }
  assert.equal(existsSync(data), false);
  rmSync(scratch, { recursive: true });
});
