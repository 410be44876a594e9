/** Volumes on a host that encrypts: over an incusd and vaults that are real. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { vaultPaths } from '#engines/fscrypt/folders.ts';
import { noVaultsHere } from '#engines/fscrypt/test-vaults.ts';
import { listVaults, lockAll } from '#engines/fscrypt/vaults.ts';
import type { Kind } from '#kernel/kind.ts';
import { silentLogger } from '#kernel/logger.ts';
import { mountsBelow, readMounts } from '#kernel/mounts.ts';
import { REGION } from '#kernel/realm-id.ts';
import { fileHolds } from '#kernel/test-file-holds.ts';
import { Instance } from '#services/compute/instance.ts';
import { ACME, type ComputeWorld, openComputeWorld, PROJECT } from '#services/compute/testing/world.ts';
import { Organization } from '#services/tenancy/organization.ts';
import { signingRequest } from '#services/tenancy/testing/region.ts';
import { openEncryptedPools, removeEncryptedPools } from './encrypted-pools.ts';
import { storageService } from './service.ts';
import { VolumeSnapshot } from './snapshot.ts';
import { type TestEncryption, testEncryption } from './testing/encryption.ts';
import { Volume, type VolumeObject } from './volume.ts';

describe('volumes on a host that encrypts', { skip: noVaultsHere() }, () => {
  let world: ComputeWorld;
  let encryption: TestEncryption;
  let isOn = false;

  const key = (name: string) => ({ namespace: PROJECT, name });
  const volume = (name: string): VolumeObject => {
    const found = world.acme.view.get(Volume, key(name));
    assert.ok(found, `volume ${name}`);
    return found;
  };
  const conditionOf = (kind: Kind, name: string, type: string) => {
    const { conditions } = (world.acme.view.get(kind, key(name))?.status ?? {}) as VolumeObject['status'] &
      object;
    return conditions?.find((one) => one.type === type);
  };
  const untilReady = (kind: Kind, name: string) =>
    world.until(
      `${kind.singular} ${name} is ready`,
      () => conditionOf(kind, name, 'Ready')?.status === 'True',
    );
  const makeVolume = async (name: string, spec: object = {}) => {
    await world.create(Volume, name, { size: '64Mi', ...spec });
    await untilReady(Volume, name);
  };
  const small = { image: 'debian-12', memory: '256Mi', disk: '1Gi' };
  const sh = async (name: string, script: string) => {
    const { stdout, stderr, exitCode } = await world.run(name, 'sh', '-c', script);
    return exitCode === 0 ? stdout : `${exitCode}: ${stderr}`;
  };
  const vault = () => {
    const [own, ...others] = listVaults(encryption.folder);
    assert.deepEqual(others, []);
    return own;
  };
  /** Incus is killed, and finds no pool open when it starts, as after a reboot. */
  const restartLocked = () =>
    world.engine.restart(() => {
      for (const point of mountsBelow(readMounts(), join(world.engine.folder, 'storage-pools')))
        if (point.includes('/encrypted-')) execFileSync('umount', ['--lazy', point]);
      assert.deepEqual(lockAll(encryption.folder), []);
    });

  before(async () => {
    encryption = testEncryption();
    world = await openComputeWorld((parts) => [
      storageService({ ...parts, ...(isOn ? { encryption } : {}) }),
      { name: 'organizations', kinds: [Organization] },
    ]);
    await world.region.resources.create(
      Organization,
      undefined,
      {
        metadata: { name: 'acme' },
        spec: { firstAdministrator: { user: 'alice', request: await signingRequest() } },
      },
      world.test.context(REGION),
    );
    await makeVolume('older');
    await world.create(Instance, 'web', { ...small, volumes: [{ volume: 'older', path: '/older' }] });
    await world.untilReady('web');
    await sh('web', 'echo from before > /older/mark; sync');
    isOn = true;
    await world.restartControllers();
  });
  after(async () => {
    await world?.close();
    encryption?.close();
  });

  test('the organization’s first volume brings its pool; the volume says that it is encrypted, and an instance has it like any', async () => {
    assert.deepEqual(listVaults(encryption.folder), []);
    await makeVolume('data');
    assert.equal(vault()?.realm, ACME);
    assert.match(volume('data').status?.pool ?? '', /^encrypted-/);
    const encrypted = conditionOf(Volume, 'data', 'Encrypted');
    assert.equal(encrypted?.status, 'True');
    assert.equal(encrypted.reason, 'OrganizationKey');
    await world.change(Instance, 'web', {
      volumes: [
        { volume: 'older', path: '/older' },
        { volume: 'data', path: '/data' },
      ],
    });
    await world.untilReady('web');
    const most = await sh(
      'web',
      'dd if=/dev/zero of=/data/fill bs=1M count=128 2>&1; stat -c %s /data/fill; rm /data/fill; sync',
    );
    assert.match(most, /quota|No space/i);
  });

  test('what an instance writes to it is on the host’s disk in cipher only', async () => {
    const word = randomBytes(16).toString('hex');
    await sh(
      'web',
      `for i in $(seq 1000); do echo ${word}; done > /data/${word}; cp /data/${word} /older/; sync`,
    );
    execFileSync('sync');
    const paths = vaultPaths(encryption.folder, vault()?.id ?? '');
    assert.ok(fileHolds(paths.poolFile, [Buffer.from(word)]), 'it is in the pool');
    assert.ok(!fileHolds(paths.storeFile, [Buffer.from(word)]));
    const hosts = join(world.engine.folder, 'disks', `${world.engine.pool}.img`);
    assert.ok(fileHolds(hosts, [Buffer.from(word)]), 'what is not encrypted is found like that');
  });

  test('one from before is not, says how it can be, and its copy is', async () => {
    await world.until('it says so', () => conditionOf(Volume, 'older', 'Encrypted')?.reason === 'MadeBefore');
    assert.match(conditionOf(Volume, 'older', 'Encrypted')?.message ?? '', /spec\.source\.volume/);
    await makeVolume('newer', { source: { volume: 'older' } });
    assert.equal(conditionOf(Volume, 'newer', 'Encrypted')?.status, 'True');
    await world.change(Instance, 'web', {
      volumes: [
        { volume: 'newer', path: '/older' },
        { volume: 'data', path: '/data' },
      ],
    });
    await world.untilReady('web');
    assert.equal(await sh('web', 'cat /older/mark'), 'from before\n');
    await world.remove(Volume, 'older');
    await world.until('it is gone', () => world.acme.view.get(Volume, key('older')) === undefined);
  });

  test('it grows, is snapshotted, cloned and put back', async () => {
    await sh('web', 'echo kept > /data/mark; sync');
    await world.create(VolumeSnapshot, 'first', { volume: 'data' });
    await untilReady(VolumeSnapshot, 'first');
    await world.change(Volume, 'data', { size: '96Mi' });
    await untilReady(Volume, 'data');
    await sh('web', 'echo later > /data/mark; sync');
    await makeVolume('copy', { size: '128Mi', source: { snapshot: 'first' } });
    await makeVolume('disk', { type: 'block' });
    assert.equal(volume('copy').status?.pool, volume('data').status?.pool);
    await world.change(Instance, 'web', { volumes: [{ volume: 'copy', path: '/copy' }] });
    await world.untilReady('web');
    assert.equal(await sh('web', 'cat /copy/mark'), 'kept\n');
    await world.until('nobody has it', () => volume('data').status?.attachedTo === undefined);
    await world.change(Volume, 'data', { restoreFrom: 'first' });
    await world.until('it was put back', () => volume('data').status?.restoredFrom === 'first');
    await world.change(Instance, 'web', { volumes: [{ volume: 'data', path: '/data' }] });
    await world.untilReady('web');
    assert.equal(await sh('web', 'cat /data/mark'), 'kept\n');
  });

  test('without its key it says that it is locked, and is opened once the key is there', async () => {
    await world.change(Instance, 'web', { volumes: undefined, powerState: 'Stopped' });
    await world.until('it is stopped', () => conditionOf(Instance, 'web', 'Ready')?.reason === 'Stopped');
    encryption.keysAreAway = true;
    await restartLocked();
    await openEncryptedPools(encryption, silentLogger);
    assert.equal(vault()?.isOpen, false);
    await world.change(Volume, 'data', { size: '112Mi' });
    const says = (reason: string) =>
      world.until(`it says ${reason}`, () => conditionOf(Volume, 'data', 'Ready')?.reason === reason);
    await says('KeyUnavailable');
    encryption.keysAreAway = false;
    await says('Locked');
    assert.equal(vault()?.isOpen, true);
    // Incus looks again once a minute, or when it starts.
    await world.engine.restart();
    await untilReady(Volume, 'data');
    await world.change(Instance, 'web', {
      volumes: [{ volume: 'data', path: '/data' }],
      powerState: 'Running',
    });
    await world.untilReady('web');
    assert.equal(await sh('web', 'cat /data/mark'), 'kept\n');
  });

  test('an organization ends without its key, too; its pool goes with it, and what nobody accounts for in it', async () => {
    await world.change(Instance, 'web', { volumes: undefined });
    await world.untilReady('web');
    encryption.keysAreAway = true;
    await restartLocked();
    for (const name of ['data', 'copy', 'newer', 'disk']) await world.remove(Volume, name);
    // As long as the key may come back, what is deleted waits for it: its room would not be given back.
    await world.until(
      'it says why it stays',
      () => conditionOf(Volume, 'copy', 'Ready')?.reason === 'KeyUnavailable',
    );
    // Who kept the key has lost it, and the organization is given up.
    await world.region.resources.delete(Organization, { name: 'acme' }, world.test.context(REGION));
    await world.until('they are gone', () => world.acme.view.count(Volume, PROJECT) === 0);
    const { incus } = world.engine;
    const [pool = ''] = (await incus.pools.list())
      .map(({ name }) => name)
      .filter((name) => name.startsWith('encrypted-'));
    encryption.keysAreAway = false;
    await openEncryptedPools(encryption, silentLogger);
    await world.engine.restart();
    await incus.volumes.create('default', pool, { name: 'stray', content_type: 'filesystem', config: {} });
    await removeEncryptedPools(encryption, { incus, logger: silentLogger, regionId: 'test' }, '/orgs/other');
    assert.ok(vault());
    await removeEncryptedPools(encryption, { incus, logger: silentLogger, regionId: 'test' }, ACME);
    await removeEncryptedPools(encryption, { incus, logger: silentLogger, regionId: 'test' }, ACME);
    assert.deepEqual(listVaults(encryption.folder), []);
    assert.deepEqual(
      (await incus.pools.list()).map(({ name }) => name),
      [world.engine.pool],
    );
    assert.deepEqual(mountsBelow(readMounts(), encryption.folder), []);
  });
});
