/**
 * A region whose Incus is another's, put back to an earlier moment: what its people made since is still in the engine. Nothing of it is removed, and an
 * operator's word gives it back.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { startTestIncus, type TestIncus } from '#engines/incus/test-incus.ts';
import { newIdentity } from '#gap/export/age/keys.ts';
import { layoutOf } from '#region/layout.ts';
import { supervisorStatus } from '#region/supervisor/launch.ts';
import { killNow, processesNaming } from './crashes/machine.ts';
import { applyAll } from './support/backups.ts';
import { baseImage, createOrganization, type Member } from './support/project.ts';
import { startRegion, type TestRegion } from './support/region.ts';

suite('a region that was put back to an earlier moment', { timeout: 500_000 }, () => {
  const own = mkdtempSync(join(tmpdir(), 'leftovers-'));
  const folder = join(own, 'backups');
  const identity = join(own, 'identity.age');
  let incus: TestIncus;
  let region: TestRegion;
  let ann: Member;

  const volume = (name: string) => ({
    apiVersion: 'storage.casemate.internal/v1',
    kind: 'Volume',
    metadata: { name },
    spec: { size: '64Mi' },
  });
  const ready = (what: string) => ann.kubectl('wait', '--for=condition=Ready', what, '--timeout=120s');
  const leftovers = async (): Promise<Record<string, string>> => {
    const { items } = JSON.parse(await region.kubectl('get', 'leftovers', '-o', 'json'));
    return Object.fromEntries(
      items.map((one: { metadata: { name: string }; spec: { found: { name: string } } }) => [
        one.spec.found.name,
        one.metadata.name,
      ]),
    );
  };
  const decide = (name: string, decision: string) =>
    region.kubectl('patch', 'leftover', name, '--type=merge', '-p', JSON.stringify({ spec: { decision } }));

  before(async () => {
    // The database's account archives, and walks through here.
    chmodSync(own, 0o711);
    mkdirSync(folder);
    const { recipient, identity: secret } = newIdentity();
    writeFileSync(identity, `${secret}\n`, { mode: 0o600 });
    incus = await startTestIncus();
    const admins = execFileSync('getent', ['group', 'incus-admin']).toString().split(':')[2];
    chownSync(incus.socketPath, 0, Number(admins));
    region = await startRegion({
      settings: [
        ...['incus:', '  mode: external', `  socket: ${incus.socketPath}`],
        ...['backup:', `  folder: ${folder}`, `  recipient: ${recipient}`],
      ].join('\n'),
    });
    const image = await baseImage(region);
    ann = await createOrganization(region, 'acme', 'ann');
    await applyAll(ann, [volume('early')]);
    await ready('volume/early');
    await region.casemate('backup', 'create');
    await applyAll(ann, [
      volume('late'),
      volume('unwanted'),
      {
        apiVersion: 'compute.casemate.internal/v1',
        kind: 'Instance',
        metadata: { name: 'web' },
        spec: { image, disk: '1Gi', volumes: [{ volume: 'late', path: '/srv/late' }] },
      },
    ]);
    await ready('instance/web');
    await ready('volume/unwanted');
    await ann.kubectl(
      'exec',
      'web',
      '--',
      'sh',
      '-c',
      'echo kept > /srv/late/mark; echo kept > /root/mark; sync',
    );
  });
  after(async () => {
    await region?.destroy();
    await incus?.close();
    rmSync(own, { recursive: true, force: true });
  });

  test('what was made since runs on, and is told of, though nothing accounts for it', async () => {
    const { pid, processes } = (await supervisorStatus(layoutOf(region.data))) ?? { pid: 0, processes: [] };
    killNow(pid);
    for (const { pid: one } of processes) if (one !== undefined) killNow(one);
    for (const [left] of processesNaming(region.data)) killNow(left);
    rmSync(region.data, { recursive: true });
    await region.casemate(
      ...['backup', 'restore', folder, '--identity', identity, '--data', region.data, '--without-changes'],
    );
    await region.up();
    assert.equal(
      (await ann.kubectl('get', 'volumes', '-o', 'name')).trim(),
      'volume.storage.casemate.internal/early',
    );
    let found = await leftovers();
    while (Object.keys(found).length < 3) found = await leftovers();
    assert.deepEqual(Object.keys(found).sort(), ['late', 'unwanted', 'web']);
    const [instance] = await incus.incus.instances.list();
    assert.equal(instance?.status, 'Running');
    assert.equal((await incus.incus.volumes.list(incus.pool)).length, 3);
  });

  test('it is given back by an operator’s word, with what is on it', async () => {
    const found = await leftovers();
    await decide(found.late ?? '', 'Adopt');
    await ann.kubectl('wait', '--for=create', 'volume/late', '--timeout=60s');
    await decide(found.web ?? '', 'Adopt');
    await ann.kubectl('wait', '--for=create', 'instance/web', '--timeout=60s');
    await ready('instance/web');
    const said = await ann.kubectl('exec', 'web', '--', 'cat', '/srv/late/mark', '/root/mark');
    assert.equal(said, 'kept\nkept\n');
  });

  test('removing it takes somebody else’s approval', async () => {
    const { unwanted = '' } = await leftovers();
    await assert.rejects(decide(unwanted, 'Remove'), /remove takes the approval of 1 person other than you/);
    assert.equal((await incus.incus.volumes.list(incus.pool)).length, 3);
  });
});
