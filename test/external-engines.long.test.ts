/** A region on a PostgreSQL and an Incus that are there already, as region.yaml names them: it works, and goes without a trace in them. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chownSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { startTestIncus, type TestIncus } from '#engines/incus/test-incus.ts';
import { PROGRAM_FOLDER } from '#region/program.ts';
import type { RegionStatus } from '#region/status.ts';
import { type ForeignPostgres, startForeignPostgres } from './support/postgres.ts';
import { baseImage, createOrganization, type Member, manifest } from './support/project.ts';
import { startRegion, type TestRegion } from './support/region.ts';

const CASEMATE = join(PROGRAM_FOLDER, 'casemate');
const OTHERS_PROJECT = 'of-somebody-else';

suite('a region on engines of others', { timeout: 300_000 }, () => {
  let postgres: ForeignPostgres;
  let incus: TestIncus;
  let region: TestRegion;
  let alice: Member;

  before(async () => {
    [postgres, incus] = await Promise.all([startForeignPostgres(), startTestIncus()]);
    // As Debian's own incusd gives it to the group incus-admin.
    const admins = execFileSync('getent', ['group', 'incus-admin']).toString().split(':')[2];
    chownSync(incus.socketPath, 0, Number(admins));
    await incus.incus.projects.create(OTHERS_PROJECT, '', {});
    await postgres.query('CREATE TABLE others (note text)');
    region = await startRegion({
      settings: [
        'postgres:',
        '  mode: external',
        `  url: ${postgres.url}`,
        `  certificateAuthority: ${postgres.certificateAuthority}`,
        'incus:',
        '  mode: external',
        `  socket: ${incus.socketPath}`,
      ].join('\n'),
    });
  });
  after(async () => {
    await region?.destroy();
    await incus?.close();
    await postgres?.stop();
  });

  test('it runs neither of them itself, and says of nothing that it does not work', async () => {
    const { stdout } = await region.run(CASEMATE, ['status', '-o', 'json']);
    const { state, supervisor } = JSON.parse(stdout) as RegionStatus;
    assert.equal(state, 'ready');
    assert.deepEqual(
      supervisor?.processes.map(({ name, notes }) => [name, notes]),
      [
        ['firewall', []],
        ['time', []],
        ['region', []],
      ],
    );
  });

  test('an organization gets a network and a running instance on it', async () => {
    const image = await baseImage(region);
    alice = await createOrganization(region, 'ministry');
    await alice.casemate('project', 'create', 'web');
    await alice.apply(manifest(['lan'], [{ name: 'web', image, networks: ['lan'] }]), '-n', 'web');
    await alice.kubectl('-n', 'web', 'wait', '--for=condition=Ready', 'instance/web', '--timeout=60s');
    assert.equal((await alice.inInstance('web', 'web', ['hostname'])).stdout, 'web\n');
    assert.match(await postgres.query("SELECT id FROM realms WHERE id = '/orgs/ministry'"), /ministry/);
    assert.equal((await incus.incus.instances.list()).length, 1);
    assert.match(await alice.casemate('ledger', 'verify'), /changes: verified/);
  });

  test('its password shows in no log and on no command line', async () => {
    const commands = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/environ`, 'utf8');
        } catch {
          return ''; // It has ended meanwhile.
        }
      });
    const logs = readdirSync(join(region.data, 'logs')).map((name) =>
      readFileSync(join(region.data, 'logs', name), 'utf8'),
    );
    const plan = readFileSync(join(region.data, 'run/plan.json'), 'utf8');
    for (const secret of [postgres.password, encodeURIComponent(postgres.password)]) {
      assert.equal([...commands, ...logs, plan].filter((text) => text.includes(secret)).length, 0);
    }
  });

  test('destroy keeps the region’s folder while it cannot take its things out of an engine', async () => {
    const settings = readFileSync(join(region.data, 'region.yaml'), 'utf8');
    const file = join(region.data, 'region.yaml');
    writeFileSync(file, settings.replace(incus.socketPath, join(region.scratch, 'nothing.sock')));
    const { code, stderr } = await region.run(CASEMATE, ['destroy', '--yes']);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /nothing\.sock still holds what is this region's, and it cannot be removed: .*--keep-external/,
    );
    writeFileSync(file, settings);
  });

  test('it goes from both without a trace, and they run on with what is others’', async () => {
    await region.casemate('destroy', '--yes');
    const held = await incus.incus.projects.list();
    assert.deepEqual(held.map(({ name }) => name).toSorted(), ['default', OTHERS_PROJECT]);
    assert.deepEqual(await incus.incus.instances.list(), []);
    assert.deepEqual(await incus.incus.images.list(), []);
    assert.deepEqual(
      (await incus.incus.networks.list()).filter(({ managed }) => managed),
      [],
    );
    const tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'";
    assert.equal(await postgres.query(tables), 'others\n');
    assert.ok(postgres.isRunning());
  });
});
