import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ActionConnector } from '#kernel/connect.ts';
import { isStatusError, type StatusReason } from '#kernel/errors.ts';
import { ApprovalRequest } from '#trust/approvals/approval-request.ts';
import { ACME, RIVAL } from '#trust/testing/fixture.ts';
import { Project } from '#trust/testing/kinds.ts';
import { bindIn, type ObjectsWorld, objectsWorld, PROJECT } from '../testing/world.ts';
import { Bucket } from './bucket.ts';
import { ERASE_ANNOTATION } from './erasing.ts';

const LOCK = { versioning: 'enabled', objectLock: { enabled: true } } as const;

describe('a bucket', () => {
  let world: ObjectsWorld;
  before(async () => {
    world = await objectsWorld();
  });
  after(() => world.close());

  const refused = (work: Promise<unknown>, reason: StatusReason, message: RegExp) =>
    assert.rejects(work, (error) => {
      assert.ok(isStatusError(error, reason), String(error));
      assert.match(error.message, message);
      return true;
    });
  const change = (name: string, spec: object) =>
    world.patch(Bucket, name, (current) => ({ ...current, spec: { ...(current.spec as object), ...spec } }));

  const fill = (name: string) =>
    world.region.realms.use(ACME, ({ resources }) =>
      resources.modify(
        Bucket,
        { namespace: PROJECT, name },
        world.region.context(ACME),
        (current) => ({
          ...current,
          status: { ...current.status, usage: { bytes: 7, objects: 2, observedAt: '2026-01-01T00:00:00Z' } },
        }),
        { subresource: 'status' },
      ),
    );
  const annotate = (name: string, value: string) =>
    world.patch(Bucket, name, (current) => ({
      ...current,
      metadata: { ...current.metadata, annotations: { [ERASE_ANNOTATION]: value } },
    }));

  it('is made with nothing said: no versions, closed to everybody outside', async () => {
    const { spec } = await world.bucket('plain');
    assert.deepEqual(spec, {
      versioning: 'off',
      publicAccessBlock: {
        blockPublicAcls: true,
        ignorePublicAcls: true,
        blockPublicPolicy: true,
        restrictPublicBuckets: true,
      },
    });
  });

  it('has a name that S3 allows', async () => {
    for (const name of ['ab', '192.168.0.1', 'xn--bucket', 'a..b', 'x'.repeat(64)]) {
      await refused(world.bucket(name), 'Invalid', /metadata\.name/);
    }
  });

  it('has a name that no other project of the organization has, and another organization may', async () => {
    await world.bucket('taken');
    const { region, alice } = world;
    await region.make(ACME, Project, { metadata: { name: 'other' } });
    const again = region.makeAs(alice, Bucket, { metadata: { name: 'taken' }, spec: {} }, 'other');
    await refused(again, 'AlreadyExists', /"taken" already exists in project "lab".*choose another/);
    await region.make(RIVAL, Project, { metadata: { name: 'other' } });
    await region.make(RIVAL, Bucket, { metadata: { name: 'taken' }, spec: {} }, 'other');
  });

  it('keeps its versions and its lock for good', async () => {
    await world.bucket('archive', {
      ...LOCK,
      objectLock: { enabled: true, defaultRetention: { mode: 'COMPLIANCE', years: 10 } },
    });
    await refused(
      change('archive', { versioning: 'suspended' }),
      'Invalid',
      /spec\.versioning.*InvalidBucketState/,
    );
    await refused(change('archive', { versioning: 'off' }), 'Invalid', /spec\.versioning/);
    await refused(change('archive', { objectLock: undefined }), 'Invalid', /spec\.objectLock\.enabled/);
    await refused(
      change('archive', { objectLock: { enabled: true, defaultRetention: { mode: 'COMPLIANCE' } } }),
      'Invalid',
      /either days or years/,
    );
  });

  it('has lifecycle and CORS rules that mean something', async () => {
    const rules: readonly [object, RegExp][] = [
      [{ lifecycle: [{ id: 'nothing', enabled: true }] }, /lifecycle\[0\]\.id: does nothing/],
      [
        { lifecycle: [{ id: 'two', expiration: { days: 1, expiredObjectDeleteMarker: true } }] },
        /exactly one/,
      ],
      [
        {
          lifecycle: [
            {
              id: 'tags',
              filter: { tags: { a: 'b' } },
              abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
            },
          ],
        },
        /lifecycle\[0\]\.filter/,
      ],
      [
        { lifecycle: [{ id: 'day', expiration: { date: '2027-01-31' } }] },
        /lifecycle\[0\]\.expiration\.date/,
      ],
      [{ cors: [{ allowedOrigins: ['https://*.*'], allowedMethods: ['GET'] }] }, /more than one \*/],
      [{ logging: { targetBucket: 'rules', prefix: '' } }, /logging\.targetBucket/],
    ];
    for (const [spec, message] of rules) await refused(world.bucket('rules', spec), 'Invalid', message);
    await world.bucket('rules', {
      lifecycle: [{ id: 'logs', filter: { prefix: 'logs/' }, expiration: { days: 30 } }],
      cors: [{ allowedOrigins: ['https://*.example'], allowedMethods: ['GET', 'PUT'] }],
      quota: { bytes: '10Gi', objects: 1_000 },
      tags: { team: 'research' },
    });
  });

  it('opens to everybody by a policy only where nothing stands against that', async () => {
    const statement = {
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::site/*',
    };
    const policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await refused(world.bucket('site', { policy }), 'Forbidden', /blockPublicPolicy/);
    await world.bucket('site', { policy, publicAccessBlock: { blockPublicPolicy: false } });
    await refused(
      change('site', { policy: policy.replace('site', 'other') }),
      'Invalid',
      /spec\.policy: .*Resource/,
    );
  });

  it('is not deleted while it is known to hold objects', async () => {
    await world.bucket('full');
    await fill('full');
    await refused(world.remove(Bucket, 'full'), 'Conflict', /not empty \(BucketNotEmpty\): 2 versions/);
  });

  it('goes with what is in it only after somebody else has agreed to that, and never where objects are locked', async () => {
    await world.bucket('scratch');
    // Somebody who could agree.
    await world.region.bind(ACME, 'bob', 'organization-admin', 'bob');
    await refused(
      annotate('scratch', 'scratch'),
      'Forbidden',
      /erase takes the approval of 1 person other than you/,
    );
    await refused(annotate('scratch', 'another'), 'Forbidden', /approval/);
    await world.bucket('vault', LOCK);
    await refused(annotate('vault', 'vault'), 'Forbidden', /approval|goes only when it is empty/);
    const made = world.region.makeAs(
      world.alice,
      Bucket,
      { metadata: { name: 'born', annotations: { [ERASE_ANNOTATION]: 'born' } }, spec: {} },
      PROJECT,
    );
    await refused(made, 'Invalid', /holds nothing to erase/);
  });

  it('may go with what is in it once somebody else has agreed', async () => {
    const { region, alice } = world;
    const bob = await region.person(ACME, 'bob');
    const { metadata } = await world.bucket('rubbish');
    await fill('rubbish');
    await refused(world.remove(Bucket, 'rubbish'), 'Conflict', /BucketNotEmpty/);
    const target = { resource: Bucket.resource, namespace: PROJECT, name: 'rubbish', uid: metadata.uid };
    const expiresAt = new Date(region.clock.now() + 60_000).toISOString();
    const why = { reasonCode: 'end-of-use', reason: 'nobody needs it any more' };
    const object = await region.makeAs(alice, ApprovalRequest, {
      metadata: { name: 'erase-rubbish' },
      spec: { target, transition: 'erase', ...why, expiresAt },
    });
    const approve = region.connectors[`${ApprovalRequest.resource}/approve`] as ActionConnector;
    const [query, { signal }] = [new URLSearchParams(), new AbortController()];
    await approve.call({ realm: ACME, actor: bob, object, query, signal, body: {}, requestId: 'approve' });
    await annotate('rubbish', 'rubbish');
    await world.remove(Bucket, 'rubbish');
    assert.ok((await world.read('rubbish'))?.metadata.deletionTimestamp);
  });

  it('keeps the finalizer that holds it back, whatever people do', async () => {
    const { metadata } = await world.bucket('held');
    assert.deepEqual(metadata.finalizers, ['objects.casemate.internal/objects']);
    const without = world.patch(Bucket, 'held', (current) => ({
      ...current,
      metadata: { ...current.metadata, finalizers: [] },
    }));
    await refused(without, 'Invalid', /metadata\.finalizers/);
  });

  it('has objects that roles open: editors write, viewers read, and only administrators pass over locks', async () => {
    const { region } = world;
    for (const [name, role] of [
      ['ed', 'project-editor'],
      ['vi', 'project-viewer'],
    ] as const)
      await bindIn(world, name, role);
    const people = {
      alice: world.alice,
      ed: await region.person(ACME, 'ed'),
      vi: await region.person(ACME, 'vi'),
      nobody: await region.person(ACME, 'nobody'),
    };
    const opens = async (verb: 'get' | 'create' | 'update', subresource: string) => {
      const allowed: string[] = [];
      for (const [name, actor] of Object.entries(people)) {
        const where = { namespace: PROJECT, name: 'plain', subresource };
        if (await region.may(actor, verb, Bucket.resource, where)) allowed.push(name);
      }
      return allowed;
    };
    assert.deepEqual(await opens('get', 'objects'), ['alice', 'ed', 'vi']);
    assert.deepEqual(await opens('create', 'objects'), ['alice', 'ed']);
    assert.deepEqual(await opens('get', 'retention'), ['alice', 'ed', 'vi']);
    assert.deepEqual(await opens('update', 'retention'), ['alice', 'ed']);
    assert.deepEqual(await opens('update', 'governance'), ['alice']);
  });
});
