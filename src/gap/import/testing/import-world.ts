/** What tests of imports share: a connected side that builds and signs bundles, and a region's realm, store and controllers that take them in. */
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { REGION } from '#kernel/realm-id.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { openTestRealms, type TestRealms } from '#kernel/store/test-realms.ts';
import { type BundleWorld, NOW_ms, startBundleWorld } from '../../bundle/testing/bundle-world.ts';
import { metadataBytes } from '../../bundle/tuf/metadata.ts';
import type { ImportAge } from '../age.ts';
import { type GapFolders, gapFolders } from '../folders.ts';
import { importController } from '../import-controller.ts';
import { BundleImport, type BundleImportObject, type ImportStatus } from '../import-kind.ts';
import { ImportPolicy, POLICY_KEY } from '../policy-kind.ts';
import { ownReceiver, type Receiver } from '../receiver/jobs.ts';
import { IMPORT_KINDS } from '../service.ts';
import { ImportStore } from '../store.ts';
import { trustController } from '../trust-controller.ts';
import { BundleTrust, TRUST_KEY } from '../trust-kind.ts';

export interface ImportWorld {
  readonly bundles: BundleWorld;
  readonly test: TestRealms;
  readonly clock: ManualClock;
  readonly store: ImportStore;
  readonly folders: ReturnType<typeof gapFolders>;
  /** Sets the policy on age. */
  age(age: ImportAge): Promise<void>;
  /** Proposes the first root and agrees to it. */
  trust(): Promise<void>;
  /** Puts a bundle of the connected side into the inbox. */
  carry(name: string): Promise<void>;
  /** Makes an import of what lies in the inbox, and runs the controllers until nothing is left to do. */
  bring(name: string): Promise<ImportStatus>;
  /** As when people have agreed. */
  publish(name: string): Promise<ImportStatus>;
  settle(name: string): Promise<ImportStatus>;
  /** Of a ledger; can be set. */
  ledger_ms: number;
}

const PASSES_MAX = 20;

export interface ImportWorldOptions {
  /** Who reads bundles; absent: this very process. */
  readonly receiver?: (folders: GapFolders, advisories: string) => Receiver;
}

export async function startImportWorld(
  t: TestContext,
  options: ImportWorldOptions = {},
): Promise<ImportWorld> {
  const bundles = await startBundleWorld(t);
  const clock = new ManualClock(NOW_ms);
  const test = await openTestRealms({ kinds: IMPORT_KINDS, clock });
  t.after(() => test.close());
  const folders = gapFolders(bundles.path('gap'));
  const advisories = bundles.path('advisories');
  for (const folder of [...Object.values(folders), advisories]) await mkdir(folder, { recursive: true });
  const store = new ImportStore({
    folders,
    advisories,
    receiver: options.receiver?.(folders, advisories) ?? ownReceiver(),
  });
  const own = test.context(REGION);
  const controller = importController({
    store,
    ledgerTime: async () => world.ledger_ms,
  });
  const get = (name: string) =>
    test.realms.use(REGION, async ({ view }) => view.get(BundleImport, { name })) as Promise<
      BundleImportObject | undefined
    >;
  const world: ImportWorld = {
    bundles,
    test,
    clock,
    store,
    folders,
    ledger_ms: 0,
    async age(age) {
      await test.realms.use(REGION, ({ resources }) =>
        resources.create(ImportPolicy, undefined, { metadata: POLICY_KEY, spec: { age } }, own),
      );
    },
    async trust() {
      const [root] = bundles.roots;
      if (root === undefined) throw new Error('there is no root');
      await test.realms.use(REGION, async (realm) => {
        const spec = { root: metadataBytes(root).toString('utf8') };
        await realm.resources.create(BundleTrust, undefined, { metadata: TRUST_KEY, spec }, own);
        await trustController.reconcile(TRUST_KEY, testContext(test, realm, 'trust'));
        await realm.resources.modify(BundleTrust, TRUST_KEY, own, (current) => ({
          ...current,
          spec: { ...current.spec, trusted: true },
        }));
        await trustController.reconcile(TRUST_KEY, testContext(test, realm, 'trust'));
      });
    },
    carry: (name) => copyFile(bundles.path(name), join(folders.inbox, name)),
    async bring(name) {
      await test.realms.use(REGION, ({ resources }) =>
        resources.create(BundleImport, undefined, { metadata: { name }, spec: { source: name } }, own),
      );
      return world.settle(name);
    },
    async publish(name) {
      await test.realms.use(REGION, ({ resources }) =>
        resources.modify(BundleImport, { name }, own, (current) => ({
          ...current,
          spec: {
            ...current.spec,
            ...(current.status?.bundle ? { publish: current.status.bundle.digest } : {}),
          },
        })),
      );
      return world.settle(name);
    },
    async settle(name) {
      let before: string | undefined;
      for (let pass = 0; pass < PASSES_MAX; pass++) {
        await test.realms.use(REGION, (realm) =>
          controller.reconcile({ name }, testContext(test, realm, 'imports')),
        );
        const current = await get(name);
        if (current?.status === undefined) throw new Error(`${name} is gone`);
        if (current.metadata.resourceVersion === before) return current.status;
        before = current.metadata.resourceVersion;
      }
      throw new Error(`${name} does not settle`);
    },
  };
  return world;
}
