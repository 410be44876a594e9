import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemActor } from '#kernel/access.ts';
import { everyDisturbance } from '#kernel/reconcile/testing/harness.ts';
import { instrument, instrumentRealm } from '#kernel/reconcile/testing/instrument.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { openTestRealms } from '#kernel/store/test-realms.ts';
import { softwareKeyring } from '../keyring.ts';
import { memoryKeyStorage } from '../memory-key-storage.ts';
import { type RootKeys, softwareRoots } from '../roots.ts';
import { symmetricKey } from '../wrapping.ts';
import { keyProviderController } from './controller.ts';
import { KeyProvider } from './key-provider.ts';

const ACME = '/orgs/acme';

const rootsOf = (fill: number, name: string): RootKeys => ({
  ...softwareRoots(symmetricKey(new Uint8Array(32).fill(fill))),
  name,
});

describe('the controller of KeyProviders, repeated, failed and killed at every call', () => {
  it('an organization’s root ends where its provider says, and what was sealed before opens', async () => {
    let outcomes = 0;
    const scenario = {
      async setUp(disturber: Parameters<typeof instrumentRealm>[1]) {
        const [software, own] = [rootsOf(1, 'software'), rootsOf(2, 'ours')];
        const clock = new ManualClock();
        const keyring = softwareKeyring({
          region: 'lux',
          storage: memoryKeyStorage(),
          masterKey: symmetricKey(new Uint8Array(32).fill(1)),
          roots: {
            forNew: () => software,
            named: (name) => [software, own].find((roots) => roots.name === name),
          },
          clock,
        });
        const world = await openTestRealms({ kinds: [KeyProvider], keyring, clock, create: ['/', ACME] });
        const sealed = (await keyring.open(ACME)).sealer.seal(Buffer.from('secret'), 'c');
        await world.realms.use(ACME, ({ resources }) =>
          resources.create(
            KeyProvider,
            undefined,
            { metadata: { name: 'ours' }, spec: { hsm: 'ours', root: true } },
            world.context(ACME),
          ),
        );
        const controller = keyProviderController({
          keyring: instrument(keyring, disturber, { name: 'keyring', only: ['moveRoot'] }),
          owned: new Map([['ours', { organization: 'acme', roots: own, login: undefined }]]),
          software,
        });
        return {
          pass: () =>
            world.realms.use(ACME, async (realm) => {
              await controller.reconcile(
                { name: 'ours' },
                {
                  realm: instrumentRealm(realm, disturber),
                  realms: world.realms,
                  change: { ...world.context(ACME), actor: systemActor(ACME, 'controller:key-providers') },
                  events: { record: () => {} },
                  clock,
                  random: world.random,
                  signal: new AbortController().signal,
                },
              );
              return 'settled' as const;
            }),
          async state() {
            const opened = (await keyring.open(ACME)).sealer.open(sealed, 'c');
            const status = await world.realms.use(
              ACME,
              ({ view }) => view.get(KeyProvider, { name: 'ours' })?.status,
            );
            return {
              root: (await keyring.rootOf(ACME)).name,
              holdsRoot: status?.holdsRoot,
              opened: Buffer.from(opened).toString(),
            };
          },
          tearDown: () => world.close(),
        };
      },
    };
    for await (const outcome of everyDisturbance(scenario)) {
      assert.deepEqual(outcome.state, { root: 'ours', holdsRoot: true, opened: 'secret' }, outcome.title);
      outcomes++;
    }
    assert.ok(outcomes > 5, `${outcomes} outcomes`);
  });
});
