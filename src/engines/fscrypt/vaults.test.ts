/** Vaults on file systems that are real, in a folder of the test's own. What a thief finds is read as a thief would: in the bytes of the store's file. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { mountsBelow, parseMounts, readMounts } from '#kernel/mounts.ts';
import { fileHolds } from '#kernel/test-file-holds.ts';
import { answer } from './agent.ts';
import { agentCommand } from './command.ts';
import { vaultPaths } from './folders.ts';
import { wereOpened } from './opened.ts';
import type { Answer, OpenPool, VaultError } from './protocol.ts';
import { releaseVaults } from './release.ts';
import { noVaultsHere } from './test-vaults.ts';
import { hideClosed, listVaults, lockAll, lockVault, openVault, removeVault } from './vaults.ts';
import { WITHOUT_VAULTS } from './without-vaults.ts';

/** errno(3), by which Node has no name. */
const ENOKEY = -126;
const SIZE = 512 * 1024 ** 2;
const ACME = '/orgs/acme';

const holds = (path: string, text: string): boolean => fileHolds(path, [Buffer.from(text)]);

function writeOut(path: string, text: string): void {
  writeFileSync(path, text);
  const file = openSync(path, 'r');
  fsyncSync(file);
  closeSync(file);
  execFileSync('sync');
}

describe('vaults', { skip: noVaultsHere() }, () => {
  const base = mkdtempSync(join(tmpdir(), 'casemate-vaults-'));
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(base, 'one-'));
  });
  afterEach(() => {
    releaseVaults(folder);
    folder = mkdtempSync(join(base, 'one-'));
  });
  after(() => {
    releaseVaults(folder);
    rmSync(base, { recursive: true });
  });

  const open = (key: Uint8Array, realm = ACME) =>
    openVault(folder, { key, make: { realm, size_bytes: SIZE } });
  const at = (id: string) => vaultPaths(folder, id);

  test('what is written to a pool is on the disk in cipher only, opens with its key, and never without', () => {
    const key = randomBytes(64);
    const { id, path } = open(key);
    const word = `in the clear ${randomBytes(12).toString('hex')}`;
    writeOut(join(path, 'letter'), word.repeat(100));
    assert.ok(holds(at(id).poolFile, word), 'the pool itself has it');
    assert.ok(!holds(at(id).storeFile, word));

    lockVault(folder, id);
    const thief = join(folder, 'thief');
    execFileSync('sh', ['-c', 'mkdir "$1"; mount -o loop,ro "$2" "$1"', 'sh', thief, at(id).storeFile]);
    const [cipher = '', ...others] = readdirSync(join(thief, 'secret'));
    assert.deepEqual(others, []);
    assert.notEqual(cipher, 'pool.img');
    assert.throws(() => readFileSync(join(thief, 'secret', cipher)), { errno: ENOKEY });
    execFileSync('umount', [thief]);
    assert.ok(!holds(at(id).storeFile, word));
    assert.deepEqual(listVaults(folder), [{ id, realm: ACME, isOpen: false }]);

    assert.throws(() => openVault(folder, { key: randomBytes(64) }), { reason: 'NotFound' });
    assert.deepEqual(openVault(folder, { key }), { id, path });
    assert.equal(readFileSync(join(path, 'letter'), 'utf8').length, 100 * word.length);
  });

  test('each key has a vault of its own; opening, locking and removing can be repeated', () => {
    const [one, two] = [randomBytes(64), randomBytes(64)];
    const first = open(one);
    const second = open(two, '/orgs/other');
    assert.notEqual(first.path, second.path);
    assert.deepEqual(open(one), first);
    writeOut(join(first.path, 'of-one'), 'x');
    assert.deepEqual(readdirSync(second.path), []);
    removeVault(folder, second.id);
    removeVault(folder, second.id);
    lockVault(folder, first.id);
    lockVault(folder, first.id);
    assert.deepEqual(
      listVaults(folder).map(({ id, isOpen }) => [id, isOpen]),
      [[first.id, false]],
    );
    // Nothing is left that Incus could take for its pool; of one that lost power neither.
    assert.equal(existsSync(first.path), false);
    mkdirSync(first.path);
    hideClosed(folder);
    assert.equal(existsSync(first.path), false);
    // A locked one is removed without its key.
    removeVault(folder, first.id);
    assert.deepEqual(readdirSync(folder), []);
  });

  test('a process with mounts of its own that begins meanwhile sees nothing of it, and does not keep it open', async () => {
    const { id, path } = open(randomBytes(64));
    // As Incus has it, and at a place that is not easy to name.
    const second = join(folder, 'storage pools', 'one');
    mkdirSync(second, { recursive: true });
    const device = readMounts().find(({ point }) => point === path)?.device;
    execFileSync('mount', ['--bind', path, second]);
    const script = `${WITHOUT_VAULTS}; cat /proc/self/mountinfo; echo; exec cat >/dev/null`;
    const other = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script]);
    try {
      let seen = '';
      for await (const chunk of other.stdout) {
        seen += chunk;
        if (seen.endsWith('\n\n')) break;
      }
      const mounts = parseMounts(seen);
      assert.ok(mounts.some(({ point }) => point === '/'));
      assert.deepEqual(
        mounts.filter((mount) => mount.device === device || mount.point.startsWith(folder)),
        [],
      );
      assert.equal(
        readMounts().filter((mount) => mount.device === device).length,
        2,
        'the host has all of it',
      );
      removeVault(folder, id);
      assert.equal(other.exitCode, null, 'the other one lives on');
    } finally {
      other.kill('SIGKILL');
      await once(other, 'exit');
    }
  });

  test('a pool runs out of room at its own end, before the store does, and the host has its room back', async () => {
    const { id, path } = open(randomBytes(64));
    // Full to its end: the pool says so, and is whole.
    const fill =
      'dd if=/dev/urandom of="$1/fill" bs=1M count=1024 conv=fsync 2>&1 | grep -o "No space left on device"';
    assert.equal(execFileSync('sh', ['-c', fill, 'sh', path]).toString().trim(), 'No space left on device');
    rmSync(join(path, 'fill'));
    writeOut(join(path, 'after'), 'there is room again');
    execFileSync('btrfs', ['scrub', 'start', '-B', path]);
    execFileSync('fstrim', [path]);
    const taken = () => 512 * statSync(at(id).storeFile).blocks;
    // The kernel does so when it has time.
    for (let look = 0; look < 500 && taken() > SIZE / 2; look++) {
      execFileSync('sync', ['-f', at(id).store]);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.ok(taken() < SIZE / 2, `the host has not its room back: ${taken()} B are taken`);
    const left = execFileSync('df', ['--output=avail', '-B1', at(id).store])
      .toString()
      .split('\n')[1];
    assert.ok(Number(left) > 0, `${left} B`);
  });

  test('with the last lock go all keys; what somebody still uses stays open, and is named', () => {
    const [one, two] = [randomBytes(64), randomBytes(64)];
    const first = open(one);
    const second = open(two);
    execFileSync('mkdir', [join(folder, 'elsewhere')]);
    execFileSync('mount', ['--bind', first.path, join(folder, 'elsewhere')]);
    const [left = '', ...more] = lockAll(folder);
    assert.match(left, new RegExp(`^${first.id}: its pool is mounted at .*elsewhere`));
    assert.deepEqual(more, []);
    assert.deepEqual(
      new Map(listVaults(folder).map(({ id, isOpen }) => [id, isOpen])),
      new Map([
        [first.id, true],
        [second.id, false],
      ]),
    );
    execFileSync('umount', [join(folder, 'elsewhere')]);
    assert.deepEqual(lockAll(folder), []);
    assert.deepEqual(lockAll(folder), []);
    assert.ok(!readFileSync('/proc/self/mounts', 'utf8').includes(folder));
  });

  describe('somebody who has mounts of his own, with the pool in them, also where Incus had it', () => {
    const key = randomBytes(64);
    let other: ReturnType<typeof spawn>;
    let pool: OpenPool;
    let second: string;
    beforeEach(async () => {
      pool = open(key);
      writeOut(join(pool.path, 'letter'), 'x');
      second = join(folder, 'second');
      mkdirSync(second, { mode: 0o711 });
      execFileSync('mount', ['--bind', pool.path, second]);
      const script = 'echo there; exec cat';
      other = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script]);
      await once(other.stdout ?? assert.fail(), 'data');
    });
    const end = async () => {
      if (!other.kill('SIGKILL')) return;
      await once(other, 'exit');
    };
    afterEach(end);

    test('does not keep it from being removed', async () => {
      removeVault(folder, pool.id);
      assert.equal(other.exitCode, null);
      assert.deepEqual(readdirSync(second), []);
      assert.equal(statSync(second).mode & 0o777, 0o711);
    });

    test('keeps it from being locked: how to find him is said, it opens again, and is locked once he is gone', async () => {
      const device = readMounts().find(({ point }) => point === second)?.device;
      execFileSync('umount', [second]);
      let said = '';
      assert.throws(
        () => lockVault(folder, pool.id),
        ({ reason, message }: VaultError) => {
          said = message;
          return reason === 'InUse';
        },
      );
      const [how = ''] = /grep [^)]+/.exec(said) ?? [];
      assert.ok(how.includes(` ${device} `), said);
      const found = execFileSync('sh', ['-c', `${how} 2>/dev/null || :`], { encoding: 'utf8' });
      assert.equal(found, `/proc/${other.pid}/mountinfo\n`);
      assert.deepEqual(openVault(folder, { key }), pool);
      assert.equal(readFileSync(join(pool.path, 'letter'), 'utf8'), 'x');
      await end();
      lockVault(folder, pool.id);
      assert.deepEqual(mountsBelow(readMounts(), folder), []);
    });
  });

  test('killed at any moment while it makes a vault, the next agent makes it whole', async () => {
    for (const after_ms of [60, 90, 120, 150, 180, 220, 260, 300, 400]) {
      const key = randomBytes(64);
      const request = { operation: 'open', realm: ACME, key: key.toString('base64'), size_bytes: SIZE };
      const { command, args } = agentCommand(process.execPath, folder);
      const child = spawn(command, [...args], { stdio: ['pipe', 'ignore', 'inherit'] });
      child.stdin.end(`${JSON.stringify(request)}\n`);
      const timer = setTimeout(() => child.kill('SIGKILL'), after_ms);
      await once(child, 'close');
      clearTimeout(timer);
      const said = ask(request);
      assert.equal(said.type, 'done', JSON.stringify(said));
      const path = said.type === 'done' ? said.pool?.path : undefined;
      writeOut(join(path ?? '', 'mark'), String(after_ms));
      assert.equal(readFileSync(join(path ?? '', 'mark'), 'utf8'), String(after_ms));
    }
  });

  test('the agent needs one capability, and takes nothing but what it knows; a key is never said back', () => {
    const key = randomBytes(64).toString('base64');
    const opened = ask({ operation: 'open', realm: ACME, key, size_bytes: SIZE });
    assert.equal(opened.type, 'done', JSON.stringify(opened));
    for (const [request, field] of [
      [{ operation: 'open', realm: '../../etc', key, size_bytes: SIZE }, /realm/],
      [{ operation: 'open', realm: ACME, key: key.slice(4), size_bytes: SIZE }, /key/],
      [{ operation: 'open', realm: ACME, key, size_bytes: 1 }, /size/],
      [{ operation: 'open', realm: ACME, key, size_bytes: SIZE, folder: '/etc' }, /folder/],
      [{ operation: 'remove', id: '../store' }, /id/],
      [{ operation: 'format' }, /operation/],
    ] as const) {
      const said = answer(folder, JSON.stringify(request));
      assert.ok(said.type === 'failed' && field.test(said.message), JSON.stringify(said));
      assert.ok(!said.message.includes(key.slice(4, 40)), said.message);
    }
    assert.equal(answer(folder, 'nothing').type, 'failed');
    assert.equal(wereOpened(folder), false);
    assert.deepEqual(ask({ operation: 'open-all', keys: [key, randomBytes(64).toString('base64')] }), {
      type: 'done',
      problems: ['there is no vault under that key'],
    });
    assert.equal(wereOpened(folder), true);
    assert.equal(ask({ operation: 'lock' }).type, 'done');
    assert.equal(wereOpened(folder), false);
  });

  function ask(request: object): Answer {
    const { command, args } = agentCommand(process.execPath, folder);
    const said = execFileSync(command, [...args], { input: `${JSON.stringify(request)}\n` });
    return JSON.parse(said.toString()) as Answer;
  }
});
