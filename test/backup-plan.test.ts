/** Backups of what tenants have, in a running region: from a plan to a restore that was tried. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import * as s3 from '@aws-sdk/client-s3';
import {
  ACTING,
  applyAll,
  backUp,
  backupEnded,
  planOf,
  resticAtWork,
  restore,
  startBackup,
} from './support/backups.ts';
import { type ObjectsTenant, objectsTenant } from './support/objects.ts';
import { type Member, member } from './support/project.ts';
import { startRegion, type TestRegion } from './support/region.ts';

const LARGE_BYTES = 24 * 2 ** 20;
/** Keys that clients and paths trip over. */
const ODD_KEYS = ['../up', 'a//b', 'größe ✓ + %41', 'line\nbreak', `long/${'k'.repeat(1_000)}`];

suite('backups of a project', { timeout: 540_000 }, () => {
  let region: TestRegion;
  let acme: ObjectsTenant;
  let ben: Member;

  before(async () => {
    region = await startRegion({ settings: 'incus:\n  mode: none' });
    acme = await objectsTenant(region, 'acme');
    const { admin } = acme;
    const kubeconfig = `${region.scratch}/ben.kubeconfig`;
    await admin.casemate('user', 'create', 'ben', '--role', 'organization-admin', '--out', kubeconfig);
    ben = member(region, kubeconfig);
    for (const name of ['photos', 'archive']) await admin.casemate('bucket', 'create', name);
    await applyAll(admin, [
      ...ACTING,
      planOf('nightly', { what: { buckets: { names: ['photos'] } }, target: { bucket: 'archive' } }),
    ]);
    const sdk = acme.sdk();
    const large = randomBytes(LARGE_BYTES);
    await sdk.send(new s3.PutObjectCommand({ Bucket: 'photos', Key: 'large.bin', Body: large }));
    for (const Key of ODD_KEYS) {
      const [Metadata, Tagging, ContentType] = [{ of: 'a test' }, 'colour=deep%20blue', 'text/plain'];
      await sdk.send(
        new s3.PutObjectCommand({ Bucket: 'photos', Key, Body: Key, Metadata, Tagging, ContentType }),
      );
    }
  });
  after(() => region?.destroy());

  /** What a bucket holds, to be compared. */
  async function contentOf(Bucket: string): Promise<Record<string, unknown>> {
    const sdk = acme.sdk();
    const { Contents = [] } = await sdk.send(new s3.ListObjectsV2Command({ Bucket }));
    const found: Record<string, unknown> = {};
    for (const { Key = '' } of Contents) {
      const [object, tagging] = await Promise.all([
        sdk.send(new s3.GetObjectCommand({ Bucket, Key })),
        sdk.send(new s3.GetObjectTaggingCommand({ Bucket, Key })),
      ]);
      const bytes = (await object.Body?.transformToByteArray()) ?? new Uint8Array(0);
      const digest = createHash('sha256').update(bytes).digest('hex');
      found[Key] = [digest, object.ContentType, object.Metadata, tagging.TagSet];
    }
    return found;
  }

  test('a backup whose engine was killed in the middle goes on by itself, and is whole', async () => {
    const { admin } = acme;
    await startBackup(admin, 'first', 'nightly');
    const { metadata } = JSON.parse(await admin.kubectl('get', 'backups', 'first', '-o', 'json'));
    process.kill(await resticAtWork(metadata.uid), 'SIGKILL');
    const { status } = await backupEnded(admin, 'first');
    assert.deepEqual([status.phase, status.attempts], ['Succeeded', 2], JSON.stringify(status.conditions));
    assert.ok((status.bytes ?? 0) > LARGE_BYTES);
  });

  test('a second backup adds only what is new', async () => {
    await acme.sdk().send(new s3.PutObjectCommand({ Bucket: 'photos', Key: 'new.txt', Body: 'new' }));
    const { status } = await backUp(acme.admin, 'second', 'nightly');
    assert.equal(status.phase, 'Succeeded');
    assert.ok((status.added ?? LARGE_BYTES) < LARGE_BYTES / 2, `${status.added} of ${status.bytes}`);
  });

  test('it comes back as it was, to another bucket and in place', async () => {
    const { admin } = acme;
    const was = await contentOf('photos');
    const sdk = acme.sdk();
    await sdk.send(new s3.DeleteObjectCommand({ Bucket: 'photos', Key: 'large.bin' }));
    await sdk.send(new s3.PutObjectCommand({ Bucket: 'photos', Key: 'a//b', Body: 'changed' }));
    await sdk.send(new s3.PutObjectCommand({ Bucket: 'photos', Key: 'zzz', Body: 'came since' }));
    const { status } = await restore(admin, 'both', {
      backup: 'second',
      items: [
        { kind: 'buckets', name: 'photos', as: 'photos-again' },
        { kind: 'buckets', name: 'photos', inPlace: true },
      ],
    });
    assert.equal(status.phase, 'Succeeded', JSON.stringify(status));
    assert.deepEqual(await contentOf('photos-again'), was);
    assert.deepEqual(await contentOf('photos'), was);
  });

  test('nothing is restored over something, and nothing with another password', async () => {
    const { admin } = acme;
    const over = await restore(admin, 'over', {
      backup: 'second',
      items: [{ kind: 'buckets', name: 'photos' }],
    });
    assert.equal(over.status.phase, 'Failed');
    assert.match(over.status.items[0]?.message ?? '', /there is a bucket "photos" already/);
    const secret = JSON.parse(await admin.kubectl('get', 'secret', 'nightly-backup-password', '-o', 'json'));
    const patch = (password: string) =>
      admin.kubectl(
        'patch',
        'secret',
        'nightly-backup-password',
        '--type=merge',
        '-p',
        JSON.stringify({ data: { password } }),
      );
    await patch(Buffer.from('another').toString('base64'));
    const refused = await restore(admin, 'refused', { backup: 'second', test: true });
    assert.deepEqual(
      [refused.status.phase, refused.status.conditions[0]?.reason],
      ['Failed', 'WrongPassword'],
    );
    await patch(secret.data.password);
  });

  test('inside its retention a backup is deleted by two people, and then nothing of it is left', async () => {
    const { admin } = acme;
    const alone = await admin.tryCasemate('delete', 'backup', 'first');
    assert.match(alone.stderr, /delete takes the approval of 1 person other than you/);
    const asked = await admin.casemate(
      'approval',
      'request',
      'delete',
      'backup/first',
      '--project',
      'default',
      '--reason',
      'it is too much',
    );
    await ben.casemate('approval', 'approve', /\/(\S+) created/.exec(asked)?.[1] ?? '');
    await admin.casemate('delete', 'backup', 'first');
    await admin.kubectl('wait', '--for=delete', 'backup.backup.casemate.internal/first', '--timeout=120s');
    await admin.kubectl('wait', '--for=jsonpath={.status.prunedAt}', 'backupplan/nightly', '--timeout=120s');
    const kept = await restore(admin, 'kept', {
      backup: 'second',
      items: [{ kind: 'buckets', name: 'photos', as: 'photos-kept' }],
    });
    assert.equal(kept.status.phase, 'Succeeded', JSON.stringify(kept.status));
  });

  test('a restore test passes, and fails once the repository is damaged; either is evidence', async () => {
    const { admin } = acme;
    const said = await admin.casemate('backup-plan', 'test', 'second');
    assert.match(
      said,
      /is Succeeded: \d+ bytes of 1 items were read back as they were saved; the repository is whole/,
    );
    const sdk = acme.sdk();
    const Prefix = 'default/nightly/data/';
    const { Contents = [] } = await sdk.send(new s3.ListObjectsV2Command({ Bucket: 'archive', Prefix }));
    const largest = Contents.toSorted((one, other) => (other.Size ?? 0) - (one.Size ?? 0))[0];
    const at = { Bucket: 'archive', Key: largest?.Key ?? '' };
    const pack = await (await sdk.send(new s3.GetObjectCommand(at))).Body?.transformToByteArray();
    assert.ok(pack !== undefined);
    pack[5_000] = ((pack[5_000] ?? 0) + 1) % 256;
    await sdk.send(new s3.PutObjectCommand({ ...at, Body: pack }));
    const failed = await restore(admin, 'tried-again', { backup: 'second', test: true });
    assert.deepEqual([failed.status.phase, failed.status.control], ['Failed', 'SecNumCloud-3.2:12.5.c']);
    assert.match(failed.status.conditions[0]?.message ?? '', /damaged/);
  });
});
