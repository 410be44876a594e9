/** Backups when a region is killed, and when it is gone: its projects come back in another one, with the repository's place and password. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import * as s3 from '@aws-sdk/client-s3';
import {
  ACTING,
  applyAll,
  backUp,
  backupEnded,
  planOf,
  processesOf,
  resticAtWork,
  restore,
  startBackup,
} from './support/backups.ts';
import { type ObjectsTenant, objectsTenant } from './support/objects.ts';
import { startRegion, type TestRegion } from './support/region.ts';

const SETTINGS = 'incus:\n  mode: none';

suite('backups on another site', { timeout: 540_000 }, () => {
  let here: TestRegion;
  let there: TestRegion;
  let acme: ObjectsTenant;
  let other: ObjectsTenant;

  before(async () => {
    here = await startRegion({ name: 'here', settings: SETTINGS });
    there = await startRegion({ name: 'there', settings: SETTINGS });
    acme = await objectsTenant(here, 'acme');
    other = await objectsTenant(there, 'acme');
  });
  after(async () => {
    await here?.destroy();
    await there?.destroy();
  });

  const secret = (name: string, stringData: object) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name },
    stringData,
  });

  test('a region that is killed in the middle of a backup goes on with it, and leaves nothing at work', async () => {
    const { admin } = acme;
    for (const name of ['large', 'archive']) await admin.casemate('bucket', 'create', name);
    const Body = randomBytes(64 * 2 ** 20);
    await acme.sdk().send(new s3.PutObjectCommand({ Bucket: 'large', Key: 'large.bin', Body }));
    const plan = { what: { buckets: { names: ['large'] } }, target: { bucket: 'archive' } };
    await applyAll(admin, [...ACTING, planOf('own', plan)]);
    await startBackup(admin, 'killed', 'own');
    const { metadata } = JSON.parse(
      await admin.kubectl('get', 'backup.backup.casemate.internal', 'killed', '-o', 'json'),
    );
    const restic = await resticAtWork(metadata.uid);
    const [region = 0] = processesOf(
      (words) => words.includes(here.data) && words.some((word) => word.endsWith('/src/region/process.ts')),
    );
    process.kill(region, 'SIGKILL');
    while (processesOf((words) => words.includes(`run:${metadata.uid}`)).includes(restic))
      await new Promise((resolve) => setImmediate(resolve));
    await here.up();
    const { status } = await backupEnded(admin, 'killed');
    assert.deepEqual([status.phase, status.attempts], ['Succeeded', 2], JSON.stringify(status));
    const tried = await admin.casemate('backup-plan', 'test', 'killed');
    assert.match(tried, /is Succeeded/);
  });

  test('what was saved on another site is restored there after the first region was destroyed', async () => {
    await other.admin.casemate('bucket', 'create', 'from-here');
    for (const name of ['notes', 'plans']) await acme.admin.casemate('bucket', 'create', name);
    const put = (Bucket: string, Body: string) =>
      acme.sdk().send(new s3.PutObjectCommand({ Bucket, Key: 'a/b', Body, Metadata: { of: Body } }));
    await put('notes', 'as it was');
    await put('plans', 'not asked for');
    await applyAll(acme.admin, [
      ...ACTING,
      secret('there', {
        accessKeyId: other.keys.accessKeyId,
        secretAccessKey: other.keys.secretAccessKey,
        'ca.crt': other.ca,
      }),
      planOf('away', {
        what: { buckets: { names: ['notes', 'plans'] } },
        target: { s3: { endpoint: other.endpoint, bucket: 'from-here', secret: 'there' } },
      }),
    ]);
    for (const name of ['one', 'two']) {
      const { status } = await backUp(acme.admin, name, 'away');
      assert.equal(status.phase, 'Succeeded', JSON.stringify(status));
    }
    const kept = JSON.parse(await acme.admin.kubectl('get', 'secret', 'away-backup-password', '-o', 'json'));
    const password = Buffer.from(kept.data.password, 'base64').toString();
    await here.destroy();

    const repository = (name: string) => ({
      target: { bucket: 'from-here', prefix: 'default/away' },
      password: name,
      project: 'default',
    });
    await applyAll(other.admin, [
      ...ACTING,
      secret('right', { password }),
      secret('wrong', { password: 'wrong' }),
    ]);
    const wanted = {
      serviceAccount: 'backup',
      items: [{ kind: 'buckets', name: 'notes', as: 'notes-again' }],
    };
    const refused = await restore(other.admin, 'refused', { repository: repository('wrong'), ...wanted });
    assert.equal(refused.status.conditions[0]?.reason, 'WrongPassword');
    const back = await restore(other.admin, 'back', { repository: repository('right'), ...wanted });
    assert.equal(back.status.phase, 'Succeeded', JSON.stringify(back.status));
    const read = await other.sdk().send(new s3.GetObjectCommand({ Bucket: 'notes-again', Key: 'a/b' }));
    assert.deepEqual(
      [await read.Body?.transformToString(), read.Metadata],
      ['as it was', { of: 'as it was' }],
    );
  });
});
