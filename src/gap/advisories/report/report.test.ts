import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Type } from 'typebox';
import { rfc3339 } from '#kernel/clock.ts';
import { defineKind } from '#kernel/kind.ts';
import { silentLogger } from '#kernel/logger.ts';
import { organizationRealm, REGION, type RealmId } from '#kernel/realm-id.ts';
import { StoreEventRecorder } from '#kernel/reconcile/event-recorder.ts';
import { type RunningControllers, startControllers } from '#kernel/reconcile/start-controllers.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { openTestRealms, type TestRealms } from '#kernel/store/test-realms.ts';
import { Event } from '#trust/testing/kinds.ts';
import { debianInventory } from '../inventory/dpkg.ts';
import { advisoriesService } from '../service.ts';
import { type BuildInput, buildStore } from '../store/build.ts';
import { ensureAdvisoryFolder, FolderSource, publish } from '../store/folder.ts';
import { OSV_SAMPLE, TRACKER_SAMPLE, VEX_SAMPLE } from '../testing/samples.ts';
import { LOOK_EVERY_MS, READ_EVERY_MS } from './controller.ts';
import { REPORT_KEY, VulnerabilityReport } from './report-kind.ts';
import { type Subjects, Unreadable } from './subjects.ts';

/** Something that has packages: `spec.packages` is what stands in its dpkg status. */
const Box = defineKind({
  group: 'test.casemate.internal',
  version: 'v1',
  kind: 'Box',
  plural: 'boxes',
  scope: 'Realm',
  realms: ['region', 'organization'],
  description: 'Something with packages.',
  spec: Type.Object({ packages: Type.Record(Type.String(), Type.String()) }),
});

const [ACME, RIVAL] = [organizationRealm('acme'), organizationRealm('rival')];
const NOW_MS = Date.UTC(2026, 9, 10);

describe('the report of a realm', () => {
  let folder: string;
  let test: TestRealms;
  let clock: ManualClock;
  let controllers: RunningControllers;
  /** Names of boxes in the order they were read. */
  let reads: string[];

  const boxes: Subjects = {
    kind: Box,
    list: (view) =>
      view.list(Box).map(({ metadata }) => ({ kind: 'instance', uid: metadata.uid, name: metadata.name })),
    async read({ name }, view) {
      reads.push(name);
      const box = view.get(Box, { name });
      if (!box || Object.keys(box.spec.packages).length === 0) throw new Unreadable('it is not running');
      const stanzas = Object.entries(box.spec.packages).map(
        ([one, version]) => `Package: ${one}\nStatus: install ok installed\nVersion: ${version}\n`,
      );
      return debianInventory(stanzas.join('\n'), 'ID=debian\nVERSION_CODENAME=bookworm\n');
    },
  };

  beforeEach(async () => {
    reads = [];
    folder = await mkdtemp(join(tmpdir(), 'reports-'));
    await ensureAdvisoryFolder(folder);
    clock = new ManualClock(NOW_MS);
    const service = advisoriesService({
      source: new FolderSource(folder),
      organizations: boxes,
      region: boxes,
    });
    test = await openTestRealms({
      kinds: [Box, Event, ...service.kinds],
      create: [REGION, ACME, RIVAL],
      clock,
    });
    const { realms, random } = test;
    const shared = { realms, clock, random, logger: silentLogger };
    const events = new StoreEventRecorder({ ...shared, kind: Event });
    controllers = startControllers({
      ...shared,
      controllers: [...(service.controllers ?? [])],
      workers: [],
      events,
    });
  });
  afterEach(async () => {
    await controllers.stop();
    await test.close();
    await rm(folder, { recursive: true });
  });

  async function* bytesOf(value: unknown): AsyncGenerator<Uint8Array> {
    yield Buffer.from(JSON.stringify(value));
  }
  async function load(inputs: readonly (readonly [BuildInput['kind'], unknown])[], asOf: string) {
    const given = inputs.map(([kind, value]) => ({ kind, name: kind, chunks: bytesOf(value) }));
    const built = await buildStore({ path: join(folder, 'new'), inputs: given, asOf });
    return publish(folder, built, rfc3339(clock.now()));
  }
  const loadSamples = () =>
    load(
      [
        ['debian-tracker', TRACKER_SAMPLE],
        ['osv', OSV_SAMPLE],
        ['openvex', VEX_SAMPLE],
      ],
      '2026-10-03T08:00:00Z',
    );
  const box = (realm: RealmId, name: string, packages: Record<string, string>) =>
    test.realms.use(realm, ({ resources }) =>
      resources.create(Box, undefined, { metadata: { name }, spec: { packages } }, test.context(realm)),
    );
  const report = (realm: RealmId) =>
    test.realms.use(realm, ({ view }) => view.get(VulnerabilityReport, REPORT_KEY));
  const pass = async (ms: number) => {
    await controllers.idle();
    await clock.advance(ms);
    await controllers.idle();
  };
  const ready = async (realm: RealmId) =>
    (await report(realm))?.status?.conditions?.find(({ type }) => type === 'Ready');

  it('is not made, and nothing is read, where no advisory data was ever imported', async () => {
    await box(ACME, 'web', { 'kettle-ssl': '3.0.1-1~deb12u1' });
    await pass(READ_EVERY_MS);
    assert.equal(await report(ACME), undefined);
    assert.deepEqual(reads, []);
  });

  it('makes itself once there is data, and says of each finding where it is and what to import', async () => {
    await box(ACME, 'web', { 'kettle-ssl': '3.0.1-1~deb12u1' });
    await box(ACME, 'db', { 'kettle-ssl': '3.0.1-1~deb12u1', teapotd: '2.0-1' });
    await pass(0);
    const data = await loadSamples();
    await pass(LOOK_EVERY_MS);
    const status = (await report(ACME))?.status;
    assert.deepEqual(status?.data, { ...data, skipped: 0 });
    assert.deepEqual(
      status?.subjects?.map(({ name, packages, release }) => [name, packages, release]),
      [
        ['db', 2, 'bookworm'],
        ['web', 1, 'bookworm'],
      ],
    );
    assert.deepEqual(
      status?.findings?.map(({ id, severity, state, open, where }) => [
        id,
        severity,
        state,
        open,
        where.join(),
      ]),
      [
        ['CVE-0000-0001', 'high', 'affected', true, 'db,web'],
        ['CVE-0000-0004', 'unknown', 'undetermined', true, 'db,web'],
        ['CVE-0000-0006', 'unknown', 'undetermined', true, 'db'],
        ['CVE-0000-0002', 'low', 'affected', false, 'db,web'],
      ],
    );
    assert.equal(status?.findings?.[0]?.import, 'pkg:deb/debian/kettle-ssl@3.0.1-1~deb12u2?arch=source');
    assert.equal(status?.findings?.[3]?.vex?.author, 'Example Security Team');
    const { high, undetermined, settled, total } = (status?.counts ?? {}) as Record<string, number>;
    assert.deepEqual([high, undetermined, settled, total], [1, 2, 1, 4]);
    assert.equal((await ready(ACME))?.status, 'True');
  });

  it('is about its own realm and nothing else', async () => {
    await loadSamples();
    await box(ACME, 'web', { 'kettle-ssl': '3.0.1-1~deb12u1' });
    await box(RIVAL, 'secret-project', { teapotd: '1.0-1' });
    await box(REGION, 'machine', { 'kettle-ssl': '3.2.0-1' });
    await pass(0);
    const seen = async (realm: RealmId) => JSON.stringify((await report(realm))?.status);
    assert.match(await seen(RIVAL), /secret-project.*CVE-0000-0005/);
    for (const realm of [ACME, REGION])
      assert.doesNotMatch(await seen(realm), /secret-project|CVE-0000-0005|teapotd/);
    assert.doesNotMatch(await seen(RIVAL), /web|kettle/);
  });

  it('follows what comes and goes, and newer data, and otherwise reads once a day', async () => {
    await loadSamples();
    await box(ACME, 'web', { 'kettle-ssl': '3.0.1-1~deb12u2' });
    await pass(0);
    assert.deepEqual(reads, ['web']);
    await box(ACME, 'db', { teapotd: '1.0-1' });
    await pass(0);
    assert.deepEqual(reads, ['web', 'db'], 'what was read a moment ago is not read again');
    await pass(2 * LOOK_EVERY_MS);
    assert.deepEqual(reads, ['web', 'db']);
    await load([['debian-tracker', { teapotd: TRACKER_SAMPLE.teapotd }]], '2026-10-09T00:00:00Z');
    await pass(LOOK_EVERY_MS);
    const { status } = (await report(ACME)) ?? {};
    assert.deepEqual([status?.data?.asOf, status?.findings?.length], ['2026-10-09T00:00:00Z', 2]);
    await test.realms.use(ACME, ({ resources }) => resources.delete(Box, { name: 'db' }, test.context(ACME)));
    await pass(0);
    assert.deepEqual((await report(ACME))?.status?.findings, []);
    assert.deepEqual(reads, ['web', 'db']);
    for (let hour = 0; hour < 24; hour++) await pass(LOOK_EVERY_MS);
    assert.deepEqual(reads, ['web', 'db', 'web']);
  });

  it('is made anew at once when somebody asks', async () => {
    await loadSamples();
    await box(ACME, 'web', { 'kettle-ssl': '3.0.1-1~deb12u1' });
    await pass(0);
    await test.realms.use(ACME, ({ resources }) =>
      resources.modify(VulnerabilityReport, REPORT_KEY, test.context(ACME), (current) => ({
        ...current,
        spec: { request: 'again' },
      })),
    );
    await pass(0);
    assert.deepEqual(reads, ['web', 'web']);
  });

  it('says what could not be read, and tries again', async () => {
    await loadSamples();
    await box(ACME, 'web', {});
    await pass(0);
    const condition = await ready(ACME);
    assert.deepEqual([condition?.status, condition?.reason], ['False', 'NotAllRead']);
    assert.match(condition?.message ?? '', /web: it is not running/);
    await pass(LOOK_EVERY_MS);
    assert.ok(reads.length > 1);
  });

  it('says when its data is damaged, and goes on once there is some again', async () => {
    const { digest } = await loadSamples();
    await writeFile(join(folder, `${digest}.advisories`), 'nonsense');
    await box(ACME, 'web', { 'kettle-ssl': '3.0.1-1~deb12u1' });
    await pass(0);
    assert.equal((await ready(ACME))?.reason, 'DataDamaged');
    await load([['debian-tracker', TRACKER_SAMPLE]], '2026-10-09T00:00:00Z');
    await pass(LOOK_EVERY_MS);
    assert.equal((await ready(ACME))?.reason, 'Scanned');
  });

  it('says when its data is old', async () => {
    await load([['debian-tracker', TRACKER_SAMPLE]], '2026-09-01T00:00:00Z');
    await box(ACME, 'web', { 'kettle-ssl': '3.0.1-1~deb12u1' });
    await pass(0);
    const condition = await ready(ACME);
    assert.equal(condition?.reason, 'DataIsOld');
    assert.match(condition?.message ?? '', /39 days old/);
  });

  it('is one, and has one name', async () => {
    const make = (name: string) =>
      test.realms.use(ACME, ({ resources }) =>
        resources.create(
          VulnerabilityReport,
          undefined,
          { metadata: { name }, spec: {} },
          test.context(ACME),
        ),
      );
    await assert.rejects(make('mine'), /there is one report, called newest/);
    await make('newest');
    await pass(0);
    assert.equal((await ready(ACME))?.reason, 'NoData');
  });
});
