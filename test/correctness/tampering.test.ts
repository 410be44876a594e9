/**
 * Somebody with full power over the database changes a log behind our back. `casemate ledger verify`, run by a tenant with nothing but
 * what the region serves and what the command remembers, names the leaf or the checkpoint.
 */
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { PROGRAM_FOLDER } from '#region/program.ts';
import type { Problem } from '#trust/ledger/problem.ts';
import type { LedgerReport } from '#trust/ledger/verify.ts';
import { until } from '../crashes/until.ts';
import type { ApiClient } from '../support/api-client.ts';
import { runCommand } from '../support/command.ts';
import { type Administrator, type Replicas, startReplicas } from '../support/replicas.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
/** More than one tile of 256 leaves. */
const OBJECTS = 400;
const LEAF = 300;
const AT_ONCE = 50;
const LOG_LIMIT_MS = 20_000;

describe('a log that was changed in the database', () => {
  let region: Replicas;
  let admin: pg.Client;
  let realm: string;
  let size = 0;
  let kubeconfig: string;
  let administrator: Administrator;
  let client: ApiClient;

  before(async () => {
    region = await startReplicas(1);
    admin = new pg.Client({ ...region.postgres.connection });
    await admin.connect();
    const [replica] = region.all;
    assert.ok(replica);
    administrator = await region.organization('acme');
    kubeconfig = join(region.scratch, 'acme.kubeconfig');
    writeFileSync(kubeconfig, administrator.kubeconfig(replica));
    chmodSync(kubeconfig, 0o600);
    client = administrator.client(replica);
    for (let n = 0; n < OBJECTS; n += AT_ONCE) {
      const made = await Promise.all(
        Array.from({ length: AT_ONCE }, (_, i) =>
          client.send('POST', CONFIG_MAPS, { metadata: { name: `c${n + i}` }, data: { n: String(n + i) } }),
        ),
      );
      assert.ok(made.every(({ code }) => code === 201));
    }
    const { rows } = await admin.query(`SELECT uid FROM realms WHERE id = '/orgs/acme'`);
    realm = String(rows[0]?.uid);
    const report = await verify();
    assert.deepEqual(report.problems, []);
    ({ size } = report);
    assert.ok(size > OBJECTS);
    await admin.query(`CREATE TABLE kept AS SELECT * FROM changes WHERE realm = '${realm}'`);
  });
  after(async () => {
    client?.close();
    await admin?.end();
    await region?.close();
  });

  /** What the command says, as a tenant runs it: it remembers what it verified before. */
  async function verify(...args: readonly string[]): Promise<LedgerReport> {
    const { stdout, stderr } = await runCommand(
      process.execPath,
      [
        join(PROGRAM_FOLDER, 'src/cli/main.ts'),
        'ledger',
        'verify',
        '--log',
        'changes',
        '-o',
        'json',
        ...args,
      ],
      { env: { KUBECONFIG: kubeconfig, XDG_STATE_HOME: join(region.scratch, 'state') } },
    );
    assert.notEqual(stdout, '', stderr);
    const [report] = JSON.parse(stdout) as LedgerReport[];
    assert.ok(report);
    return report;
  }

  /** What is found after a change, which is then undone. */
  async function found(...statements: readonly string[]): Promise<string[]> {
    for (const statement of statements) await admin.query(statement);
    const { problems } = await verify();
    await admin.query('BEGIN');
    await admin.query(`DELETE FROM changes WHERE realm = '${realm}'`);
    await admin.query('INSERT INTO changes SELECT * FROM kept');
    await admin.query('COMMIT');
    assert.deepEqual((await verify('--no-remember')).problems, []);
    // The region signs a checkpoint every minute; those of a slow run do not fit either.
    return problems
      .filter((problem) => problem.code !== 'CHECKPOINT_ROOT' || problem.size === size)
      .map(summary);
  }

  const summary = ({ code, leaf, size: of, tile }: Problem) =>
    [code, leaf === undefined ? '' : `leaf ${leaf}`, of === undefined ? '' : `size ${of}`, tile ?? '']
      .filter((part) => part !== '')
      .join(' ');

  const row = (index: number) => `realm = '${realm}' AND leaf_index = ${index}`;
  const flipped = (column: string) => `set_byte(${column}, 40, get_byte(${column}, 40) # 1)`;

  it('shows the leaf in which one byte is another', async () => {
    const problems = await found(`UPDATE changes SET leaf = ${flipped('leaf')} WHERE ${row(LEAF)}`);
    assert.ok(problems.includes(`LEAF_CHANGED leaf ${LEAF}`), problems.join(', '));
    assert.ok(
      problems.every((problem) => problem.endsWith(`leaf ${LEAF}`)),
      problems.join(', '),
    );
  });

  it('shows the checkpoint that no longer fits when the hash was made to fit the changed leaf', async () => {
    const problems = await found(
      `UPDATE changes SET leaf = convert_to(replace(convert_from(leaf, 'UTF8'), '"create"', '"delete"'), 'UTF8') WHERE ${row(LEAF)}`,
      `UPDATE changes SET hash = sha256('\\x00'::bytea || leaf) WHERE ${row(LEAF)}`,
    );
    assert.deepEqual(problems, [`CHECKPOINT_ROOT size ${size}`]);
  });

  it('shows the same in a part of the log whose tree nodes are stored', async () => {
    const problems = await found(
      `UPDATE changes SET leaf = convert_to(replace(convert_from(leaf, 'UTF8'), '"create"', '"delete"'), 'UTF8') WHERE ${row(100)}`,
      `UPDATE changes SET hash = sha256('\\x00'::bytea || leaf) WHERE ${row(100)}`,
    );
    assert.deepEqual(problems, ['TILE_CHANGED tile/1/000.p/1', `CHECKPOINT_ROOT size ${size}`]);
  });

  it('shows what was changed, or taken away without a word, beside a leaf', async () => {
    const beside = (column: string, value: string) =>
      found(`UPDATE changes SET ${column} = ${value} WHERE ${row(LEAF)}`);
    assert.deepEqual(await beside('body', flipped('body')), [`BODY_CHANGED leaf ${LEAF}`]);
    assert.deepEqual(await beside('body', "''"), [`BODY_MISSING leaf ${LEAF}`]);
    const mallory = `convert_to(replace(convert_from(personal, 'UTF8'), 'alice', 'mally'), 'UTF8')`;
    assert.deepEqual(await beside('personal', mallory), [`RECORD_CHANGED leaf ${LEAF}`]);
    assert.deepEqual(await beside('personal', 'NULL'), [`RECORD_MISSING leaf ${LEAF}`]);
  });

  it('shows where a leaf was taken out', async () => {
    const problems = await found(`DELETE FROM changes WHERE ${row(LEAF)}`);
    assert.ok(problems.includes(`LEAF_MISSING leaf ${LEAF}`), problems.join(', '));
  });

  it('shows both leaves that changed places', async () => {
    const problems = await found(
      `UPDATE changes SET leaf_index = -1 WHERE ${row(LEAF)}`,
      `UPDATE changes SET leaf_index = ${LEAF} WHERE ${row(LEAF + 1)}`,
      `UPDATE changes SET leaf_index = ${LEAF + 1} WHERE ${row(-1)}`,
    );
    assert.deepEqual(problems, [
      `CHECKPOINT_ROOT size ${size}`,
      `LEAF_MISPLACED leaf ${LEAF}`,
      `LEAF_MISPLACED leaf ${LEAF + 1}`,
    ]);
  });

  it('keeps a process from serving an object that is not the one its leaf was written for', async () => {
    await admin.query(`UPDATE changes SET body = ${flipped('body')} WHERE ${row(LEAF)}`);
    const fresh = await region.start();
    const other = administrator.client(fresh);
    assert.equal((await other.send('GET', CONFIG_MAPS)).code, 503);
    const reason = `leaf ${LEAF} of /orgs/acme: the object stored with it is not the one`;
    // What a process prints may reach us after what it answers.
    await until('the reason in its log', LOG_LIMIT_MS, () => fresh.log().includes(reason), fresh.log);
    await admin.query(`UPDATE changes SET body = ${flipped('body')} WHERE ${row(LEAF)}`);
    assert.equal((await other.send('GET', CONFIG_MAPS)).code, 200);
    other.close();
    await fresh.stop();
  });

  it('shows that the database was put back to an older dump, to whoever verified it before', async () => {
    const tables = ['realms', 'changes', 'objects', 'access', 'tile_nodes', 'checkpoints'];
    for (const table of tables) await admin.query(`CREATE TABLE dump_${table} AS TABLE ${table}`);
    const made = await client.send('POST', CONFIG_MAPS, { metadata: { name: 'later' } });
    assert.equal(made.code, 201);
    const before = await verify();
    assert.deepEqual([before.problems, before.size > size], [[], true]);
    await admin.query('BEGIN');
    for (const table of tables) {
      await admin.query(`DELETE FROM ${table}`);
      await admin.query(`INSERT INTO ${table} SELECT * FROM dump_${table}`);
    }
    await admin.query('COMMIT');
    const { problems } = await verify();
    assert.deepEqual(problems.map(summary), [`ROLLED_BACK size ${before.size}`]);
    // Nor does it help to go on from there.
    const write = () => client.send('POST', CONFIG_MAPS, { metadata: { name: 'other' } });
    let written = await write();
    // The first to come is told to try again, because the realm is read anew.
    if (written.code === 503) written = await write();
    assert.equal(written.code, 201, written.text);
    const forked = await verify();
    assert.deepEqual(forked.problems.map(summary), [
      `FORKED size ${before.size}`,
      `CHECKPOINT_ROOT size ${before.size}`,
    ]);
  });
});
