import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemActor } from '#kernel/access.ts';
import type { ReconcileContext } from '#kernel/controller.ts';
import type { Realm, Realms } from '#kernel/realm.ts';
import { organizationRealm, REGION, type RealmId } from '#kernel/realm-id.ts';
import { everyDisturbance, type Scenario, type World } from '#kernel/reconcile/testing/harness.ts';
import { type Disturber, instrumentRealms } from '#kernel/reconcile/testing/instrument.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { openTestRealms, type TestRealms } from '#kernel/store/test-realms.ts';
import { RoleBinding } from '#trust/access/role-binding.ts';
import { ClientCertificate } from '#trust/identity/client-certificate.ts';
import { reconcileClientCertificate } from '#trust/identity/controller.ts';
import { softwareKeyring } from '#trust/keys/keyring.ts';
import { memoryKeyStorage } from '#trust/keys/memory-key-storage.ts';
import { symmetricKey } from '#trust/keys/wrapping.ts';
import { ConfigMap } from './config-map.ts';
import { Namespace } from './namespace.ts';
import { namespaceController } from './namespace-controller.ts';
import { Organization } from './organization.ts';
import { organizationController } from './organization-controller.ts';
import { signingRequest } from './testing/region.ts';

const NAME = 'acme';
const REALM = organizationRealm(NAME);
const FIRST = { name: 'first-administrator' };
const KINDS = [Organization, Namespace, ConfigMap, RoleBinding, ClientCertificate];
const IN_ORGANIZATION = KINDS.filter((kind) => kind.realms.includes('organization'));
const REQUEST = await signingRequest();

interface State {
  readonly realms: readonly RealmId[];
  readonly organization: unknown;
  readonly objects: readonly string[];
  readonly hasKeys: boolean;
  /** Whether there were keys, each time that what precedes destruction was done. */
  readonly lastRites: readonly boolean[];
}

function scenario(phase: 'make' | 'unmake'): Scenario<State> {
  return {
    async setUp(disturber: Disturber): Promise<World<State>> {
      const clock = new ManualClock();
      const keyring = softwareKeyring({
        region: 'test',
        storage: memoryKeyStorage(),
        masterKey: symmetricKey(new Uint8Array(32).fill(7)),
        clock,
      });
      const test = await openTestRealms({ kinds: KINDS, create: [REGION], keyring, clock });
      const { realms } = test;
      const lastRites = new Set<boolean>();
      await realms.use(REGION, ({ resources }) =>
        resources.create(
          Organization,
          undefined,
          { metadata: { name: NAME }, spec: { firstAdministrator: { user: 'alice', request: REQUEST } } },
          test.context(REGION),
        ),
      );
      const reconcileWith = async (seen: Realms): Promise<'again' | 'settled'> =>
        realms.use(REGION, async (region) => {
          const organization = organizationController({
            kinds: () => IN_ORGANIZATION,
            keyring,
            beforeDestroying: async (id) => {
              lastRites.add((await keyring.clientAuthority(id, { fresh: true })) !== undefined);
            },
          });
          const ask = await seen.use(REGION, (realm) =>
            organization.reconcile({ name: NAME }, contextOf(test, realm, seen)),
          );
          await others(test, keyring);
          return ask || !isDone(region, phase) ? 'again' : 'settled';
        });
      if (phase === 'unmake') {
        await reconcileWith(realms);
        await reconcileWith(realms);
        await realms.use(REALM, ({ resources }) =>
          resources.create(ConfigMap, 'default', { metadata: { name: 'settings' } }, test.context(REALM)),
        );
        await realms.use(REGION, ({ resources }) =>
          resources.delete(Organization, { name: NAME }, test.context(REGION)),
        );
      }
      const seen = instrumentRealms(realms, disturber);
      return {
        pass: () => reconcileWith(seen),
        state: async () => ({ ...(await stateOf(test, keyring)), lastRites: [...lastRites] }),
        tearDown: () => test.close(),
      };
    },
  };
}

function contextOf(test: TestRealms, realm: Realm, realms: Realms): ReconcileContext {
  return {
    realm,
    realms,
    change: {
      actor: systemActor(realm.id, 'controller:organization'),
      via: 'controller',
      requestId: test.random.uuid(),
    },
    events: { record: () => {} },
    clock: test.clock,
    random: test.random,
    signal: new AbortController().signal,
  };
}

/** What other controllers would do meanwhile, undisturbed: sign the certificate, end the projects. */
async function others(
  test: TestRealms,
  keyring: Parameters<typeof reconcileClientCertificate>[1],
): Promise<void> {
  if (!(await test.realms.exists(REALM))) return;
  await test.realms.use(REALM, async (realm) => {
    const context = contextOf(test, realm, test.realms);
    await reconcileClientCertificate(FIRST, keyring, context);
    const namespaces = namespaceController(() => IN_ORGANIZATION);
    for (const { name } of [...realm.view.entries(Namespace)]) await namespaces.reconcile({ name }, context);
  });
}

function isDone(region: Realm, phase: 'make' | 'unmake'): boolean {
  const organization = region.view.get(Organization, { name: NAME });
  return phase === 'make'
    ? organization?.status?.firstAdministrator !== undefined
    : organization === undefined;
}

async function stateOf(
  test: TestRealms,
  keyring: Parameters<typeof reconcileClientCertificate>[1],
): Promise<Omit<State, 'lastRites'>> {
  const { realms } = test;
  const organization = await realms.use(REGION, ({ view }) => view.get(Organization, { name: NAME }));
  const exists = await realms.exists(REALM);
  const objects = exists
    ? await realms.use(REALM, ({ view }) =>
        IN_ORGANIZATION.flatMap((kind) =>
          [...view.entries(kind)].map(({ namespace, name }) => `${kind.kind} ${namespace ?? ''}/${name}`),
        ),
      )
    : [];
  const certificate = exists
    ? await realms.use(REALM, ({ view }) => view.get(ClientCertificate, FIRST)?.status?.certificate)
    : undefined;
  return {
    realms: await realms.list(),
    organization: organization && {
      finalizers: organization.metadata.finalizers,
      path: organization.status?.path,
      letIn: organization.status?.firstAdministrator?.certificate === certificate,
      conditions: organization.status?.conditions?.map(({ type, status, reason }) => ({
        type,
        status,
        reason,
      })),
    },
    objects,
    hasKeys: (await keyring.clientAuthority(REALM, { fresh: true })) !== undefined,
  };
}

describe('an organization whose controller is repeated, failed and killed at every call', () => {
  it('is made all the same', async () => {
    let runs = 0;
    for await (const { title, state } of everyDisturbance(scenario('make'))) {
      runs++;
      assert.deepEqual(
        state,
        {
          realms: ['/', '/orgs/acme'],
          organization: {
            finalizers: ['tenancy.casemate.internal/organization'],
            path: '/orgs/acme',
            letIn: true,
            conditions: [{ type: 'Ready', status: 'True', reason: 'Ready' }],
          },
          objects: [
            'Namespace /default',
            'RoleBinding /first-administrator',
            'ClientCertificate /first-administrator',
          ],
          hasKeys: true,
          lastRites: [],
        },
        title,
      );
    }
    assert.ok(runs > 20, `${runs} runs`);
  });

  it('is unmade all the same, and leaves nothing', async () => {
    let runs = 0;
    for await (const { title, state } of everyDisturbance(scenario('unmake'))) {
      runs++;
      assert.deepEqual(
        state,
        { realms: ['/'], organization: undefined, objects: [], hasKeys: false, lastRites: [true] },
        title,
      );
    }
    assert.ok(runs > 30, `${runs} runs`);
  });
});
