import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PIN, type SoftHsm, startSoftHsm } from '#engines/pkcs11/testing/softhsm.ts';
import { systemActor } from '#kernel/access.ts';
import type { ActionConnector } from '#kernel/connect.ts';
import { isStatusError } from '#kernel/errors.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { openTestRealms, type TestRealms } from '#kernel/store/test-realms.ts';
import { hsmRoots } from '#trust/keys/hsm-roots.ts';
import { type Keyring, softwareKeyring } from '#trust/keys/keyring.ts';
import { memoryKeyStorage } from '#trust/keys/memory-key-storage.ts';
import { keyProviderController, openProviderAction } from '#trust/keys/provider/controller.ts';
import { KeyProvider } from '#trust/keys/provider/key-provider.ts';
import { keptPin, type OwnedHsm } from '#trust/keys/provider/owned.ts';
import { rootedAuthorizer } from '#trust/keys/provider/rooted.ts';
import { softwareRoots } from '#trust/keys/roots.ts';
import { symmetricKey } from '#trust/keys/wrapping.ts';

const ACME = '/orgs/acme';
const OTHER = '/orgs/other';
const LEASE_MS = 5_000;

describe('an organization’s root in its own HSM', () => {
  const storage = memoryKeyStorage();
  const clock = new ManualClock();
  let hsm: SoftHsm;
  let keyring: Keyring;
  let world: TestRealms;
  let owned: Map<string, OwnedHsm>;
  const software = softwareRoots(symmetricKey(new Uint8Array(32).fill(3)));

  before(async () => {
    hsm = await startSoftHsm({
      name: 'acme-hsm',
      withoutPin: true,
      keptPin: (): Promise<string | undefined> => keptPin(keyring.material, 'acme-hsm'),
    });
    const description = 'the organization’s own HSM';
    const roots = hsmRoots({ hsm: hsm.client, regionId: 'r1', description, lease_ms: LEASE_MS });
    owned = new Map([['acme-hsm', { organization: 'acme', roots, login: hsm.client.login }]]);
    keyring = softwareKeyring({
      region: 'lux',
      storage,
      masterKey: symmetricKey(new Uint8Array(32).fill(3)),
      roots: {
        forNew: () => software,
        named: (name, realm) => (name === 'software' ? software : realm === ACME ? roots : undefined),
      },
      clock,
    });
    world = await openTestRealms({ kinds: [KeyProvider], keyring, clock, create: ['/', ACME, OTHER] });
  });
  after(async () => {
    await world.close();
    await hsm.close();
  });

  const look = () =>
    world.realms.use(ACME, (realm) =>
      keyProviderController({ keyring, owned, software }).reconcile(
        { name: 'ours' },
        {
          realm,
          realms: world.realms,
          change: { ...world.context(ACME), actor: systemActor(ACME, 'controller:key-providers') },
          events: { record: () => {} },
          clock,
          random: world.random,
          signal: new AbortController().signal,
        },
      ),
    );
  const provider = () => world.realms.use(ACME, ({ view }) => view.get(KeyProvider, { name: 'ours' }));
  const ready = async () => (await provider())?.status?.conditions?.find(({ type }) => type === 'Ready');
  const open = async (pin: string) => {
    const object = await provider();
    assert.ok(object);
    const action: ActionConnector = openProviderAction({ keyring, owned, software });
    return action.call({
      realm: ACME,
      actor: systemActor(ACME, 'test'),
      object,
      query: new URLSearchParams(),
      signal: new AbortController().signal,
      body: { pin },
      requestId: 'open',
    });
  };
  const authorizer = () =>
    rootedAuthorizer(
      { decide: async () => ({ allowed: true, reason: 'anybody' }), rules: async () => [] },
      keyring,
    );
  const ask = (realm: typeof ACME | typeof OTHER, group: string, resource: string) =>
    authorizer().decide({
      realm,
      actor: systemActor(realm, 'test'),
      verb: 'get',
      group,
      version: 'v1',
      resource,
    });
  const silent = (error: unknown) =>
    isStatusError(error, 'ServiceUnavailable') && /HSM "acme-hsm" does not answer/.test(error.message);

  it('moves there when it says so and its owner gave the PIN; everything that was sealed before still opens', async () => {
    const before = (await keyring.open(ACME)).sealer.seal(Buffer.from('secret'), 'c');
    await world.realms.use(ACME, ({ resources }) =>
      resources.create(
        KeyProvider,
        undefined,
        { metadata: { name: 'ours' }, spec: { hsm: 'acme-hsm', root: true } },
        world.context(ACME),
      ),
    );
    await look();
    assert.match((await ready())?.message ?? '', /nobody has given its PIN yet/);
    await assert.rejects(open('wrong'), silent);
    assert.equal((await open(PIN)).model, 'SoftHSM v2');
    await look();
    assert.deepEqual([(await provider())?.status?.holdsRoot, (await ready())?.reason], [true, 'Answers']);
    assert.equal((await keyring.rootOf(ACME)).name, 'acme-hsm');
    const opened = (await keyring.open(ACME)).sealer.open(before, 'c');
    assert.equal(Buffer.from(opened).toString(), 'secret');
  });

  it('stops everything of the organization when it is switched off, and nothing of others; and it comes back by itself', async () => {
    const keys = await keyring.open(ACME);
    const sealed = keys.sealer.seal(Buffer.from('secret'), 'c');
    await hsm.unplug();
    assert.equal((await ask(ACME, '', 'secrets')).allowed, true, 'for as long as the lease lasts');
    await clock.advance(LEASE_MS);
    await assert.rejects(ask(ACME, '', 'secrets'), silent);
    assert.throws(() => keys.sealer.open(sealed, 'c'), silent);
    assert.throws(() => keys.logs.changes.sign(Buffer.from('x')), silent);
    await assert.rejects(keyring.open(ACME), silent);
    assert.equal((await ask(OTHER, '', 'secrets')).allowed, true);
    assert.equal((await ask(ACME, 'keys.casemate.internal', 'keyproviders')).allowed, true);

    await hsm.plug();
    for (let back = false; !back; ) {
      back = await ask(ACME, '', 'secrets').then(
        () => true,
        () => false,
      );
    }
    assert.equal(Buffer.from(keys.sealer.open(sealed, 'c')).toString(), 'secret');
  });

  it('an agent that was started anew gets the PIN that was kept, and the PIN is in no storage in the clear', async () => {
    hsm.agent.forget();
    await clock.advance(LEASE_MS);
    assert.equal((await ask(ACME, '', 'secrets')).allowed, true);
    for (const realm of ['/', ACME] as const) {
      for (const [name, blob] of await storage.all(realm)) {
        assert.ok(!Buffer.from(blob).includes(PIN), name);
      }
    }
  });

  it('is not deleted while the root is in it, and moves back when it says so', async () => {
    const remove = () =>
      world.realms.use(ACME, ({ resources }) =>
        resources.delete(KeyProvider, { name: 'ours' }, world.context(ACME)),
      );
    await assert.rejects(remove(), /the organization’s root is in it; set spec.root to false/);
    await world.realms.use(ACME, ({ resources }) =>
      resources.modify(KeyProvider, { name: 'ours' }, world.context(ACME), (current) => ({
        ...current,
        spec: { ...current.spec, root: false },
      })),
    );
    await look();
    assert.equal((await keyring.rootOf(ACME)).name, 'software');
    await remove();
    await hsm.unplug();
    await clock.advance(LEASE_MS);
    assert.equal((await ask(ACME, '', 'secrets')).allowed, true);
    await hsm.plug();
  });
});
