import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { repositoryCommand } from './command.ts';
import { isRepositoryError, type Repository } from './repository.ts';
import { openedBy } from './session.ts';

const PATH = '/buckets/lab/photos.tar';
const AS = { path: PATH, host: 'acme', tags: ['run:1'] };

/** A process as the supervisor starts it, but for its account. */
function opener(folder: string) {
  const { command, args } = repositoryCommand();
  const env = { PATH: process.env.PATH ?? '', CASEMATE_BACKUP_FOLDER: folder };
  return openedBy(async () => {
    const child = spawn(command, [...args], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    // As the supervisor does when the connection closes.
    child.stdout.once('close', () => child.kill('SIGKILL'));
    return { input: child.stdout, output: child.stdin };
  });
}

function place() {
  const folder = mkdtempSync(join(tmpdir(), 'casemate-restic-'));
  const access = (password = 'of a test') => ({
    url: join(folder, 'repository'),
    region: 'us-east-1',
    accessKey: 'none',
    secret: 'none',
    password,
    certificateAuthority: '',
  });
  const open = opener(folder);
  const over = new AbortController();
  return {
    folder,
    open: (make = true, password?: string, signal = over.signal) => open(access(password), { make, signal }),
    packs: () =>
      readdirSync(join(folder, 'repository/data'), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name)),
    remove() {
      over.abort();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const all = async (repository: Repository, snapshot: string) => {
  const { tar, content } = repository.read(snapshot, PATH);
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return { bytes: Buffer.concat(chunks), content: await content };
};

test('what is saved a second time adds little, comes back as it was, and is gone when it is forgotten', async (t) => {
  const there = place();
  t.after(there.remove);
  const tar = randomBytes(12_000_000);
  const none = await there.open(false);
  await assert.rejects(none.snapshots('run:1'), (error) => isRepositoryError(error, 'NoRepository'));
  none.close();
  const repository = await there.open();
  const first = await repository.save(
    Readable.from([tar.subarray(0, 1_000_000), tar.subarray(1_000_000)]),
    AS,
  );
  const second = await repository.save(Readable.from([tar, Buffer.alloc(512)]), AS);
  assert.deepEqual([first.bytes, second.bytes], [12_000_000, 12_000_512]);
  assert.ok(first.added > 11_900_000 && second.added < 9_000_000, `${first.added}, ${second.added}`);
  const read = await all(repository, first.snapshot);
  assert.ok(read.bytes.equals(tar));
  assert.equal(read.content.sha256, first.sha256);
  assert.deepEqual(await repository.digest(second.snapshot, PATH), {
    bytes: second.bytes,
    sha256: second.sha256,
  });
  const listed = await repository.snapshots('run:1');
  assert.deepEqual(
    listed.map(({ path }) => path),
    [PATH, PATH],
  );
  await repository.forget(listed.map(({ id }) => id));
  await repository.forget(listed.map(({ id }) => id));
  await repository.prune();
  assert.deepEqual(await repository.snapshots('run:1'), []);
  assert.deepEqual(there.packs(), []);
  repository.close();
  await assert.rejects(there.open(true, 'another'), (error) => isRepositoryError(error, 'WrongPassword'));
});

test('a tar that breaks off leaves no snapshot, and nothing of a process that was ended', async (t) => {
  const there = place();
  t.after(there.remove);
  const repository = await there.open();
  const broken = Readable.from(
    (async function* () {
      yield randomBytes(1_000_000);
      throw new Error('the disk of the instance is gone');
    })(),
  );
  await assert.rejects(repository.save(broken, AS), /the disk of the instance is gone/);
  const stop = new AbortController();
  const stopped = await there.open(true, undefined, stop.signal);
  const endless = Readable.from(
    (async function* () {
      for (let sent = 0; ; sent++) {
        if (sent === 20) stop.abort(new Error('it takes too long'));
        yield randomBytes(65_536);
      }
    })(),
  );
  await assert.rejects(stopped.save(endless, AS), /it takes too long/);
  const after = await there.open();
  assert.deepEqual(await after.snapshots('run:1'), []);
  after.close();
});

test('what was damaged where it lies is found by a check, and never given for what was saved', async (t) => {
  const there = place();
  t.after(there.remove);
  const repository = await there.open();
  const { snapshot } = await repository.save(Readable.from([randomBytes(2_000_000)]), AS);
  await repository.check(100);
  const largest =
    there.packs().toSorted((one, other) => readFileSync(other).length - readFileSync(one).length)[0] ?? '';
  const bytes = readFileSync(largest);
  bytes.writeUInt8((bytes.readUInt8(1_000) + 1) % 256, 1_000);
  rmSync(largest, { force: true });
  writeFileSync(largest, bytes);
  await assert.rejects(repository.check(100), (error) => isRepositoryError(error, 'Damaged'));
  await assert.rejects(repository.digest(snapshot, PATH), (error) => isRepositoryError(error, 'Damaged'));
  repository.close();
});
