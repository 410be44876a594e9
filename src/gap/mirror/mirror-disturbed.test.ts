/** The controllers of the mirror, repeated, failed and killed at every call. */
import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { Type } from 'typebox';
import { defineKind } from '#kernel/kind.ts';
import { silentLogger } from '#kernel/logger.ts';
import { organizationRealm, REGION } from '#kernel/realm-id.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { everyDisturbance } from '#kernel/reconcile/testing/harness.ts';
import { type Disturber, instrument } from '#kernel/reconcile/testing/instrument.ts';
import { openTestRealms } from '#kernel/store/test-realms.ts';
import { IMPORT_KINDS } from '../import/service.ts';
import { buildTree } from './build.ts';
import { type MirrorEngine, mirrorControllers } from './controllers.ts';
import { exists } from './made.ts';
import { type PublishedWorld, startPublishedWorld, TOOLS } from './testing/published-world.ts';
import { readTree } from './tree.ts';

/** As much of a network as the mirror looks at. */
const Network = defineKind({
  group: 'network.casemate.internal',
  version: 'v1',
  kind: 'Network',
  plural: 'networks',
  scope: 'Project',
  realms: ['organization'],
  description: 'A network.',
  spec: Type.Object({}),
  status: Type.Object({ gateway: Type.Optional(Type.String()), bridge: Type.Optional(Type.String()) }),
  immutable: [],
  columns: [],
});

/** What is wanted of what serves, as it remembers. */
class Wanted {
  readonly addresses = new Map<string, string>();
  isAny = false;
}

function engineOf(
  { content, folders, key }: PublishedWorld,
  disturber: Disturber,
  wanted: Wanted,
): MirrorEngine {
  const own = {
    content: instrument(content, disturber, { name: 'content', only: ['bundles'] }),
    key: instrument(key, disturber, { name: 'key', only: ['publicKey', 'sign'] }),
  };
  const engine: MirrorEngine = {
    build: () => buildTree({ ...own, folders, url: 'http://mirror' }),
    renewed: async (isAny) => {
      wanted.isAny = isAny;
    },
    want: async (network, address) => {
      if (address === undefined) wanted.addresses.delete(network);
      else wanted.addresses.set(network, address);
    },
    close: () => {
      wanted.addresses.clear();
      wanted.isAny = false;
    },
  };
  return instrument(engine, disturber, { name: 'mirror', only: ['build', 'renewed', 'want'] });
}

test('what was published ends served, each file of it there, whatever is disturbed', async (t) => {
  const world = await startPublishedWorld(t);
  await world.publish(1, TOOLS);
  await world.key.publicKey();
  const outcomes = everyDisturbance({
    async setUp(disturber) {
      await rm(dirname(world.folders.made), { recursive: true, force: true });
      const test = await openTestRealms({ kinds: [...IMPORT_KINDS, Network] });
      let wanted = new Wanted();
      const make = () =>
        mirrorControllers(() => engineOf(world, disturber, wanted), Network, silentLogger)[0];
      let controller = make();
      return {
        pass: () =>
          test.realms.use(REGION, async (realm) => {
            await controller?.sweep?.(testContext(test, realm, 'mirror-content'));
            return 'settled' as const;
          }),
        async restart() {
          wanted = new Wanted();
          controller = make();
        },
        async state() {
          const tree = await readTree(world.folders.tree);
          const files = Object.values(tree?.files ?? {});
          const there = await Promise.all(files.map((file) => exists(world.folders, file)));
          return {
            packages: tree?.packages.map(({ name }) => name).sort(),
            isWhole: there.every(Boolean),
            isAny: wanted.isAny,
          };
        },
        tearDown: () => test.close(),
      };
    },
  });
  let count = 0;
  for await (const { title, state } of outcomes) {
    const packages = ['casemate-test-library', 'casemate-test-tool'];
    assert.deepEqual(state, { packages, isWhole: true, isAny: true }, title);
    count += 1;
  }
  assert.ok(count > 20, `${count} outcomes`);
  assert.ok((await readFile(world.folders.tree)).length > 0);
});

test('every network that has its bridge ends with the mirror at its gateway, and no other', async (t) => {
  const world = await startPublishedWorld(t);
  const acme = organizationRealm('acme');
  const outcomes = everyDisturbance({
    async setUp(disturber) {
      const test = await openTestRealms({ kinds: [...IMPORT_KINDS, Network], create: [REGION, acme] });
      const own = test.context(acme);
      await test.realms.use(acme, async ({ resources }) => {
        for (const [name, status] of [
          ['made', { gateway: '10.64.0.1', bridge: 'cm000000000001' }],
          ['half', { gateway: '10.64.1.1' }],
        ] as const) {
          await resources.create(Network, 'default', { metadata: { name }, spec: {} }, own);
          await resources.modify(
            Network,
            { namespace: 'default', name },
            own,
            (one) => ({ ...one, status }),
            {
              subresource: 'status',
            },
          );
        }
      });
      let wanted = new Wanted();
      const make = () =>
        mirrorControllers(() => engineOf(world, disturber, wanted), Network, silentLogger)[1];
      let controller = make();
      return {
        pass: () =>
          test.realms.use(acme, async (realm) => {
            for (const name of ['made', 'half', 'gone']) {
              await controller?.reconcile(
                { namespace: 'default', name },
                testContext(test, realm, 'mirror-gateway'),
              );
            }
            return 'settled' as const;
          }),
        async restart() {
          wanted = new Wanted();
          controller = make();
        },
        state: async () => [...wanted.addresses.values()],
        tearDown: () => test.close(),
      };
    },
  });
  let count = 0;
  for await (const { title, state } of outcomes) {
    assert.deepEqual(state, ['10.64.0.1'], title);
    count += 1;
  }
  assert.ok(count > 10, `${count} outcomes`);
});
