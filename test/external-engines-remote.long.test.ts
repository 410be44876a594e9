/** A region on an Incus that it reaches over HTTPS: instances work, networks say why they do not, and a server that is not the right one is not used. */
import assert from 'node:assert/strict';
import { chownSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { listenHttps, type TestHttps } from '#engines/incus/test-https.ts';
import { startTestIncus, type TestIncus } from '#engines/incus/test-incus.ts';
import { ensureAccounts } from '#region/embedded/accounts.ts';
import { PROGRAM_FOLDER } from '#region/program.ts';
import type { RegionStatus } from '#region/status.ts';
import { baseImage, createOrganization, type Member, manifest } from './support/project.ts';
import { startRegion, type TestRegion } from './support/region.ts';

const CASEMATE = join(PROGRAM_FOLDER, 'casemate');
const ON_THIS_MACHINE = /networks need it on the region’s own machine, where the packet filter is/;

suite('a region on an Incus over HTTPS', { timeout: 300_000 }, () => {
  let incus: TestIncus;
  let https: TestHttps;
  let region: TestRegion;
  let alice: Member;

  before(async () => {
    incus = await startTestIncus();
    https = await listenHttps(incus);
    await https.trust();
    // Whoever runs the region, and nobody else, may read the key.
    chownSync(https.clientKey, ensureAccounts().region.uid, 0);
    region = await startRegion({
      settings: [
        'incus:',
        '  mode: external',
        `  url: ${https.url}`,
        `  clientCertificate: ${https.clientCertificate}`,
        `  clientKey: ${https.clientKey}`,
        `  serverCertificate: ${https.serverCertificate}`,
      ].join('\n'),
    });
  });
  after(async () => {
    await region?.destroy();
    await incus?.close();
  });

  const status = async (): Promise<RegionStatus> => {
    const { stdout } = await region.run(CASEMATE, ['status', '-o', 'json']);
    return JSON.parse(stdout) as RegionStatus;
  };

  test('it says that networks do not work, and runs no packet filter', async () => {
    const { state, supervisor } = await status();
    assert.equal(state, 'ready');
    assert.deepEqual(
      supervisor?.processes.map(({ name }) => name),
      ['postgres', 'region'],
    );
    const notes = supervisor?.processes.flatMap((process) => process.notes) ?? [];
    assert.equal(notes.length, 1);
    assert.match(notes[0] ?? '', ON_THIS_MACHINE);
  });

  test('its image was imported over there, and an instance runs commands and terminals', async () => {
    const image = await baseImage(region);
    assert.equal((await incus.incus.images.list()).length, 1);
    alice = await createOrganization(region, 'ministry');
    await alice.casemate('project', 'create', 'web');
    await alice.apply(manifest([], [{ name: 'far', image }]), '-n', 'web');
    await alice.kubectl('-n', 'web', 'wait', '--for=condition=Ready', 'instance/far', '--timeout=60s');
    assert.equal((await alice.inInstance('web', 'far', ['hostname'])).stdout, 'far\n');
    const refused = await alice.inInstance('web', 'far', ['sh', '-c', 'exit 7']);
    assert.equal(refused.code, 7);
    const terminal = await region.run(
      'script',
      ['--quiet', '--return', '--command', `${CASEMATE} exec -n web -it far -- tty`, '/dev/null'],
      { env: { KUBECONFIG: alice.kubeconfig } },
    );
    assert.match(terminal.stdout, /\/dev\/pts\//);
    assert.equal(typeof (await alice.casemate('logs', '-n', 'web', 'far')), 'string');
  });

  test('a network and a policy say why they cannot be, and an instance that names the network waits', async () => {
    const image = await baseImage(region);
    await alice.apply(manifest(['lan'], [{ name: 'joined', image, networks: ['lan'] }]), '-n', 'web');
    const policy = {
      apiVersion: 'network.casemate.internal/v1',
      kind: 'FirewallPolicy',
      metadata: { name: 'open' },
      spec: { instances: {}, ingress: [{ action: 'Allow' }] },
    };
    await alice.apply(JSON.stringify(policy), '-n', 'web');
    for (const [object, reason] of [
      ['network/lan', 'NoComputeEngine'],
      ['firewallpolicy/open', 'NoPacketFilter'],
    ] as const) {
      const ready = '{.status.conditions[?(@.type=="Ready")].';
      await alice.kubectl(
        '-n',
        'web',
        'wait',
        `--for=jsonpath=${ready}reason}=${reason}`,
        object,
        '--timeout=30s',
      );
      assert.match(
        await alice.kubectl('-n', 'web', 'get', object, '-o', `jsonpath=${ready}message}`),
        ON_THIS_MACHINE,
      );
    }
    assert.deepEqual((await incus.incus.instances.list()).length, 1);
    await alice.kubectl(
      '-n',
      'web',
      'delete',
      'instance/joined',
      'network/lan',
      '--wait=true',
      '--timeout=60s',
    );
  });

  test('a server that shows another certificate is not used, and the region says so', async () => {
    const file = join(region.data, 'region.yaml');
    const settings = readFileSync(file, 'utf8');
    // Any other certificate will do: the client's own.
    writeFileSync(file, settings.replace(https.serverCertificate, https.clientCertificate));
    await region.up();
    const notes = (await status()).supervisor?.processes.flatMap((process) => process.notes) ?? [];
    assert.match(
      notes.join('\n'),
      /Incus at https:\/\/127\.0\.0\.1:\d+ cannot be used \(Incus shows a certificate that is not the one trusted here/,
    );
    writeFileSync(file, settings);
    await region.up();
    await alice.kubectl('-n', 'web', 'wait', '--for=condition=Ready', 'instance/far', '--timeout=60s');
  });

  test('a wrong field is refused by up, with its name', async () => {
    const file = join(region.data, 'region.yaml');
    const settings = readFileSync(file, 'utf8');
    writeFileSync(file, settings.replace(`clientKey: ${https.clientKey}`, 'clientKey: /nothing/here'));
    const { code, stderr } = await region.run(CASEMATE, ['up', '--data', region.data]);
    assert.equal(code, 1);
    assert.match(stderr, /incus\.clientKey: \/nothing\/here cannot be read \(ENOENT\)/);
    writeFileSync(file, settings);
    await region.up();
  });

  test('it goes without a trace over there', async () => {
    await region.casemate('destroy', '--yes');
    assert.deepEqual(
      (await incus.incus.projects.list()).map(({ name }) => name),
      ['default'],
    );
    assert.deepEqual(await incus.incus.instances.list(), []);
    assert.deepEqual(await incus.incus.images.list(), []);
  });
});
