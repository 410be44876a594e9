import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { isStatusError } from '#kernel/errors.ts';
import { Bucket } from '#services/objects/bucket/bucket.ts';
import { Secret } from '#services/tenancy/secret.ts';
import { ServiceAccount } from '#trust/identity/service-accounts/service-account.ts';
import { ACME } from '#trust/testing/fixture.ts';
import { BackupPlan } from './plan/backup-plan.ts';
import { Restore } from './restore/restore.ts';
import { Backup } from './run/backup.ts';
import { backupWorld, PROJECT, planned } from './testing/world.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

async function world(t: TestContext, spec?: object) {
  const made = await backupWorld();
  t.after(() => made.close());
  await planned(made, spec);
  return made;
}
const names = (objects: readonly { readonly metadata: { readonly name: string } }[]) =>
  objects.map(({ metadata }) => metadata.name);

test('by schedule a backup is made at its time, once for all that was missed, and the target itself never', async (t) => {
  const here = await world(t, { schedule: { every: 'day', at: '02:30' } });
  const { clock } = here.region;
  await here.settle();
  assert.deepEqual(names(await here.backups()), []);
  assert.equal((await here.plan())?.status?.nextAt, '2026-01-01T02:30:00Z');
  await clock.leap(3 * HOUR_MS);
  await here.settle();
  assert.deepEqual(names(await here.backups()), ['nightly-202601010230']);
  const [first] = await here.backups();
  assert.deepEqual(
    first?.status?.items?.map(({ kind, name, phase }) => [kind, name, phase]),
    [['buckets', 'photos', 'Saved']],
  );
  assert.deepEqual(here.shelf.paths, ['/buckets/lab/photos.tar']);
  await clock.leap(3 * DAY_MS);
  await here.settle();
  assert.deepEqual(names(await here.backups()), ['nightly-202601010230', 'nightly-202601040230']);
  assert.equal((await here.backups())[1]?.status?.added, 0);
  assert.equal(here.texts.held.size, 0);
});

test('what is over its time goes by itself, and the newest stays for as long as there is a plan', async (t) => {
  const here = await world(t, { retention: { days: 7, keepLast: 1 } });
  const { clock } = here.region;
  await here.make(Backup, 'one', { plan: 'nightly' });
  await here.settle();
  assert.equal((await here.backup('one'))?.status?.retainUntil, '2026-01-08T00:00:00Z');
  await clock.leap(DAY_MS);
  await here.make(Backup, 'two', { plan: 'nightly' });
  await here.settle();
  await clock.leap(20 * DAY_MS);
  await here.settle();
  assert.deepEqual(names(await here.backups()), ['two']);
  assert.deepEqual([here.shelf.paths.length, here.shelf.pruned], [1, 1]);
  await here.remove(BackupPlan, 'nightly');
  await here.settle();
  assert.deepEqual([names(await here.backups()), here.shelf.kept.size, here.shelf.pruned], [[], 0, 2]);
});

test('nobody alone deletes a backup inside its retention, takes its finalizer, or shortens it by changing the plan', async (t) => {
  const here = await world(t);
  await here.make(Backup, 'one', { plan: 'nightly' });
  await here.settle();
  await assert.rejects(here.remove(Backup, 'one'), /delete takes the approval of 1 person other than you/);
  const { realms } = here.region;
  const at = { namespace: PROJECT, name: 'one' };
  await assert.rejects(
    realms.use(ACME, ({ resources }) =>
      resources.modify(Backup, at, { ...here.region.context(ACME), actor: here.alice }, (now) => ({
        ...now,
        metadata: { ...now.metadata, finalizers: [] },
      })),
    ),
    /goes by itself, once nothing of it is in the repository/,
  );
  await assert.rejects(here.remove(BackupPlan, 'nope'), (error) => isStatusError(error, 'NotFound'));
  await here.remove(BackupPlan, 'nightly');
  await here.settle();
  assert.equal((await here.backup('one'))?.status?.retained, true);
});

test('a restore test is made at its time, is evidence in the plan, and fails when what lies there is another thing', async (t) => {
  const here = await world(t, { restoreTest: { every: 'week', at: '00:00', on: 'Friday' } });
  const { clock } = here.region;
  await here.make(Backup, 'one', { plan: 'nightly' });
  await here.settle();
  await clock.leap(2 * DAY_MS);
  await here.settle();
  assert.deepEqual(names(await here.restores()), ['nightly-test-202601020000']);
  const passed = (await here.plan())?.status?.lastRestoreTest;
  assert.deepEqual(
    [passed?.passed, passed?.backup, passed?.control],
    [true, 'one', 'SecNumCloud-3.2:12.5.c'],
  );
  here.shelf.damage('/buckets/lab/photos.tar');
  await clock.leap(7 * DAY_MS);
  await here.settle();
  const { lastRestoreTest, conditions = [] } = (await here.plan())?.status ?? {};
  assert.equal(lastRestoreTest?.passed, false);
  assert.match(lastRestoreTest?.message ?? '', /what was read is not what was saved/);
  assert.equal(conditions.find(({ type }) => type === 'RestoreTested')?.status, 'False');
});

test('a target that does not answer is tried again for a quarter of an hour; then the run has failed, and the next one goes well', async (t) => {
  const here = await world(t);
  here.shelf.failing = 'Unreachable';
  await here.make(Backup, 'one', { plan: 'nightly' });
  await here.settle();
  const { status } = (await here.backup('one')) ?? {};
  assert.deepEqual(
    [status?.phase, status?.attempts, status?.conditions?.[0]?.reason],
    ['Failed', 5, 'Unreachable'],
  );
  here.shelf.failing = undefined;
  await here.make(Backup, 'two', { plan: 'nightly' });
  await here.settle();
  assert.equal((await here.backup('two'))?.status?.phase, 'Succeeded');
  // Nothing of it was saved, so nobody else is asked.
  await here.remove(Backup, 'one');
  await here.settle();
  assert.deepEqual(names(await here.backups()), ['two']);
});

test('what cannot be read is named, the rest is saved, and can be restored by place and password alone', async (t) => {
  const here = await world(t);
  await here.make(Bucket, 'locked-away', {});
  await here.make(Backup, 'one', { plan: 'nightly' });
  await here.settle();
  const { status } = (await here.backup('one')) ?? {};
  assert.equal(status?.phase, 'Incomplete');
  assert.match(status?.conditions?.[0]?.message ?? '', /buckets\/locked-away: locked-away cannot be read/);
  here.texts.texts.set('photos', 'gone');
  await here.make(Restore, 'elsewhere', {
    repository: { target: { bucket: 'archive', prefix: 'lab/nightly' }, password: 'nightly-backup-password' },
    serviceAccount: 'backup',
    items: [{ kind: 'buckets', name: 'photos', as: 'photos-2' }],
  });
  await here.settle();
  assert.equal((await here.restore('elsewhere'))?.status?.phase, 'Succeeded');
  assert.equal(here.texts.texts.get('photos-2'), 'as they were');
});

test('the password is made once, never another one after that, and with another one nothing opens', async (t) => {
  const here = await world(t);
  await here.make(Backup, 'one', { plan: 'nightly' });
  await here.settle();
  const { realms } = here.region;
  const at = { namespace: PROJECT, name: 'nightly-backup-password' };
  const read = () =>
    realms.use(ACME, ({ view }) => view.get(Secret, at) as unknown as { data: { password: string } });
  const made = Buffer.from((await read()).data.password, 'base64').toString();
  assert.deepEqual([made.length, made], [43, here.shelf.password]);
  await here.remove(Secret, at.name);
  await here.settle();
  assert.equal((await here.plan())?.status?.conditions?.[0]?.reason, 'SecretMissing');
  await here.region.make(
    ACME,
    Secret,
    { metadata: { name: at.name }, stringData: { password: 'another' } },
    PROJECT,
  );
  await here.make(Backup, 'two', { plan: 'nightly' });
  await here.settle();
  assert.equal((await here.backup('two'))?.status?.conditions?.[0]?.reason, 'WrongPassword');
});

test('who may not have the service account’s tokens neither plans with it nor restores as it', async (t) => {
  const here = await world(t);
  const { region } = here;
  await here.make(Backup, 'one', { plan: 'nightly' });
  await here.settle();
  await region.bind(ACME, 'viewer', 'project-viewer', 'vera', PROJECT);
  const vera = await region.person(ACME, 'vera');
  const plan = { what: { buckets: {} }, target: { bucket: 'archive' }, serviceAccount: 'backup' };
  await assert.rejects(here.make(BackupPlan, 'hers', plan, vera), /serviceaccounts\/token/);
  await assert.rejects(here.make(Restore, 'hers', { backup: 'one' }, vera), /serviceaccounts\/token/);
});

test('a plan that makes no sense is refused with what would', async (t) => {
  const here = await world(t);
  const refused = async (spec: object, pattern: RegExp) => {
    const plan = { what: { buckets: {} }, target: { bucket: 'archive' }, serviceAccount: 'backup', ...spec };
    await assert.rejects(here.make(BackupPlan, 'odd', plan), pattern);
  };
  await refused({ what: {} }, /spec\.what: selects nothing/);
  await refused({ target: {} }, /spec\.target: takes either bucket.* or s3/);
  await refused({ serviceAccount: 'nobody' }, /there is no service account "nobody"/);
  await refused({ schedule: { every: 'day', at: '25:00' } }, /spec\.schedule\.at/);
  await refused({ schedule: { every: 'day', at: '01:00', on: 'Monday' } }, /only with every: week/);
  await refused(
    { target: { s3: { endpoint: 'http://plain:80', bucket: 'abc', secret: 'keys' } } },
    /spec\.target\.s3\.endpoint/,
  );
  await assert.rejects(here.make(Backup, 'odd', { plan: 'nope' }), /there is no BackupPlan "nope"/);
  await assert.rejects(here.make(Restore, 'odd', { backup: 'nope' }), /there is no Backup "nope"/);
});

test('without its service account a plan says so before a run fails for it', async (t) => {
  const here = await world(t);
  await here.remove(ServiceAccount, 'backup');
  await here.settle();
  assert.equal((await here.plan())?.status?.conditions?.[0]?.reason, 'NoServiceAccount');
});
