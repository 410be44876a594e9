/** What one does with an instance in a browser, and with its network; and the way to a shell once more, in French. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { baseImage, manifest } from '../support/project.ts';
import { axeFindings } from './axe.ts';
import { type ConsoleWorld, type SignedInVisit, startConsoleWorld } from './console.ts';
import { INSTANCES, RUNS, runToShell, screenLine, shoot } from './shell-run.ts';

suite('machines and networks in the console', { timeout: 400_000 }, () => {
  let world: ConsoleWorld;
  let visit: SignedInVisit;
  before(async () => {
    world = await startConsoleWorld();
  });
  after(() => world?.close());

  test('from the sign-in page to a shell in a new instance, in French', async (t) => {
    await world.admin.apply(
      manifest(['lan'], [{ name: 'instance-1', image: await baseImage(world.region), networks: ['lan'] }]),
      '-n',
      'default',
    );
    visit = await runToShell(world, t, RUNS.french);
    await visit.close();
    visit = await world.signIn({ user: 'carla', roles: ['organization-admin'] });
  });

  test('it is resized, snapshotted, stopped and started, and says why not where it cannot be', async () => {
    const { page, base, complaints } = visit;
    await page.goto(`${base}${INSTANCES}/default/instance-1?tab=machine`);
    const start = page.getByRole('button', { name: 'Start', exact: true });
    await start.focus();
    await page.getByRole('tooltip').getByText('It runs already').waitFor();
    await page.getByRole('textbox', { name: 'Memory' }).fill('64Mi');
    await page.getByRole('button', { name: 'Change the size' }).click();
    await page.getByText('must be at least 128Mi').waitFor();
    await page.getByRole('textbox', { name: 'Memory' }).fill('640Mi');
    await page.getByRole('button', { name: 'Change the size' }).click();
    await world.admin.kubectl(
      '-n',
      'default',
      'wait',
      '--for=jsonpath={.spec.memory}=640Mi',
      'instance/instance-1',
      '--timeout=30s',
    );
    await page.mouse.move(0, 0);
    await page.getByRole('tooltip').waitFor({ state: 'detached' });
    assert.deepEqual(await axeFindings(page), []);
    await shoot(page, 'machine');
    await page.getByRole('tab', { name: 'Snapshots' }).click();
    await page.getByRole('button', { name: 'Take a snapshot' }).click();
    const row = page.getByRole('row', { name: /instance-1-1/ });
    await row.getByText('Ready').waitFor();
    await row.getByRole('link', { name: 'New instance from it' }).waitFor();
    await row.getByRole('button', { name: 'Restore' }).click();
    await page.getByRole('dialog').getByText('is lost').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await world.admin.kubectl(
      '-n',
      'default',
      'wait',
      '--for=jsonpath={.status.restoredFrom}=instance-1-1',
      'instance/instance-1',
      '--timeout=60s',
    );
    await shoot(page, 'snapshots');
    await page.getByRole('tab', { name: 'Machine' }).click();
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).click();
    await page.getByText('it is stopped because spec.powerState says so').waitFor();
    await start.click();
    await page.getByText('it runs and has its addresses').waitFor();
    assert.deepEqual(complaints(), []);
  });

  test('it is restarted, once it was asked whether it should be', async () => {
    const { page, base, complaints } = visit;
    const startedAt = () =>
      world.admin.kubectl(
        '-n',
        'default',
        'get',
        'instance',
        'instance-1',
        '-o',
        'jsonpath={.status.startedAt}',
      );
    const before = await startedAt();
    await page.goto(`${base}${INSTANCES}/default/instance-1?tab=machine`);
    const restart = page.getByRole('button', { name: 'Restart', exact: true });
    await restart.click();
    await page.getByRole('dialog').getByText('What runs in it ends').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal(await startedAt(), before);
    await restart.click();
    await page.getByRole('dialog').getByRole('button', { name: 'Restart' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    const asked = await world.admin.kubectl(
      ...['-n', 'default', 'get', 'instance', 'instance-1', '-o', 'jsonpath={.spec.restartedAt}'],
    );
    assert.match(asked, /^\d{4}-/);
    await world.admin.kubectl(
      ...['-n', 'default', 'wait', `--for=jsonpath={.status.restartedAt}=${asked}`, 'instance/instance-1'],
      '--timeout=60s',
    );
    await page.getByText('it runs and has its addresses').waitFor();
    assert.notEqual(await startedAt(), before);
    assert.deepEqual(complaints(), []);
  });

  test('another instance starts as a copy of its snapshot, with what was on its disk then', async () => {
    const { page, base, complaints } = visit;
    await world.admin.inInstance('default', 'instance-1', ['sh', '-c', 'echo kept >/root/mark; sync']);
    await page.goto(`${base}${INSTANCES}/default/instance-1?tab=snapshots`);
    await page.getByRole('textbox', { name: 'Name of the snapshot' }).fill('marked');
    await page.getByRole('button', { name: 'Take a snapshot' }).click();
    await page
      .getByRole('row', { name: /marked/ })
      .getByRole('link', { name: 'New instance from it' })
      .click();
    await page.getByText('It starts as a copy of snapshot marked').waitFor();
    await page.getByRole('textbox', { name: 'Name of the instance' }).fill('copy');
    assert.deepEqual(await axeFindings(page), []);
    await page.getByRole('button', { name: 'Create instance' }).click();
    const terminal = page.getByRole('textbox', { name: 'Terminal of copy' });
    await terminal.waitFor();
    await screenLine(page, /^root@copy/).waitFor({ state: 'attached' });
    await terminal.pressSequentially('cat /root/mark\n');
    await screenLine(page, /^kept\s*$/).waitFor({ state: 'attached' });
    assert.deepEqual(complaints(), []);
  });

  test('networks are a picture with the same as a table, and a question is answered with its rule', async () => {
    const { page, base, complaints } = visit;
    await world.admin.kubectl('-n', 'default', 'label', 'instance/instance-1', 'app=web');
    const policy = {
      apiVersion: 'network.casemate.internal/v1',
      kind: 'FirewallPolicy',
      metadata: { name: 'no-ssh' },
      spec: {
        instances: { matchLabels: { app: 'web' } },
        ingress: [{ action: 'Deny', protocol: 'tcp', ports: [{ port: 22 }] }],
      },
    };
    await world.admin.apply(JSON.stringify(policy), '-n', 'default');
    await page.goto(`${base}networks/picture?project=default`);
    const picture = page.getByRole('group', { name: 'Networks, instances, policies and forwards' });
    await picture.getByRole('link', { name: 'no-ssh Policy · 1 rule' }).waitFor();
    await page.getByRole('row', { name: /instance-1 lan.*no-ssh/ }).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await shoot(page, 'picture');
    const node = picture.getByRole('link', { name: /^instance-1 Instance/ });
    await node.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'instance-1', level: 1 }).waitFor();
    await page.goto(`${base}networks/may-talk?project=default`);
    await page.getByRole('combobox', { name: 'From', exact: true }).selectOption('instance-2');
    await page.getByRole('combobox', { name: 'To', exact: true }).selectOption('instance-1');
    await page.getByRole('button', { name: 'Ask' }).click();
    await page.getByText('No, it does not get through').waitFor();
    await page.getByRole('link', { name: 'FirewallPolicy no-ssh: ingress[0]' }).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await shoot(page, 'may-talk');
    // The question is an address that can be given to somebody else.
    await page.goto(page.url().replace('port=22', 'port=80'));
    await page.getByText('Yes, it gets through').waitFor();
    await page.getByText('both are on network lan').waitFor();
    assert.deepEqual(complaints(), []);
    // Who only reads the project may ask as well: the answer is of what they read anyway.
    const viewer = await world.signIn({ user: 'vera', roles: ['project-viewer'] });
    await viewer.page.goto(page.url());
    await viewer.page.getByText('Yes, it gets through').waitFor();
    assert.deepEqual(viewer.complaints(), []);
    await viewer.close();
  });
});
