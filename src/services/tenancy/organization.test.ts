import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { isStatusError } from '#kernel/errors.ts';
import type { WrappedKeyStorage } from '#kernel/keys.ts';
import { encodeVkey } from '#kernel/log/note.ts';
import type { DraftObject } from '#kernel/object.ts';
import { organizationRealm, REGION } from '#kernel/realm-id.ts';
import { getCondition } from '#kernel/reconcile/conditions.ts';
import { RoleBinding } from '#trust/access/role-binding.ts';
import { ClientCertificate } from '#trust/identity/client-certificate.ts';
import { memoryKeyStorage } from '#trust/keys/memory-key-storage.ts';
import { Event, type EventObject } from './event.ts';
import { Namespace } from './namespace.ts';
import { CONFIRM_DELETION, Organization } from './organization.ts';
import { openTestRegion, signingRequest, type TestRegion, Widget } from './testing/region.ts';

const NAME = 'ministry';
const REALM = organizationRealm(NAME);

function read(region: TestRegion, name = NAME) {
  return region.inRealm(REGION, ({ view }) => view.get(Organization, { name }));
}

function requestDeletion(region: TestRegion, name = NAME) {
  return region.inRealm(REGION, ({ resources }) =>
    resources.delete(Organization, { name }, region.as(REGION, 'operator')),
  );
}

async function confirm(region: TestRegion, name = NAME): Promise<void> {
  await region.inRealm(REGION, ({ resources }) =>
    resources.modify(Organization, { name }, region.as(REGION, 'operator'), (current) => ({
      ...current,
      metadata: { ...current.metadata, annotations: { [CONFIRM_DELETION]: name } },
    })),
  );
}

describe('an organization', () => {
  let region: TestRegion;
  before(async () => {
    region = await openTestRegion();
    await region.createOrganization(NAME);
  });
  after(() => region.close());

  it('is a realm of its own with one administrator, who is let in by the certificate in its status', async () => {
    const { status } = (await read(region)) ?? assert.fail('gone');
    assert.equal(status?.path, '/orgs/ministry');
    assert.deepEqual(
      status?.conditions?.map(({ type, status, reason, message }) => ({ type, status, reason, message })),
      [{ type: 'Ready', status: 'True', reason: 'Ready', message: 'its API is at /orgs/ministry' }],
    );
    const { certificate, serial, notAfter } = status?.firstAdministrator ?? assert.fail('not let in');
    const parsed = new X509Certificate(certificate);
    assert.match(parsed.subject, /CN=alice/);
    assert.equal(parsed.serialNumber.toLowerCase(), serial);
    assert.equal(Date.parse(parsed.validTo), Date.parse(notAfter));
    await region.inRealm(REALM, ({ view, uid }) => {
      assert.equal(uid, status?.realmUid);
      assert.deepEqual(
        view.list(Namespace).map(({ metadata, status }) => [metadata.name, status?.phase]),
        [['default', 'Active']],
      );
      assert.deepEqual(
        view.list(RoleBinding).map(({ spec }) => spec),
        [{ role: 'organization-admin', subjects: [{ kind: 'User', name: 'alice' }] }],
      );
      assert.equal(view.list(ClientCertificate)[0]?.status?.certificate, certificate);
    });
  });

  it('begins with its first project, role and signed certificate, each one leaf of its ledger', async () => {
    await region.inRealm(REALM, ({ view }) => {
      const kinds = [Namespace, RoleBinding, ClientCertificate];
      const revisions = kinds.flatMap((kind) => view.list(kind).map((one) => one.metadata.resourceVersion));
      assert.deepEqual(revisions.sort(), ['2', '3', '4']);
      assert.equal(view.revision, 4);
    });
  });

  it('publishes the keys that verify its ledger', async () => {
    const { logs } = await region.keyring.open(REALM);
    assert.deepEqual((await read(region))?.status?.ledger, {
      changes: encodeVkey('test.casemate.internal/orgs/ministry/changes', logs.changes.publicKey),
      access: encodeVkey('test.casemate.internal/orgs/ministry/access', logs.access.publicKey),
    });
  });

  it('is never entered by the region again: what its administrator revoked stays revoked', async () => {
    await region.inRealm(REALM, async ({ resources }) => {
      const context = region.test.context(REALM);
      await resources.delete(ClientCertificate, { name: 'first-administrator' }, context);
      await resources.delete(RoleBinding, { name: 'first-administrator' }, context);
      await resources.delete(Namespace, { name: 'default' }, context);
    });
    await region.inRealm(REGION, ({ resources }) =>
      resources.modify(Organization, { name: NAME }, region.as(REGION, 'operator'), (current) => ({
        ...current,
        spec: { ...current.spec, displayName: 'Ministry of Finance' },
      })),
    );
    await region.until(async () => (await read(region))?.status?.observedGeneration === 2);
    await region.inRealm(REALM, ({ view }) => {
      assert.equal(view.count(ClientCertificate), 0);
      assert.equal(view.count(RoleBinding), 0);
      assert.equal(view.count(Namespace), 0);
    });
  });

  it('has a status that no operator can write, so that nobody can be let in a second time', async () => {
    const forge = region.inRealm(REGION, ({ resources }) =>
      resources.modify(
        Organization,
        { name: NAME },
        region.as(REGION, 'operator'),
        (current) => ({ ...current, status: {} }),
        { subresource: 'status' },
      ),
    );
    await assert.rejects(
      forge,
      (error) => isStatusError(error, 'Forbidden') && /written by the region alone/.test(error.message),
    );
  });

  it('cannot get another first administrator', async () => {
    const request = await signingRequest();
    const change = region.inRealm(REGION, ({ resources }) =>
      resources.modify(Organization, { name: NAME }, region.as(REGION, 'operator'), (current) => ({
        ...current,
        spec: { ...current.spec, firstAdministrator: { user: 'mallory', request } },
      })),
    );
    await assert.rejects(
      change,
      (error) => isStatusError(error, 'Invalid') && /immutable/.test(error.message),
    );
  });

  it('says in events what was done for it', async () => {
    await region.inRealm(REGION, ({ view }) => {
      assert.deepEqual(
        view.list(Event).map((stored) => {
          const { metadata, reason, involvedObject, count, type } = stored as unknown as EventObject;
          return { namespace: metadata.namespace, reason, name: involvedObject.name, count, type };
        }),
        [{ namespace: 'default', reason: 'RealmCreated', name: NAME, count: 1, type: 'Normal' }],
      );
    });
  });
});

describe('creating an organization', () => {
  let region: TestRegion;
  before(async () => {
    region = await openTestRegion();
  });
  after(() => region.close());

  const create = (draft: DraftObject) =>
    region.inRealm(REGION, ({ resources }) =>
      resources.create(Organization, undefined, draft, region.as(REGION, 'operator')),
    );

  it('refuses names that are no DNS label of 40 characters, or are reserved', async () => {
    const spec = { firstAdministrator: { user: 'alice', request: 'x' } };
    for (const name of ['1st', 'a.b', 'x'.repeat(41), 'system', 'kube-system']) {
      await assert.rejects(
        create({ metadata: { name }, spec }),
        (error) => isStatusError(error, 'Invalid') && error.details?.causes?.[0]?.field === 'metadata.name',
        name,
      );
    }
  });

  it('refuses an administrator whose name is ours', async () => {
    const spec = { firstAdministrator: { user: 'system:masters', request: 'x' } };
    await assert.rejects(
      create({ metadata: { name: 'a' }, spec }),
      (error) =>
        isStatusError(error, 'Invalid') &&
        error.details?.causes?.[0]?.field === 'spec.firstAdministrator.user',
    );
  });

  it('says what is wrong with a signing request, and what to do; then it goes without confirmation', async () => {
    await region.createOrganization('broken', 'not a request');
    const organization = await read(region, 'broken');
    const ready = getCondition(organization?.status?.conditions, 'Ready');
    assert.equal(ready?.status, 'False');
    assert.equal(ready?.reason, 'MalformedRequest');
    assert.match(
      ready?.message ?? '',
      /^the first administrator's signing request was refused: .* Delete the organization and create it again/,
    );
    assert.equal(organization?.status?.firstAdministrator, undefined);
    await requestDeletion(region, 'broken');
    await region.until(async () => (await read(region, 'broken')) === undefined);
    assert.equal(await region.test.realms.exists('/orgs/broken'), false);
  });

  it('makes many at once', async () => {
    const names = Array.from({ length: 30 }, (_, i) => `org-${i}`);
    const request = await signingRequest();
    await Promise.all(names.map((name) => region.createOrganization(name, request)));
    for (const name of names) assert.ok((await read(region, name))?.status?.firstAdministrator, name);
  });
});

describe('deleting an organization', () => {
  let region: TestRegion;
  before(async () => {
    region = await openTestRegion();
    await region.createOrganization(NAME);
    await region.inRealm(REALM, async ({ resources }) => {
      const alice = region.as(REALM, 'alice');
      await resources.create(Namespace, undefined, { metadata: { name: 'web' } }, alice);
      for (const name of ['a', 'b'])
        await resources.create(Widget, 'web', { metadata: { name }, spec: {} }, alice);
    });
    await region.controllers.idle();
    assert.equal(region.engine.held.size, 2);
  });
  after(() => region.close());

  it('needs a confirmation that names it, and says how to give it', async () => {
    await assert.rejects(
      requestDeletion(region),
      (error) =>
        isStatusError(error, 'Forbidden') &&
        error.message.includes(
          'kubectl annotate organization ministry casemate.internal/confirm-deletion=ministry',
        ),
    );
    assert.equal((await read(region))?.metadata.deletionTimestamp, undefined);
  });

  it('locks everybody out first, then waits for the services, and says for what', async () => {
    region.engine.away = true;
    await confirm(region);
    await requestDeletion(region);
    await region.until(async () =>
      /waiting for 2 widgets/.test(
        getCondition((await read(region))?.status?.conditions, 'Ready')?.message ?? '',
      ),
    );
    await region.inRealm(REALM, ({ view }) => {
      assert.equal(view.count(ClientCertificate), 0);
      assert.equal(view.count(RoleBinding), 0);
      assert.equal(view.count(Widget), 2);
    });
  });

  it('leaves nothing: no realm, no keys, nothing in an engine; and the name is free again', async () => {
    const before = (await read(region))?.status?.realmUid;
    region.engine.away = false;
    await region.until(async () => (await read(region)) === undefined);
    assert.equal(region.engine.held.size, 0);
    assert.deepEqual(await region.test.realms.list(), [REGION]);
    await assert.rejects(region.keyring.open(REALM), (error) => isStatusError(error, 'NotFound'));

    await region.createOrganization(NAME);
    const made = await read(region);
    assert.ok(made?.status?.firstAdministrator);
    assert.notEqual(made.status.realmUid, before);
    await region.inRealm(REALM, ({ view }) => assert.equal(view.count(Widget), 0));
  });
});

describe('deleting an organization whose keys cannot be destroyed at once', () => {
  it('ends when they are gone, not before, and says so meanwhile, even when its realm is gone already', async () => {
    const storage = memoryKeyStorage();
    let away = true;
    const keyStorage: WrappedKeyStorage = {
      ...storage,
      async deleteAll(realm) {
        if (away) throw new Error('the key storage does not answer');
        await storage.deleteAll(realm);
      },
    };
    const region = await openTestRegion({ keyStorage });
    try {
      await region.createOrganization(NAME);
      await confirm(region);
      await requestDeletion(region);
      await region.until(async () => !(await region.test.realms.exists(REALM)));
      await region.until(async () =>
        /could not all be destroyed yet/.test(
          getCondition((await read(region))?.status?.conditions, 'Ready')?.message ?? '',
        ),
      );
      assert.notDeepEqual(await storage.list(REALM), []);
      away = false;
      await region.until(async () => (await read(region)) === undefined);
      assert.deepEqual(await storage.list(REALM), []);
    } finally {
      await region.close();
    }
  });
});
