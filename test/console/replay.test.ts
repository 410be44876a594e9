/** An operator in an instance, seen from the organization: let in, and what they did played back. With a real instance and a real terminal. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { baseImage, manifest, member } from '../support/project.ts';
import { type ConsoleWorld, startConsoleWorld } from './console.ts';

suite('an operator’s terminal, in the console of the organization', { timeout: 300_000 }, () => {
  let world: ConsoleWorld;
  before(async () => {
    world = await startConsoleWorld();
    const { admin, region } = world;
    await admin.kubectl('create', 'namespace', 'web');
    await admin.apply(manifest([], [{ name: 'front', image: await baseImage(region) }]), '-n', 'web');
    await admin.kubectl('-n', 'web', 'wait', '--for=condition=Ready', 'instance/front', '--timeout=180s');
  });
  after(() => world?.close());

  test('is granted in one click, watched as it goes on, held against the ledger, and played back', async () => {
    const { region, organization } = world;
    const { page, base, origins, complaints } = await world.signIn({
      user: 'berta',
      roles: ['organization-admin'],
    });
    const [key, out] = [join(region.scratch, 'help.key'), join(region.scratch, 'help.kubeconfig')];
    await region.casemate(
      ...['access-request', 'create', 'help', '--org', organization, '--project', 'web', '--exec', 'front'],
      ...['--reason', 'ticket 4711: the service does not start', '--key', key],
    );
    await page.goto(`${base}access`);
    await page.getByRole('button', { name: 'Let them in' }).click();
    await region.casemate('access-request', 'open', 'help', '--key', key, '--out', out);
    const operator = member(region, out);
    const command = 'echo repaired "<b>by me</b>"; while [ ! -e /run/go ]; do sleep 0.1; done; echo gone';
    const working = operator.inInstance('web', 'front', ['sh', '-c', command]);
    // While they are in there, one sees what they do.
    await page.getByRole('link', { name: 'Watch the terminal in front' }).click();
    await page.getByRole('heading', { name: 'Terminal in front', level: 1 }).waitFor();
    await page.getByText('It is being recorded. What happens appears here within seconds.').waitFor();
    const player = page.getByRole('region', { name: 'Recording' });
    // Rows that a screen reader has; to Playwright they are not always to be seen.
    await player.getByText('repaired <b>by me</b>').first().waitFor({ state: 'attached' });
    await world.admin.inInstance('web', 'front', ['touch', '/run/go']);
    assert.equal((await working).code, 0);
    await player.getByText('gone').first().waitFor({ state: 'attached' });
    await page.getByText('This is what was recorded: its digest is the one that the ledger holds').waitFor();
    await page.goto(`${base}access`);
    await page.getByRole('link', { name: 'Replay the terminal in front' }).click();
    await page.getByRole('button', { name: 'Show all at once' }).click();
    await page
      .getByRole('region', { name: 'Recording' })
      .getByText('repaired <b>by me</b>')
      .first()
      .waitFor({ state: 'attached' });
    await page.getByRole('button', { name: 'As plain text' }).click();
    await page.getByRole('region', { name: 'As plain text' }).getByText('repaired <b>by me</b>').waitFor();
    await page.goto(`${base}ledger?log=access`);
    const accesses = page.getByRole('grid', { name: 'Leaves' });
    await accesses.getByText('operator:operator').first().waitFor();
    assert.deepEqual([...origins()], [new URL(base).origin]);
    assert.deepEqual(complaints(), []);
  });
});
