/**
 * The backup of a region, in a whole region without Incus: made while it is written to, tried, and restored after everything of the region
 * was killed in the middle of writes and its folder removed.
 */
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { newIdentity } from '#gap/export/age/keys.ts';
import type { Verified } from '#region/backup/verify.ts';
import { layoutOf } from '#region/layout.ts';
import { PROGRAM_FOLDER } from '#region/program.ts';
import { supervisorStatus } from '#region/supervisor/launch.ts';
import { killNow, processesNaming } from './crashes/machine.ts';
import { send, signed } from './objects/wire.ts';
import { type ApiClient, apiClient, kubeconfigCredentials } from './support/api-client.ts';
import { type ObjectsTenant, objectsTenant } from './support/objects.ts';
import { createOrganization, type Member } from './support/project.ts';
import { startRegion, type TestRegion } from './support/region.ts';

const CASEMATE = join(PROGRAM_FOLDER, 'casemate');
const WRITERS = 4;
const ACKNOWLEDGED_BEFORE_KILL = 200;
/** Small ones lie together, large ones in files of their own. */
const MINUTES = 'x'.repeat(1_000);
const MAPS = 'map'.repeat(100_000);
const SECRETS = '/orgs/ministry/api/v1/namespaces/default/secrets';

describe('a region that archives its changes', { timeout: 300_000 }, () => {
  const own = mkdtempSync(join(tmpdir(), 'backups-'));
  const folder = join(own, 'backups');
  const identity = join(own, 'identity.age');
  const archive = join(folder, 'changes');
  let region: TestRegion;
  let alice: Member;
  let api: ApiClient;
  let library: ObjectsTenant;
  /** A moment, and how many leaves the organization's log had then. */
  let between: { readonly time: string; readonly changes: number };

  before(async () => {
    // The database's account archives, and walks through here.
    chmodSync(own, 0o711);
    mkdirSync(folder);
    const { recipient, identity: secret } = newIdentity();
    writeFileSync(identity, `${secret}\n`, { mode: 0o600 });
    const backup = `backup:\n  folder: ${folder}\n  recipient: ${recipient}`;
    region = await startRegion({ settings: `incus:\n  mode: none\n${backup}` });
    alice = await createOrganization(region, 'ministry');
    api = apiClient(region.url, kubeconfigCredentials(readFileSync(alice.kubeconfig, 'utf8')));
  });
  after(async () => {
    api?.close();
    await region?.destroy();
    rmSync(own, { recursive: true, force: true });
  });

  const create = async (name: string): Promise<number> =>
    (await api.send('POST', SECRETS, { metadata: { name }, data: { word: 'c2VjcmV0' } })).code;
  const backup = (...args: readonly string[]) => region.casemate('backup', ...args);
  const verified = async (...args: readonly string[]) =>
    JSON.parse(await backup('verify', ...args, '--identity', identity, '-o', 'json')) as Verified;
  const putObject = async (key: string, body: string) => {
    const put = { method: 'PUT', target: `/library-first/${key}`, body };
    assert.equal((await send(library, signed(library, put))).status, 200);
  };
  const sizeOf = ({ realms }: Pick<Verified, 'realms'>, realm: string) =>
    realms?.find((one) => one.realm === realm)?.logs.find(({ log }) => log === 'changes')?.size;

  it('is backed up while it runs, into files that only their owner reads and that show no name', async () => {
    assert.equal(await create('before-the-backup'), 201);
    const { path } = JSON.parse(await backup('create', '-o', 'json')) as { path: string };
    assert.equal(join(folder, readdirSync(folder).find((name) => name !== 'changes') ?? ''), path);
    assert.equal(statSync(path).mode & 0o777, 0o700);
    for (const file of readdirSync(path)) {
      assert.equal(statSync(join(path, file)).mode & 0o777, 0o600);
      assert.equal(readFileSync(join(path, file)).includes('ministry'), false, file);
    }
  });

  it('is verified from that: every log of every realm, with the changes that came after the backup', async () => {
    assert.equal(await create('after-the-backup'), 201);
    const all = await verified(folder);
    assert.deepEqual(all.problems, []);
    assert.deepEqual(
      all.realms?.map(({ realm }) => realm),
      ['/', '/orgs/ministry'],
    );
    const alone = await verified(folder, '--without-changes');
    const changes = sizeOf(all, '/orgs/ministry') ?? 0;
    assert.equal(sizeOf(alone, '/orgs/ministry'), changes - 1);
    between = { time: new Date().toISOString(), changes };
  });

  it('has the bytes of objects where it is asked for them, each file once and encrypted', async () => {
    library = await objectsTenant(region, 'library');
    const { objects, problems } = await verified(folder);
    assert.deepEqual([objects, problems], [{ buckets: 0, versions: 0, bytes: 0 }, []]);
    await putObject('minutes', MINUTES);
    await putObject('maps', MAPS);
    // As after the first round over all that is stored.
    await inDatabase(region.data, `INSERT INTO objects.upkeep (task, done_ms) VALUES ('scrub', 1)`);
    const files = () =>
      readdirSync(join(folder, 'objects'), { recursive: true, withFileTypes: true }).filter((one) =>
        one.isFile(),
      );
    await backup('create', '--with-objects');
    const [first, second] = files();
    assert.equal(files().length, 2);
    for (const file of [first, second]) {
      assert.equal(statSync(join(file?.parentPath ?? '', file?.name ?? '')).mode & 0o777, 0o600);
    }
    await backup('create', '--with-objects');
    assert.equal(files().length, 2, 'a pack that has not grown, and a file, are there already');
    await putObject('later', MINUTES);
    const now = await verified(folder);
    assert.deepEqual(
      [now.objects, now.problems],
      [{ buckets: 1, versions: 3, bytes: 2 * MINUTES.length + MAPS.length }, []],
    );
  });

  it('is not backed up twice at once: each removes what an interrupted one left', async () => {
    const other = clientOf(region.data, 'postgres');
    await other.connect();
    await other.query('SELECT pg_advisory_lock(1)');
    const { code, stderr } = await region.run(CASEMATE, ['backup', 'create', '--data', region.data]);
    await other.end();
    assert.notEqual(code, 0);
    assert.match(stderr, /another backup of this region is being made: wait for its end/);
  });

  it('does not acknowledge a change that the archive does not have', async () => {
    const [receiver] = [...processesNaming(archive)].filter(([, line]) => line.includes('pg_receivewal'));
    assert.ok(receiver);
    process.kill(receiver[0], 'SIGSTOP');
    let code: number | undefined;
    const created = create('waits').then((answered) => {
      code = answered;
    });
    await untilWaiting(region.data);
    assert.equal(code, undefined);
    process.kill(receiver[0], 'SIGCONT');
    await created;
    assert.equal(code, 201);
  });

  it('can be put back to any moment since the backup', async () => {
    const then = await verified(folder, '--to-time', between.time);
    assert.deepEqual(then.problems, []);
    assert.equal(sizeOf(then, '/orgs/ministry'), between.changes);
  });

  it('says what is wrong with a backup that was changed, and one that is for another key', async () => {
    const name = readdirSync(folder).find((one) => one !== 'changes') ?? '';
    const copy = join(own, 'copy');
    mkdirSync(copy);
    const files = Object.fromEntries(
      readdirSync(join(folder, name)).map((file) => [file, readFileSync(join(folder, name, file))]),
    );
    const place = (changed: Readonly<Record<string, Buffer>>) => {
      for (const [file, bytes] of Object.entries({ ...files, ...changed }))
        writeFileSync(join(copy, file), bytes);
    };
    const said = async (key: string, ...args: readonly string[]) => {
      const { code, stderr } = await region.run(CASEMATE, ['backup', 'verify', ...args, '--identity', key]);
      assert.notEqual(code, 0);
      return stderr;
    };
    const broken = Buffer.from(files['database.tar.zst.age'] ?? '');
    broken[broken.length >> 1] = (broken[broken.length >> 1] ?? 0) ^ 1;
    place({ 'database.tar.zst.age': broken });
    assert.match(await said(identity, copy), /it was changed or is broken/);
    place({});
    const other = join(own, 'other.age');
    writeFileSync(other, `${newIdentity().identity}\n`, { mode: 0o600 });
    assert.match(await said(other, copy), /not encrypted for this key/);
    chmodSync(other, 0o644);
    assert.match(await said(other, copy), /others may read it: chmod 600/);
    const unreached = await said(identity, join(folder, name), '--to-time', '2100-01-01T00:00:00Z');
    assert.match(unreached, /do not reach to that time/);
  });

  it('comes back with every acknowledged change after it was killed in the middle of writes and its folder was lost', async () => {
    const acknowledged: string[] = [];
    const { promise: enough, resolve } = Promise.withResolvers<void>();
    const write = async (writer: number) => {
      for (let index = 0; ; index++) {
        const name = `written-${writer}-${index}`;
        // Undefined: there was no answer, so nobody knows.
        const code = await create(name).catch(() => undefined);
        if (code !== 201) return;
        acknowledged.push(name);
        if (acknowledged.length >= ACKNOWLEDGED_BEFORE_KILL) resolve();
      }
    };
    const writing = Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
    await enough;
    const { pid, processes } = (await supervisorStatus(layoutOf(region.data))) ?? { pid: 0, processes: [] };
    killNow(pid);
    for (const name of ['postgres', 'region', 'archive']) {
      killNow(processes.find((one) => one.name === name)?.pid ?? 0);
    }
    await writing;
    for (const [left] of processesNaming(region.data)) killNow(left);
    await region.casemate('destroy', '--yes');
    assert.equal(existsSync(region.data), false);

    const told = await backup('restore', folder, '--identity', identity, '--data', region.data);
    assert.match(told, /^The region testing is in .*, as it was after its last change on /);
    assert.match(told, /3 versions of objects in 1 buckets, 0\.\d MB: 2 files with their bytes are back/);
    await region.up();
    const { items } = (await api.send('GET', SECRETS)).json() as { items: { metadata: { name: string } }[] };
    const found = new Set(items.map(({ metadata }) => metadata.name));
    assert.deepEqual(
      acknowledged.filter((name) => !found.has(name)),
      [],
    );
    assert.ok(['before-the-backup', 'after-the-backup', 'waits'].every((name) => found.has(name)));
    // Its keys work: the word was sealed under them.
    assert.match(await alice.kubectl('get', 'secret', 'waits', '-o', 'jsonpath={.data.word}'), /^c2VjcmV0$/);
    assert.match(await alice.casemate('ledger', 'verify'), /changes: verified[\s\S]*access: verified/);
    assert.match(await region.casemate('ledger', 'verify', '--all-organizations'), /changes: verified/);
    assert.equal(await create('after-the-restore'), 201);
  });

  it('gives objects back as they were in the backup, says of the bucket which came later and have no bytes, and looks for all of them', async () => {
    const done = `SELECT 1 FROM objects.upkeep WHERE task = 'scrub' AND done_ms = 1`;
    assert.equal(await inDatabase(region.data, done), 0);
    await library.admin.kubectl('wait', '--for=condition=Ready', 'bucket/library-first', '--timeout=60s');
    const get = async (key: string) => {
      const target = `/library-first/${key}`;
      let answer = await send(library, signed(library, { method: 'GET', target }));
      // Its process may just be on its way.
      while (answer.status === 0) answer = await send(library, signed(library, { method: 'GET', target }));
      return answer;
    };
    assert.equal((await get('minutes')).body.toString(), MINUTES);
    assert.equal((await get('maps')).body.toString(), MAPS);
    const later = await get('later');
    assert.deepEqual([later.status, later.code], [500, 'InternalError']);
    assert.match(later.body.toString(), /damaged on the disk, so they are not given out/);
    await library.admin.kubectl(
      'wait',
      '--for=condition=Intact=False',
      'bucket/library-first',
      '--timeout=60s',
    );
    const named = await library.admin.kubectl(
      'get',
      'bucket/library-first',
      '-o',
      'jsonpath={.status.damaged[*].key}',
    );
    assert.equal(named, 'later');
    await putObject('later', MINUTES);
    assert.equal((await get('later')).body.toString(), MINUTES);
  });

  it('says in its ledger, and in each organization’s, that it was restored and up to when', async () => {
    const rows = await region.kubectl('get', 'regionrestores', '-o', 'jsonpath={.items[*].spec.upTo}');
    assert.match(rows, /^2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.match(
      await alice.casemate('ledger', 'show', '--log', 'access'),
      /system:restore +restore +regionrestores\.region\.casemate\.internal.*the region was put back from a backup/,
    );
    const forged = JSON.stringify({
      apiVersion: 'region.casemate.internal/v1',
      kind: 'RegionRestore',
      metadata: { name: 'forged' },
      spec: { at: '', backupBegunAt: '', upTo: '', changes: 0, access: 0 },
    });
    const { code, stderr } = await region.run(CASEMATE, ['create', '-f', '-'], { input: forged });
    assert.notEqual(code, 0);
    assert.match(stderr, /the region writes what became of itself/);
  });

  it('goes on archiving, on the timeline that the restore began; old backups go with what only they needed', async () => {
    const later = await verified(folder);
    assert.deepEqual(later.problems, []);
    await backup('create', '--without-master-key');
    assert.match(
      await backup('prune', folder, '--keep', '1'),
      /^Removed 3 backups and [1-9]\d* segments of the archive, and 2 files of objects;/,
    );
    const { code, stdout } = await region.run(CASEMATE, ['backup', 'verify', folder, '--identity', identity]);
    assert.match(`${code} ${stdout}`, /^1 .*its keys were not opened, so no ledger was verified/);
    const masterKey = join(region.data, 'keys/master.key');
    assert.deepEqual((await verified(folder, '--master-key', masterKey)).problems, []);
  });
});

const clientOf = (data: string, database: string): pg.Client =>
  new pg.Client({ host: join(data, 'postgres/run'), user: 'casemate-db', database });

/** How many rows it gives, or changes. */
async function inDatabase(data: string, text: string): Promise<number> {
  const client = clientOf(data, 'casemate');
  await client.connect();
  try {
    return (await client.query(text)).rowCount ?? 0;
  } finally {
    await client.end();
  }
}

/** Until a commit waits for the archive. */
async function untilWaiting(data: string): Promise<void> {
  const client = clientOf(data, 'postgres');
  await client.connect();
  try {
    const waiting = async () =>
      (await client.query("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'")).rowCount ?? 0;
    while ((await waiting()) === 0);
  } finally {
    await client.end();
  }
}
