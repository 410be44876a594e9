/** Base content from the machine that made it to the catalogue, through the gap like any bundle. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { ContentStore } from '#gap/import/content-store.ts';
import { gapFolders } from '#gap/import/folders.ts';
import { importController } from '#gap/import/import-controller.ts';
import { BundleImport } from '#gap/import/import-kind.ts';
import { ownReceiver } from '#gap/import/receiver/jobs.ts';
import { IMPORT_KINDS } from '#gap/import/service.ts';
import { ImportStore } from '#gap/import/store.ts';
import { isStatusError } from '#kernel/errors.ts';
import { silentLogger } from '#kernel/logger.ts';
import { systemRandom } from '#kernel/random.ts';
import { REGION } from '#kernel/realm-id.ts';
import { isConditionTrue } from '#kernel/reconcile/conditions.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { everyDisturbance } from '#kernel/reconcile/testing/harness.ts';
import { instrument, instrumentRealm } from '#kernel/reconcile/testing/instrument.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { openTestRealms, type TestRealms } from '#kernel/store/test-realms.ts';
import { Image } from '#services/compute/image.ts';
import { bringInBaseContent } from './bring-in.ts';
import { placeBaseContent } from './bundle.ts';
import { CATALOGUED, catalogueController } from './catalogue.ts';
import { publishedOrIn } from './image-files.ts';
import { BASE_FOLDER, BUNDLE_FILE, ROOT_FILE } from './places.ts';

const NOW_ms = Date.parse('2026-11-22T00:00:00Z');
const KEY = { name: 'base' };
const run = promisify(execFile);

let folder: string;
let cache: string;
let sha256: string;
let imports = 0;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'base-content-'));
  cache = join(folder, 'cache');
  sha256 = await fakeImage('debian-12-amd64', 'first');
});
after(() => rm(folder, { recursive: true, force: true }));

/** As content/debian/build.sh leaves it, but for most of Debian. Gives the digest of its file. */
async function fakeImage(stem: string, says: string): Promise<string> {
  const tree = join(folder, `tree-${says}`);
  await mkdir(join(tree, 'rootfs/var/lib/dpkg'), { recursive: true });
  await mkdir(cache, { recursive: true });
  const status = `Package: base-files\nStatus: install ok installed\nArchitecture: amd64\nVersion: 12\nDescription: ${says}\n`;
  await writeFile(join(tree, 'rootfs/var/lib/dpkg/status'), status);
  const file = `${stem}.tar.zst`;
  await run('tar', ['--zstd', '-C', tree, '-cf', join(cache, file), 'rootfs']);
  const digest = hash('sha256', await readFile(join(cache, file)), 'hex');
  const description = {
    name: 'debian-12',
    displayName: 'Debian 12',
    type: 'container',
    architecture: 'amd64',
    osfamily: 'debian',
    file,
    sha256: digest,
    minimums: { memory: '128Mi', disk: '1Gi' },
    builtFrom: '2026-11-20T02:11:10Z',
  };
  await writeFile(join(cache, `${stem}.json`), JSON.stringify(description));
  return digest;
}

/** A region's realm in which the bundle was put into the inbox, and taken in as far as `until`. */
async function world() {
  const realms = await openTestRealms({ kinds: [...IMPORT_KINDS, Image], clock: new ManualClock(NOW_ms) });
  const folders = gapFolders(join(folder, `gap-${imports++}`));
  await mkdir(folders.inbox, { recursive: true });
  await placeBaseContent(cache, folders.inbox, () => {});
  const [id] = await readdir(join(folders.inbox, BASE_FOLDER));
  assert.ok(id);
  const root = await readFile(join(folders.inbox, BASE_FOLDER, id, ROOT_FILE), 'utf8');
  const spec = { source: `${BASE_FOLDER}/${id}/${BUNDLE_FILE}`, root };
  const advisories = join(folder, 'advisories');
  const store = new ImportStore({ folders, advisories, receiver: ownReceiver() });
  const controller = importController({ store, ledgerTime: async () => 0 });
  return {
    realms,
    spec,
    content: new ContentStore(folders.content),
    async published() {
      const own = realms.context(REGION);
      await realms.realms.use(REGION, async (realm) => {
        await realm.resources.create(BundleImport, undefined, { metadata: KEY, spec }, own);
        for (;;) {
          await controller.reconcile(KEY, testContext(realms, realm, 'imports'));
          const status = realm.view.get(BundleImport, KEY)?.status;
          assert.deepEqual(status?.refusals, undefined);
          if (status?.phase === 'Published') return;
          const digest = status?.phase === 'AwaitingApproval' ? status.bundle?.digest : undefined;
          if (digest === undefined) continue;
          await realm.resources.modify(BundleImport, KEY, own, (now) => ({
            ...now,
            spec: { ...now.spec, publish: digest },
          }));
        }
      });
    },
  };
}

const catalogued = (realms: TestRealms) =>
  realms.realms.use(REGION, async ({ view }) => ({
    images: view.list(Image).map(({ metadata, spec }) => ({ name: metadata.name, ...spec.source })),
    isDone: isConditionTrue(view.get(BundleImport, KEY)?.status?.conditions, CATALOGUED),
  }));

test('a base image that was published ends in the catalogue, once, whatever is disturbed', async () => {
  let outcomes = 0;
  const file = 'debian-12-amd64.tar.zst';
  for await (const { title, state } of everyDisturbance({
    async setUp(disturber) {
      const { realms, content, published } = await world();
      await published();
      const seen = instrument(content, disturber, { name: 'content', only: ['bundles'] });
      const controller = catalogueController({ content: seen, logger: silentLogger });
      return {
        pass: () =>
          realms.realms.use(REGION, async (realm) => {
            await controller.reconcile(
              KEY,
              testContext(realms, instrumentRealm(realm, disturber), 'base-images'),
            );
            return (await catalogued(realms)).isDone ? 'settled' : 'again';
          }),
        restart: async () => {},
        state: () => catalogued(realms),
        tearDown: () => realms.close(),
      };
    },
  })) {
    assert.deepEqual(state, { images: [{ name: 'debian-12', file, sha256 }], isDone: true }, title);
    outcomes++;
  }
  assert.ok(outcomes > 5);
});

test('what operators did to the catalogue afterwards stays, and the file is found by its digest in what was published', async () => {
  const { realms, content, published } = await world();
  await published();
  const controller = catalogueController({ content, logger: silentLogger });
  const pass = () =>
    realms.realms.use(REGION, (realm) =>
      controller.reconcile(KEY, testContext(realms, realm, 'base-images')),
    );
  await pass();
  const source = { file: 'debian-12-amd64.tar.zst', sha256 };
  const path = await publishedOrIn('/nowhere', content)(source);
  assert.ok(path);
  assert.equal(hash('sha256', await readFile(path), 'hex'), sha256);
  assert.equal(await publishedOrIn('/nowhere', content)({ ...source, sha256: '0'.repeat(64) }), undefined);
  await realms.realms.use(REGION, ({ resources }) =>
    resources.delete(Image, { name: 'debian-12' }, realms.context(REGION)),
  );
  await pass();
  const { images } = await catalogued(realms);
  assert.deepEqual(
    images.filter(({ name }) => name !== 'debian-12'),
    [],
  );
  await realms.close();
});

test('an operator cannot bring a bundle with a root of their own choice', async () => {
  const { realms, spec } = await world();
  const somebody = {
    ...realms.context(REGION),
    actor: { realm: REGION, name: 'mallory', groups: [], credential: 'certificate:1' },
  };
  await assert.rejects(
    realms.realms.use(REGION, ({ resources }) =>
      resources.create(BundleImport, undefined, { metadata: KEY, spec }, somebody),
    ),
    (error) => isStatusError(error, 'Forbidden') && /spec\.root/.test(error.message),
  );
  await realms.close();
});

test('an image of an operator whose file is missing holds up no start', async () => {
  const clock = new ManualClock(NOW_ms);
  const realms = await openTestRealms({ kinds: [...IMPORT_KINDS, Image], clock });
  const spec = { architecture: 'amd64', source: { file: 'nowhere.tar.zst', sha256: '0'.repeat(64) } };
  await realms.realms.use(REGION, ({ resources }) =>
    resources.create(Image, undefined, { metadata: { name: 'own' }, spec }, realms.context(REGION)),
  );
  // The clock stands still: whoever waited would wait for ever.
  const options = {
    realms: realms.realms,
    inbox: join(folder, 'empty'),
    hasEngine: true,
    clock,
    random: systemRandom,
  };
  assert.deepEqual(await bringInBaseContent(options), []);
  await realms.close();
});

test('the bundle is made once for all regions of a machine, and anew when the image is another', async () => {
  const inboxes = [join(folder, 'one'), join(folder, 'two')];
  for (const inbox of inboxes) await placeBaseContent(cache, inbox, () => {});
  const roots = await Promise.all(
    inboxes.map(async (inbox) => {
      const [id = ''] = await readdir(join(inbox, BASE_FOLDER));
      return readFile(join(inbox, BASE_FOLDER, id, ROOT_FILE), 'utf8');
    }),
  );
  assert.equal(roots[0], roots[1]);
  await fakeImage('debian-12-amd64', 'second');
  await placeBaseContent(cache, inboxes[0] ?? '', () => {});
  const ids = await readdir(join(inboxes[0] ?? '', BASE_FOLDER));
  assert.equal(ids.length, 2);
  const left = (await readdir(cache)).filter((name) => name.startsWith('.new-'));
  assert.deepEqual(left, []);
});
