import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { organizationRealm, REGION } from '#kernel/realm-id.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { everyDisturbance } from '#kernel/reconcile/testing/harness.ts';
import { instrument, instrumentRealm } from '#kernel/reconcile/testing/instrument.ts';
import { openTestRealms } from '#kernel/store/test-realms.ts';
import { debianInventory } from '../inventory/dpkg.ts';
import { buildStore } from '../store/build.ts';
import { FolderSource, publish } from '../store/folder.ts';
import { TRACKER_SAMPLE } from '../testing/samples.ts';
import { LOOK_EVERY_MS, reportController } from './controller.ts';
import { REPORT_KEY, VulnerabilityReport } from './report-kind.ts';
import type { Subjects } from './subjects.ts';

const MACHINES: Subjects = {
  kind: VulnerabilityReport,
  list: () => [
    { kind: 'machine', uid: '1', name: 'one' },
    { kind: 'machine', uid: '2', name: 'two' },
  ],
  read: async ({ name }) =>
    debianInventory(
      `Package: ${name === 'one' ? 'kettle-ssl' : 'teapotd'}\nStatus: install ok installed\nVersion: 1.0-1\n`,
      'ID=debian\nVERSION_CODENAME=bookworm\n',
    ),
};

test('a report ends with every finding of what is there, once, whatever is disturbed', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'disturbed-'));
  t.after(() => rm(folder, { recursive: true }));
  async function* chunks() {
    yield Buffer.from(JSON.stringify(TRACKER_SAMPLE));
  }
  const inputs = [{ kind: 'debian-tracker', name: 'tracker', chunks: chunks() }] as const;
  const asOf = '2026-01-01T00:00:00Z';
  await publish(folder, await buildStore({ path: join(folder, 'new'), inputs, asOf }), asOf);

  for (const [id, type] of [
    [organizationRealm('acme'), 'organization'],
    [REGION, 'region'],
  ] as const) {
    let outcomes = 0;
    const all = everyDisturbance({
      async setUp(disturber) {
        const world = await openTestRealms({ kinds: [VulnerabilityReport] });
        const make = () =>
          reportController({
            name: 'reports',
            realm: type,
            source: instrument(new FolderSource(folder), disturber, {
              name: 'source',
              only: ['newest', 'use'],
            }),
            subjects: instrument(MACHINES, disturber, { name: 'subjects', only: ['read'] }),
          });
        let controller = make();
        return {
          pass: () =>
            world.realms.use(id, async (realm) => {
              const context = testContext(world, instrumentRealm(realm, disturber), 'reports');
              const result = await controller.reconcile(REPORT_KEY, context);
              return (result?.retryAfter_ms ?? 0) < LOOK_EVERY_MS ? ('again' as const) : ('settled' as const);
            }),
          async restart() {
            controller = make();
          },
          state: () =>
            world.realms.use(id, ({ view }) =>
              view.list(VulnerabilityReport).map(({ metadata, status }) => ({
                name: metadata.name,
                found: status?.findings?.map((one) => `${one.id} ${one.where}`),
                read: status?.subjects?.map(({ name, packages }) => `${name} ${packages}`),
              })),
            ),
          tearDown: () => world.close(),
        };
      },
    });
    for await (const { title, state } of all) {
      const found = [
        'CVE-0000-0001 one',
        'CVE-0000-0005 two',
        'CVE-0000-0002 one',
        'CVE-0000-0004 one',
        'CVE-0000-0006 two',
      ];
      assert.deepEqual(state, [{ name: 'newest', found, read: ['one 1', 'two 1'] }], `${type}: ${title}`);
      outcomes++;
    }
    assert.ok(outcomes > 20, `${outcomes} outcomes`);
  }
});
