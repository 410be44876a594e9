/**
 * Volumes that lie encrypted, in a whole region: stopped, killed, started again as after a reboot, and looked at by a thief of its disks, byte by byte.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { vaultClient } from '#engines/fscrypt/client.ts';
import { vaultPaths } from '#engines/fscrypt/folders.ts';
import { keyIdentifier } from '#engines/fscrypt/key-identifier.ts';
import { unmarkOpened } from '#engines/fscrypt/opened.ts';
import { releaseVaults } from '#engines/fscrypt/release.ts';
import { noVaultsHere } from '#engines/fscrypt/test-vaults.ts';
import { listVaults, lockVault, openVault } from '#engines/fscrypt/vaults.ts';
import { mountsBelow, parseMounts, readMounts, releaseBelow } from '#kernel/mounts.ts';
import { fileHolds } from '#kernel/test-file-holds.ts';
import { baseImage, createOrganization, type Member } from './support/project.ts';
import { startRegion, type TestRegion } from './support/region.ts';
import { formsOf, stolenKeyring } from './support/thief.ts';

const GIBIBYTE = 1024 ** 3;
const ACME = '/orgs/acme';

describe('encrypted volumes of a region', { skip: noVaultsHere() }, () => {
  let region: TestRegion;
  let acme: Member;
  let image: string;
  const word = randomBytes(16).toString('hex');
  const encrypted = () => join(region.data, 'encrypted');
  const vaultOf = (realm: string) => {
    const found = listVaults(encrypted()).find((vault) => vault.realm === realm);
    assert.ok(found, `${realm} has a vault`);
    return found;
  };
  const inStore = async (script: string) => {
    const { code, stdout, stderr } = await acme.inInstance('web', 'store', ['sh', '-c', script]);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const ready = (...what: string[]) =>
    acme.kubectl('-n', 'web', 'wait', '--for=condition=Ready', ...what, '--timeout=90s');
  const holds = (path: string, ...texts: string[]) =>
    fileHolds(
      path,
      texts.map((text) => Buffer.from(text)),
    );
  const manifest = () => `apiVersion: storage.casemate.internal/v1
kind: Volume
metadata: {name: data}
spec: {size: 64Mi}
---
apiVersion: compute.casemate.internal/v1
kind: Instance
metadata: {name: store}
spec: {image: ${image}, memory: 256Mi, disk: 1Gi, volumes: [{volume: data, path: /srv/data}]}
`;
  const kill = (pattern: string) => {
    try {
      execFileSync('pkill', ['-9', '-f', pattern]);
    } catch {
      // none runs
    }
  };

  before(async () => {
    region = await startRegion({
      disk_bytes: 3 * GIBIBYTE,
      // Or it would take two people to delete an organization.
      settings: 'soleOperator: true\nstorage: {size: 1GiB}\n',
    });
    image = await baseImage(region);
    acme = await createOrganization(region, 'acme');
    await acme.casemate('project', 'create', 'web');
    await acme.apply(manifest(), '-n', 'web');
    await ready('volume/data', 'instance/store');
    await inStore(`for i in $(seq 1000); do echo ${word}; done > /srv/data/${word}; sync`);
  });
  after(async () => {
    if (region !== undefined) await region.destroy();
  });

  test('a volume says that it is encrypted under a key of its organization, and so it is on the disk', async () => {
    const wide = await acme.kubectl('-n', 'web', 'get', 'volume', 'data', '-o', 'wide');
    assert.match(wide, /ENCRYPTED\s+AGE\n.*\sTrue\s+\S+\n$/);
    const { poolFile, storeFile } = vaultPaths(encrypted(), vaultOf(ACME).id);
    execFileSync('sync');
    assert.ok(holds(poolFile, word), 'it is in the pool');
    assert.ok(!holds(storeFile, word));
    assert.equal(region.disk?.holds(Buffer.from(word)), false);
  });

  test('who has the disks and the master key opens it, until the organization ends; no key lies in the clear anywhere', async () => {
    const key = await (await stolenKeyring(region.data)).material.get(ACME, 'volumes');
    assert.ok(key !== undefined);
    assert.equal(keyIdentifier(key), vaultOf(ACME).id);
    assert.equal(region.disk?.holds(...formsOf(key)), false);
  });

  test('each organization has a pool and a key of its own, which it sees nothing of', async () => {
    const other = await createOrganization(region, 'other', 'olga');
    await other.casemate('project', 'create', 'web');
    // It runs from now on, also while the other organization ends.
    await other.apply(manifest(), '-n', 'web');
    const both = ['volume/data', 'instance/store'];
    await other.kubectl('-n', 'web', 'wait', '--for=condition=Ready', ...both, '--timeout=90s');
    assert.notEqual(vaultOf('/orgs/other').id, vaultOf(ACME).id);
    const key = await (await stolenKeyring(region.data)).material.get('/orgs/other', 'volumes');
    assert.equal(keyIdentifier(key ?? Buffer.alloc(0)), vaultOf('/orgs/other').id);
  });

  test('nobody but the region may ask for it to be opened, and nobody but root reads what lies there', async () => {
    const { mode, uid, gid } = statSync(join(region.data, 'run/encryption.sock'));
    assert.equal(mode & 0o777, 0o660);
    assert.equal(uid, 0);
    assert.notEqual(gid, 0);
    const asNobody = (...command: string[]) =>
      region.run('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', '--', ...command]);
    assert.match((await asNobody('ls', encrypted())).stderr, /Permission denied/);
    const asRegion = (...command: string[]) =>
      region.run('setpriv', ['--reuid=65534', `--regid=${gid}`, '--clear-groups', '--', ...command]);
    const { id } = vaultOf(ACME);
    const { storeFile, secret } = vaultPaths(encrypted(), id);
    for (const path of [storeFile, secret]) {
      assert.match(
        (await asRegion('find', path, '-type', 'f', '-exec', 'head', '-c1', '{}', '+')).stderr,
        /Permission denied/,
        path,
      );
    }
    // What an agent that is asked for nonsense does: it says what is wrong, and nothing else.
    const client = vaultClient(join(region.data, 'run/encryption.sock'), encrypted());
    await assert.rejects(client.remove('../../etc'), { name: 'VaultError', message: /^id: / });
    assert.match(await inStore(`head -1 /srv/data/${word}`), new RegExp(word));
  });

  test('a region that is stopped leaves no key in the kernel, and nothing open; started, it has all of it again', async () => {
    await region.casemate('down');
    assert.deepEqual(mountsBelow(readMounts(), encrypted()), []);
    const thief = join(region.scratch, 'thief');
    mkdirSync(thief);
    const { storeFile } = vaultPaths(encrypted(), vaultOf(ACME).id);
    execFileSync('mount', ['-o', 'loop,ro', storeFile, thief]);
    const names = readdirSync(join(thief, 'secret'));
    execFileSync('umount', [thief]);
    assert.equal(names.length, 1);
    assert.doesNotMatch(names.join(), /pool/);
    await region.up();
    await ready('volume/data', 'instance/store');
    assert.match(await inStore(`head -1 /srv/data/${word}`), new RegExp(word));
  });

  test('killed with all that it runs, and after a reboot that finds nothing open, it has its volumes again', async () => {
    kill(region.data);
    await region.up();
    await ready('volume/data', 'instance/store');
    assert.match(await inStore(`head -1 /srv/data/${word}`), new RegExp(word));
    // All mounts and keys gone at once, as where a machine lost power.
    kill(region.data);
    kill(join(region.data, 'incus'));
    releaseBelow(join(region.data, 'incus'));
    releaseVaults(encrypted());
    unmarkOpened(encrypted());
    assert.deepEqual(
      listVaults(encrypted()).map(({ isOpen }) => isOpen),
      [false, false],
    );
    await region.up();
    await ready('volume/data', 'instance/store');
    assert.match(await inStore(`head -1 /srv/data/${word}`), new RegExp(word));
    const log = readFileSync(join(region.data, 'logs/incus.log'), 'utf8');
    assert.doesNotMatch(log, /Failed mounting storage pool/);
  });

  test('what was started after a pool was opened sees nothing of it, and does not keep it open', async () => {
    // The process that serves objects begins with the first bucket.
    await acme.casemate('bucket', 'create', 'late', '--project', 'web');
    const { stdout } = await region.run('pgrep', ['--full', '--newest', 'services/objects/server/main.ts']);
    const seen = parseMounts(readFileSync(`/proc/${stdout.trim()}/mountinfo`, 'utf8'));
    assert.ok(
      seen.some(({ point }) => point === join(region.data, 'objects')),
      'it has mounts of its own',
    );
    const devices = readMounts().flatMap(({ point, device }) =>
      point.startsWith(encrypted()) ? [device] : [],
    );
    assert.equal(devices.length, 4, 'two vaults are open, each with its pool');
    assert.deepEqual(
      seen.filter(({ device }) => devices.includes(device)),
      [],
    );
  });

  test('with the organization go its pool and its key: a copy of the disk made before opens no more, with the master key either', async () => {
    const { id } = vaultOf(ACME);
    const stolen = join(region.scratch, 'stolen');
    const copy = vaultPaths(stolen, id);
    mkdirSync(copy.folder, { recursive: true });
    chmodSync(stolen, 0o700);
    await inStore('sync');
    execFileSync('cp', ['--sparse=always', vaultPaths(encrypted(), id).storeFile, copy.storeFile]);
    copyFileSync(vaultPaths(encrypted(), id).owner, copy.owner);
    const before_ = await (await stolenKeyring(region.data)).material.get(ACME, 'volumes');
    const key = Buffer.from(before_ ?? '');

    await region.kubectl('annotate', 'organization/acme', 'casemate.internal/confirm-deletion=acme');
    await region.kubectl('delete', 'organization/acme', '--timeout=120s');
    assert.ok(!existsSync(vaultPaths(encrypted(), id).folder));
    assert.deepEqual(
      listVaults(encrypted()).map(({ realm }) => realm),
      ['/orgs/other'],
    );
    assert.ok(!holds(copy.storeFile, word));
    assert.equal(await (await stolenKeyring(region.data)).material.get(ACME, 'volumes'), undefined);
    try {
      openVault(stolen, { key });
      assert.ok(holds(copy.poolFile, word), 'the key that was is what opens it');
      lockVault(stolen, id);
    } finally {
      releaseVaults(stolen);
    }
    assert.equal(region.disk?.holds(...formsOf(key)), false);
  });
});
