import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { REGION } from '#kernel/realm-id.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { everyDisturbance } from '#kernel/reconcile/testing/harness.ts';
import { instrument, instrumentRealm } from '#kernel/reconcile/testing/instrument.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { openTestRealms } from '#kernel/store/test-realms.ts';
import { IMPORT_KINDS } from '../import/service.ts';
import { releaseController } from './controller.ts';
import { folderName } from './install.ts';
import { currentPath, Journal, readJournal } from './journal.ts';
import { Release } from './release-kind.ts';
import { ReleaseSource } from './source.ts';
import { writeFakeTree } from './testing/fake-tree.ts';
import { publishTree } from './testing/publish-tree.ts';

const KEY = { name: '0.2.0' };
const NONE = {
  version: '0.1.0',
  architecture: 'amd64',
  migrations: [{ version: 1, name: '0001-step.sql', checksum: hash('sha256', '-- first') }],
  missing: () => [],
};

test('a release that people agreed to ends told as what was made of it, whatever is disturbed', async (t) => {
  const scratch = await mkdtemp(join(tmpdir(), 'release-'));
  t.after(() => rm(scratch, { recursive: true }));
  await writeFakeTree(join(scratch, 'tree'), { version: '0.2.0', migrations: ['-- first'] });
  const { content, release } = await publishTree(join(scratch, 'content'), join(scratch, 'tree'));
  let runs = 0;
  const outcomes = everyDisturbance({
    async setUp(disturber) {
      const clock = new ManualClock();
      const test = await openTestRealms({ kinds: [Release, ...IMPORT_KINDS], clock });
      const releases = join(scratch, `releases-${runs++}`);
      await mkdir(releases);
      const own = test.context(REGION);
      await test.realms.use(REGION, ({ resources }) =>
        resources.create(Release, undefined, { metadata: KEY, spec: { version: '0.2.0' } }, own),
      );
      /** What the driver does when people agreed. */
      const drive = async () => {
        const to = { ...release, folder: join(releases, folderName(release)) };
        const from = { version: '0.1.0', digest: 'checkout:1', folder: '/checkout' };
        const journal = new Journal(releases, clock);
        const why = { kind: 'apply', object: KEY.name, by: 'ann', reason: 'people agreed' } as const;
        const attempt = await journal.begin({ from, to, why }, 'begun');
        await journal.note(attempt, 'OnTrial', 'it serves');
        await journal.note(attempt, 'Confirmed', 'it runs from now on');
        const current = { ...to, attempt, since: '2026-11-22T00:00:00Z', before: [from] };
        await writeFile(currentPath(releases), JSON.stringify(current));
      };
      // Like the real one, it looks for itself what is there to begin.
      const starter = async () => {
        if ((await readJournal(releases)).length === 0) await drive();
        return undefined;
      };
      const source = new ReleaseSource(content, releases, async () => NONE, starter);
      const make = () => releaseController(instrument(source, disturber, { name: 'source' }));
      let controller = make();
      return {
        pass: () =>
          test.realms.use(REGION, async (realm) => {
            await controller.reconcile(KEY, testContext(test, instrumentRealm(realm, disturber), 'releases'));
            const found = realm.view.get(Release, KEY);
            const { phase, plan } = found?.status ?? {};
            if (phase === 'AwaitingApproval' && plan !== undefined && found?.spec.apply === undefined) {
              await realm.resources.modify(Release, KEY, own, (current) => ({
                ...current,
                spec: { ...current.spec, apply: plan.digest },
              }));
            }
            return phase === 'Running' ? 'settled' : 'again';
          }),
        restart: async () => {
          controller = make();
        },
        state: () =>
          test.realms.use(REGION, async ({ view }) => {
            const status = view.get(Release, KEY)?.status;
            return [
              status?.phase,
              status?.attempt,
              status?.steps?.map(({ step }) => step),
              status?.before?.version,
            ];
          }),
        tearDown: () => test.close(),
      };
    },
  });
  let count = 0;
  for await (const { title, state } of outcomes) {
    assert.deepEqual(state, ['Running', 1, ['Started', 'OnTrial', 'Confirmed'], '0.1.0'], title);
    count += 1;
  }
  assert.ok(count > 15, `${count} outcomes`);
});

test('nothing is applied before it was seen, nor another than was seen, nor two at once', async (t) => {
  const test = await openTestRealms({ kinds: [Release, ...IMPORT_KINDS] });
  t.after(() => test.close());
  const own = test.context(REGION);
  await test.realms.use(REGION, async ({ resources }) => {
    const create = (version: string, spec: object) =>
      resources.create(Release, undefined, { metadata: { name: version }, spec: { version, ...spec } }, own);
    const digest = `sha256:${'a'.repeat(64)}`;
    await assert.rejects(create('0.2.0', { apply: digest }), /nothing is applied before its plan was seen/);
    await create('0.2.0', {});
    await create('0.3.0', {});
    const apply = (name: string, to: string) =>
      resources.modify(Release, { name }, own, (current) => ({
        ...current,
        spec: { ...current.spec, apply: to },
      }));
    const say = (name: string, phase: 'AwaitingApproval' | 'Approved' | 'Running') =>
      resources.modify(
        Release,
        { name },
        own,
        (current) => ({
          ...current,
          status: {
            phase,
            requestedBy: 'ann',
            plan: {
              from: '',
              to: '',
              digest,
              bundle: '',
              signers: [],
              node: '',
              bytes: 0,
              migrations: [],
              restarts: '',
              rollback: '',
              problems: [],
            },
          },
        }),
        { subresource: 'status' },
      );
    await assert.rejects(apply('0.2.0', digest), /it is Planning, and must be AwaitingApproval/);
    await say('0.2.0', 'AwaitingApproval');
    await assert.rejects(apply('0.2.0', `sha256:${'b'.repeat(64)}`), /must be status\.plan\.digest/);
    await say('0.3.0', 'Approved');
    await assert.rejects(apply('0.2.0', digest), /0\.3\.0 is Approved; one at a time/);
    await say('0.3.0', 'Running');
    await apply('0.2.0', digest);
    await assert.rejects(
      resources.modify(Release, { name: '0.3.0' }, own, (current) => ({
        ...current,
        spec: { ...current.spec, rollback: digest },
      })),
      /there is nothing to go back to/,
    );
  });
});
