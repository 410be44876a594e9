/** The image controller repeated, failed and killed at every call it makes to Incus, which is real, and at every write. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileSha256 } from '#engines/incus/images.ts';
import { startTestIncus, type TestIncus, testClock } from '#engines/incus/test-incus.ts';
import type { Controller, ReconcileContext } from '#kernel/controller.ts';
import { silentLogger } from '#kernel/logger.ts';
import type { Realm } from '#kernel/realm.ts';
import { REGION } from '#kernel/realm-id.ts';
import { everyDisturbance, type World } from '#kernel/reconcile/testing/harness.ts';
import { type Disturber, instrument, instrumentRealm } from '#kernel/reconcile/testing/instrument.ts';
import { openTestRealms, type TestRealms } from '#kernel/store/test-realms.ts';
import { Image } from './image.ts';
import { filesIn } from './image-files.ts';
import { LABELS } from './names.ts';
import { computeService } from './service.ts';

const KEY = { name: 'tiny' };
const FILE = 'tiny.tar';

/** Whether its deletion waits until it is there, or comes while it is being imported. */
type Haste = 'patient' | 'hasty';

interface Seen {
  /** What it said of itself before it was deleted, and what Incus held then. */
  readonly there: readonly (string | undefined)[];
  readonly left: readonly string[];
}

describe('an image, with its controller disturbed at every call', () => {
  let engine: TestIncus;
  let folder: string;
  let sha256: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'casemate-image-'));
    sha256 = await make(FILE);
    engine = await startTestIncus();
  });
  after(async () => {
    await engine?.close();
    if (folder) rmSync(folder, { recursive: true });
  });

  /** Makes the smallest image that Incus takes, and gives its digest. */
  async function make(file: string): Promise<string> {
    mkdirSync(join(folder, 'rootfs'), { recursive: true });
    // Incus 6.0.4 panics when it is to add properties to an image that has none.
    const metadata = `architecture: x86_64\ncreation_date: 1767225600\nproperties: {os: ${file}}\n`;
    writeFileSync(join(folder, 'metadata.yaml'), metadata);
    execFileSync('tar', ['-C', folder, '-cf', join(folder, file), 'metadata.yaml', 'rootfs']);
    return fileSha256(join(folder, file));
  }

  /** A controller as after a start of the process. */
  function controller(disturber: Disturber): Controller {
    const images = instrument(engine.incus.images, disturber, {
      name: 'images',
      only: ['get', 'list', 'import', 'delete'],
    });
    const service = computeService({
      incus: { ...engine.incus, images },
      clock: testClock,
      logger: silentLogger,
      regionId: 'test',
      imageFile: filesIn(folder),
    });
    const [image] = service.controllers ?? [];
    assert.equal(image?.name, 'image');
    return image;
  }

  const held = async () => (await engine.incus.images.list()).map(({ fingerprint }) => fingerprint).sort();

  const contextOf = (test: TestRealms, realm: Realm): ReconcileContext => ({
    realm,
    realms: test.realms,
    change: test.context(REGION),
    events: { record: () => {} },
    clock: test.clock,
    random: test.random,
    signal: new AbortController().signal,
  });

  async function setUp(disturber: Disturber, haste: Haste): Promise<World<Seen>> {
    const test = await openTestRealms({ kinds: [Image], create: [REGION] });
    const { realm, release } = await test.realms.acquire(REGION);
    const { resources, view } = realm;
    const seen = instrumentRealm(realm, disturber);
    const source = { file: FILE, sha256 };
    const spec = { type: 'container', architecture: 'amd64', source };
    await resources.create(Image, undefined, { metadata: KEY, spec }, test.context(REGION));
    let image = controller(disturber);
    const reconcile = async () => (await image.reconcile(KEY, contextOf(test, seen))) === undefined;
    const there: (string | undefined)[] = [];
    const remove = async () => {
      if (haste === 'patient') {
        const { status } = view.get(Image, KEY) ?? {};
        there.push(status?.conditions?.[0]?.reason, status?.fingerprint, ...(await held()));
      }
      await resources.delete(Image, KEY, test.context(REGION));
      return true;
    };
    const steps: (() => Promise<boolean>)[] = [
      reconcile,
      remove,
      async () => (await reconcile()) && view.get(Image, KEY) === undefined,
    ];
    return {
      async pass() {
        const step = steps[0];
        // Who deletes in haste does not wait for what became of the first look.
        if (haste === 'hasty' && step === reconcile) steps.shift();
        if (step && (await step()) && steps[0] === step) steps.shift();
        return steps.length === 0 ? 'settled' : 'again';
      },
      async restart() {
        image = controller(disturber);
      },
      state: async () => ({ there, left: await held() }),
      async tearDown() {
        release();
        await test.close();
      },
    };
  }

  async function endsAlways(haste: Haste, expected: Seen): Promise<void> {
    let outcomes = 0;
    for await (const { title, state } of everyDisturbance({
      setUp: (disturber) => setUp(disturber, haste),
    })) {
      assert.deepEqual(state, expected, title);
      outcomes++;
    }
    assert.ok(outcomes > 25, `${outcomes} outcomes`);
  }

  it('it is imported once, and deleted with what was imported', async () => {
    await endsAlways('patient', { there: ['Imported', sha256, sha256], left: [] });
  });

  it('deleted while it is imported, it leaves nothing in Incus', async () => {
    await endsAlways('hasty', { there: [], left: [] });
  });

  it('what an import left without an object is swept, and what others imported stays', async () => {
    const files = { others: await make('others.tar'), ours: await make('ours.tar') };
    const setUpLeftovers = async (disturber: Disturber): Promise<World<readonly string[]>> => {
      const test = await openTestRealms({ kinds: [Image], create: [REGION] });
      for (const [name, region] of [
        ['others', 'another'],
        ['ours', 'test'],
      ] as const) {
        const properties = { [LABELS.region]: region };
        await engine.incus.images.import({ file: join(folder, `${name}.tar`), properties });
      }
      return {
        async pass() {
          const { sweep } = controller(disturber);
          await test.realms.use(REGION, (realm) => sweep?.(contextOf(test, realm)));
          return 'settled';
        },
        state: held,
        tearDown: () => test.close(),
      };
    };
    let outcomes = 0;
    for await (const { title, state } of everyDisturbance({ setUp: setUpLeftovers })) {
      assert.deepEqual(state, [files.others], title);
      outcomes++;
    }
    assert.ok(outcomes > 10, `${outcomes} outcomes`);
  });
});
