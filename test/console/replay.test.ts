/** An operator in an instance, seen from the organization: refused, or let in, watched, and what they did played back. With a real instance and a real terminal. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { baseImage, manifest, member } from '../support/project.ts';
import { type ConsoleWorld, type SignedInVisit, startConsoleWorld } from './console.ts';
import { assertWellSaid } from './heard.ts';
import { LOCALES, sayIn } from './spoken.ts';

/** French is first, while nothing stands there that somebody wrote in English. */
const RUNS = [
  {
    language: 'fr',
    user: 'bertrand',
    refused: { name: 'curieux', reason: 'pour voir', why: '<i>pas le dimanche</i>' },
    granted: { name: 'aide', reason: 'ticket 4711 : le service ne démarre pas' },
    prints: { first: 'réparé <b>par moi</b>', last: 'fini' },
  },
  {
    language: 'en',
    user: 'berta',
    refused: { name: 'curious', reason: 'to have a look', why: '<i>not on a Sunday</i>' },
    granted: { name: 'help', reason: 'ticket 4712: the service does not start' },
    prints: { first: 'repaired <b>by me</b>', last: 'gone' },
  },
] as const;
/** What an operator waits for in the instance. */
const GO = '/run/go';

suite('an operator’s terminal, in the console of the organization', { timeout: 300_000 }, () => {
  let world: ConsoleWorld;
  const visits = new Map<string, SignedInVisit>();
  before(async () => {
    world = await startConsoleWorld();
    const { admin, region } = world;
    await admin.kubectl('create', 'namespace', 'web');
    await admin.apply(manifest([], [{ name: 'front', image: await baseImage(region) }]), '-n', 'web');
    // People sign in while it starts.
    await Promise.all([
      admin.kubectl('-n', 'web', 'wait', '--for=condition=Ready', 'instance/front', '--timeout=180s'),
      ...RUNS.map(async ({ user, language }) => {
        const locale = LOCALES[language];
        visits.set(user, await world.signIn({ user, roles: ['organization-admin'], locale }));
      }),
    ]);
  });
  after(() => world?.close());

  const keyOf = (name: string) => join(world.region.scratch, `${name}.key`);
  const request = ({ name, reason }: { readonly name: string; readonly reason: string }) =>
    world.region.casemate(
      ...['access-request', 'create', name, '--org', world.organization, '--project', 'web'],
      ...['--exec', 'front', '--reason', reason, '--key', keyOf(name)],
    );

  for (const { language, user, refused, granted, prints } of RUNS)
    test(`is refused with a reason; or granted, watched as it goes on, held against the ledger, played back and ended, in ${LOCALES[language]}`, async () => {
      const say = sayIn(language);
      const { region } = world;
      const visit = visits.get(user);
      assert.ok(visit);
      const { page, base, origins, complaints } = visit;
      // What axe has to say is the same of both.
      const look = async () => {
        if (language !== 'en') await assertWellSaid(page, language);
      };
      await request(refused);
      const whose = { operator: 'operator', project: 'web' };
      const asks = page.getByRole('region', { name: say('proof.operators.asks', whose) });
      const isIn = page.getByRole('region', { name: say('proof.operators.isIn', whose) });
      const ended = page.getByRole('grid', { name: say('proof.operators.ended') });
      await page.goto(`${base}access`);
      await asks.getByText(refused.reason).waitFor();
      await asks.getByRole('textbox', { name: say('proof.operators.note') }).fill(refused.why);
      await look();
      await asks.getByRole('button', { name: say('proof.operators.refuse') }).click();
      const outcome = say('proof.operators.phase', { phase: 'Rejected', by: user });
      const row = ended.getByRole('row').filter({ hasText: refused.reason });
      await row.getByText(outcome).and(row.getByText(refused.why)).waitFor();

      await request(granted);
      await asks.getByText(granted.reason).waitFor();
      await asks.getByRole('button', { name: say('proof.operators.grant') }).click();
      await isIn.getByText(say('proof.operators.recorded.none')).waitFor();
      const kubeconfig = join(region.scratch, `${granted.name}.kubeconfig`);
      const open = ['open', granted.name, '--key', keyOf(granted.name), '--out', kubeconfig];
      await region.casemate('access-request', ...open);
      const command = `rm -f ${GO}; echo "${prints.first}"; while [ ! -e ${GO} ]; do sleep 0.1; done; echo ${prints.last}`;
      const working = member(region, kubeconfig).inInstance('web', 'front', ['sh', '-c', command]);
      // While they are in there, one sees what they do.
      await isIn.getByRole('link', { name: say('proof.operators.watch', { instance: 'front' }) }).click();
      const title = say('proof.recording.title', { instance: 'front' });
      await page.getByRole('heading', { name: title, level: 1 }).waitFor();
      await page.getByText(say('proof.recording.live')).waitFor();
      const player = page.getByRole('region', { name: say('proof.recording.player'), exact: true });
      // Rows that a screen reader has; to Playwright they are not always to be seen.
      await player.getByText(prints.first).first().waitFor({ state: 'attached' });
      await look();
      await world.admin.inInstance('web', 'front', ['touch', GO]);
      assert.equal((await working).code, 0);
      await player.getByText(prints.last).first().waitFor({ state: 'attached' });
      await page.getByText(say('proof.recording.same')).waitFor();

      await page.goto(`${base}access`);
      await isIn.getByRole('link', { name: say('proof.operators.replay', { instance: 'front' }) }).click();
      await page.getByRole('button', { name: say('proof.play.atOnce') }).click();
      await player.getByText(prints.first).first().waitFor({ state: 'attached' });
      const plain = say('proof.recording.text');
      await page.getByRole('button', { name: plain }).click();
      await page.getByRole('region', { name: plain }).getByText(prints.first).waitFor();
      await look();

      await page.goto(`${base}access`);
      await isIn.getByRole('button', { name: say('proof.operators.revoke') }).click();
      await ended.getByText(say('proof.operators.phase', { phase: 'Revoked', by: user })).waitFor();
      await look();
      await page.goto(`${base}ledger?log=access`);
      const accesses = page.getByRole('grid', { name: say('proof.leaves') });
      await accesses.getByText('operator:operator').first().waitFor();
      assert.deepEqual([...origins()], [new URL(base).origin]);
      assert.deepEqual(complaints(), []);
    });
});
