/**
 * Releases of Casemate in a real region without Incus, carried in as bundles and agreed to by two people: one that does well, some that do not, a driver that is killed, and
 * the way back. What was written meanwhile is there whichever release runs.
 */
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Current, Entry } from '#gap/release/journal.ts';
import { PROGRAM_FOLDER, programVersion } from '#region/program.ts';
import type { RegionStatus } from '#region/status.ts';
import { until } from './crashes/until.ts';
import { type ConnectedSide, connectedSide, type Operators, twoOperators } from './support/gap.ts';
import type { Member } from './support/project.ts';
import { startRegion, type TestRegion } from './support/region.ts';
import { releaseTree, Silence, type TreeOptions } from './support/releases.ts';

const CASEMATE = join(PROGRAM_FOLDER, 'casemate');
const BACK_WITHIN_MS = 60_000;
/** Until a release stands on trial, and until one that nobody confirms is gone: the trial's own time and two starts. */
const TRIAL_WITHIN_MS = 600_000;

suite('a region that takes in releases of Casemate', { timeout: 3_600_000 }, () => {
  let region: TestRegion;
  let ann: Member;
  let agree: Operators['agree'];
  let outside: ConnectedSide;
  let silence: Silence;
  let number = 0;
  const file = (name: string) => join(region.scratch, name);

  before(async () => {
    region = await startRegion({ settings: 'incus:\n  mode: none' });
    ({ ann, agree } = await twoOperators(region));
    outside = await connectedSide(region.scratch);
    await ann.casemate('gap', 'trust', file('roots/1.root.json'));
    await agree('trust', 'bundletrust/region');
    await ann.casemate('gap', 'trust', file('roots/1.root.json'));
    silence = new Silence(region.url);
  });
  after(async () => {
    await silence?.stop();
    await region?.destroy();
  });

  /** Built, signed, carried, verified, agreed to, published, planned. */
  async function bring(version: string, options: TreeOptions = {}): Promise<string> {
    number += 1;
    const tree = releaseTree(region.scratch, version, options);
    const { path } = await outside.bundle(
      'casemate',
      number,
      `  - {type: release, name: casemate, version: ${version}, licence: EUPL-1.2, tree: ${tree}}\n`,
    );
    rmSync(tree, { recursive: true });
    await ann.casemate('gap', 'import', path);
    await agree('publish', `bundleimport/casemate-${number}`);
    await ann.casemate('gap', 'publish', `casemate-${number}`);
    rmSync(path);
    return ann.casemate('release', 'plan', version);
  }

  const status = async () =>
    JSON.parse(await region.casemate('release', 'status', '-o', 'json')) as {
      readonly current: Current | null;
      readonly steps: readonly Entry[];
    };
  const steps = async () => (await status()).steps.map(({ step }) => step);
  const postgres = async () => {
    const { stdout } = await region.run(CASEMATE, ['status', '-o', 'json']);
    return (JSON.parse(stdout) as RegionStatus).supervisor?.processes.find(({ name }) => name === 'postgres')
      ?.pid;
  };
  const apiVersion = async () =>
    /casemate-([^"]+)"/.exec(await region.kubectl('get', '--raw', '/version'))?.[1];
  const apply = (version: string) => ann.tryCasemate('release', 'apply', version);

  /** From the switch until what ran before ran again, by the journal. */
  async function backAfter_ms(): Promise<number> {
    const { steps: taken } = await status();
    const at = (wanted: string) => Date.parse(taken.find(({ step }) => step === wanted)?.at ?? '');
    return at('RolledBack') - at('Switching');
  }

  test('comes into force when two people agreed; the database runs on, and the API is silent for moments', async () => {
    const plan = await bring('0.2.0');
    assert.match(plan, /^Casemate 0\.2\.0 is AwaitingApproval/);
    assert.match(plan, /signed by alice, bob/);
    const alone = await apply('0.2.0');
    assert.equal(alone.code, 4, alone.stderr);
    assert.match(alone.stderr, /apply takes the approval of 1 person other than you/);
    await agree('apply', 'release/0.2.0');
    await region.casemate('org', 'create', 'before', '--admin', 'alice', '--out', file('before'));
    const database = await postgres();
    silence.longest_ms();
    const applied = await apply('0.2.0');
    assert.equal(applied.code, 0, applied.stdout + applied.stderr);
    const silent_ms = silence.longest_ms();
    assert.ok(silent_ms < BACK_WITHIN_MS, `${silent_ms} ms`);
    assert.deepEqual(await steps(), [
      'Started',
      'Installed',
      'Checked',
      'Migrated',
      'Switching',
      'OnTrial',
      'Healthy',
      'Confirmed',
    ]);
    assert.equal(await apiVersion(), '0.2.0');
    assert.equal(await postgres(), database);
    assert.match(await region.casemate('get', 'organizations'), /before/);
    assert.match(await region.casemate('ledger', 'verify', '--log', 'changes'), /: verified/);
    // Whichever program is asked to, the release that runs comes up.
    await region.casemate('down');
    await region.up();
    assert.equal(await apiVersion(), '0.2.0');
    assert.match(await ann.casemate('release', 'list'), /0\.2\.0 +Running/);
  });

  for (const [version, fault] of [
    ['0.3.0', 'does not start'],
    ['0.3.1', 'hangs'],
    ['0.3.2', 'ends soon'],
  ] as const) {
    test(`a release that ${fault} goes away by itself within a minute`, async () => {
      await bring(version, { fault });
      await agree('apply', `release/${version}`);
      silence.longest_ms();
      const applied = await apply(version);
      assert.equal(applied.code, 1, applied.stdout + applied.stderr);
      assert.equal((await steps()).at(-1), 'RolledBack');
      const back_ms = await backAfter_ms();
      assert.ok(back_ms <= BACK_WITHIN_MS, `${back_ms} ms`);
      assert.equal(await apiVersion(), '0.2.0');
      assert.match(await ann.casemate('release', 'list'), new RegExp(`${version} +RolledBack`));
    });
  }

  test('with its driver killed in the middle of a trial, a release goes away by itself, and can be applied then', async () => {
    await bring('0.4.0');
    await agree('apply', 'release/0.4.0');
    const cut = apply('0.4.0');
    await until('the release is on trial', TRIAL_WITHIN_MS, async () => (await steps()).at(-1) === 'OnTrial');
    const { stdout } = await region.run('pgrep', ['--full', `releases/main.ts ${region.data} `]);
    process.kill(Number(stdout), 'SIGKILL');
    await cut;
    // Nobody confirms it; the supervisor waits its time, and goes back.
    await until(
      'the release before answers again',
      TRIAL_WITHIN_MS,
      async () => (await apiVersion().catch(() => undefined)) === '0.2.0',
    );
    await region.casemate('release', 'status');
    assert.equal((await steps()).at(-1), 'Interrupted');
    await ann.casemate('release', 'plan', '0.4.0');
    await agree('apply', 'release/0.4.0');
    assert.equal((await apply('0.4.0')).code, 0);
    assert.equal(await apiVersion(), '0.4.0');
  });

  test('one goes back when two people agreed, and in an emergency alone; what was written stays', async () => {
    await region.casemate('org', 'create', 'after', '--admin', 'alice', '--out', file('after'));
    const alone = await ann.tryCasemate('release', 'rollback');
    assert.equal(alone.code, 4, alone.stderr);
    await agree('rollback', 'release/0.4.0');
    const back = await ann.tryCasemate('release', 'rollback');
    assert.equal(back.code, 0, back.stdout + back.stderr);
    assert.equal(await apiVersion(), '0.2.0');
    assert.match(await region.casemate('get', 'organizations'), /after/);
    assert.match(await ann.casemate('release', 'list'), /0\.4\.0 +RolledBack/);
    await region.casemate('release', 'rollback', '--emergency', '--reason', 'nobody is left to ask');
    assert.equal(await apiVersion(), programVersion());
    assert.equal((await status()).current?.folder, PROGRAM_FOLDER);
    assert.match(readFileSync(join(region.data, 'releases/journal.jsonl'), 'utf8'), /nobody is left to ask/);
    assert.match(await region.casemate('ledger', 'verify', '--log', 'changes'), /: verified/);
  });

  test('a release takes over from each of the three before it, none of which need be the last, and each of them comes back', async () => {
    const applied = async (version: string) => {
      await ann.casemate('release', 'plan', version);
      await agree('apply', `release/${version}`);
      const { code, stdout, stderr } = await apply(version);
      assert.equal(code, 0, stdout + stderr);
      assert.equal(await apiVersion(), version);
    };
    const earlier = ['0.5.0', '0.6.0', '0.7.0'];
    await region.casemate('org', 'create', 'kept', '--admin', 'alice', '--out', file('kept'));
    for (const [index, version] of earlier.entries()) await bring(version, { migrations: index });
    await bring('0.8.0', { migrations: earlier.length });
    for (const [index, version] of earlier.entries()) {
      await applied(version);
      await applied('0.8.0');
      const migrated = (await status()).steps.find(({ step }) => step === 'Migrated')?.message ?? '';
      // It goes all the way at once; what was done stays when one goes back.
      if (index === 0) assert.match(migrated, /came forward: \[\d+,\d+,\d+\]/);
      assert.deepEqual((await status()).current?.before[0]?.version, version);
      await region.casemate('release', 'rollback', '--emergency', '--reason', 'to come from another one');
      assert.equal(await apiVersion(), version);
    }
    assert.match(await region.casemate('get', 'organizations'), /kept/);
    assert.match(await region.casemate('ledger', 'verify', '--log', 'changes'), /: verified/);
  });
});
