/** The main job in a browser: from the sign-in page to a shell in a new instance, on real machines, without the documentation. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { baseImage } from '../support/project.ts';
import { axeFindings } from './axe.ts';
import { type ConsoleWorld, type SignedInVisit, startConsoleWorld } from './console.ts';
import { INSTANCES, RUNS, runToShell, screenLine, shoot } from './shell-run.ts';

suite('instances in the console', { timeout: 400_000 }, () => {
  let world: ConsoleWorld;
  let visit: SignedInVisit;
  before(async () => {
    world = await startConsoleWorld();
  });
  after(() => world?.close());

  test('from the sign-in page to a shell in a new instance, in a few clicks', async (t) => {
    visit = await runToShell(world, t, RUNS.english);
  });

  test('a terminal is left by keyboard, follows its window, and says how it ended', async () => {
    const { page, complaints } = visit;
    const terminal = page.getByRole('textbox', { name: 'Terminal of instance-1' });
    const before = page.viewportSize() ?? { width: 0, height: 0 };
    await terminal.pressSequentially(
      'until set -- $(stty size); [ $2 -lt 80 ]; do sleep 0.1; done; echo narrow: $2\n',
    );
    await page.setViewportSize({ width: 700, height: before.height });
    await screenLine(page, /^narrow: \d\d\s*$/).waitFor({ state: 'attached' });
    await page.setViewportSize(before);
    await page.keyboard.press('Control+Shift+F6');
    await page.locator('button:focus', { hasText: 'End the shell' }).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await terminal.pressSequentially('exit 3\n');
    await page.getByText('The shell has ended with exit code 3.').waitFor();
    await page.getByRole('button', { name: 'Open a new one' }).click();
    await screenLine(page, /^root@instance-1/).waitFor({ state: 'attached' });
    assert.deepEqual(complaints(), []);
  });

  test('its log is text as it comes, whatever it says', async () => {
    const { page, base, complaints } = visit;
    await page.goto(`${base}${INSTANCES}/default/instance-1?tab=log`);
    const log = page.getByRole('log', { name: 'Log' });
    await log.getByText(/systemd/).waitFor();
    const hostile = '<img src=x onerror=alert(1)> \\033[31mred\\033[0m';
    await world.admin.inInstance('default', 'instance-1', ['sh', '-c', `printf '${hostile}\\n' | logger`]);
    await log.getByText('<img src=x onerror=alert(1)>').waitFor();
    assert.equal(await log.locator('img').count(), 0);
    await page.getByRole('textbox', { name: 'Search the log' }).fill('onerror');
    await log.filter({ hasNotText: 'systemd' }).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await shoot(page, 'log');
    assert.deepEqual(complaints(), []);
  });

  test('what it uses is drawn as it goes on, and is told in words and as a table', async () => {
    const { page, base, complaints } = visit;
    await page.goto(`${base}${INSTANCES}/default/instance-1?tab=metrics`);
    const drawn = (name: string) =>
      page.getByRole('region', { name }).getByRole('img', { name: /between .+ and .+ at last/ });
    for (const name of ['CPU used', 'Memory used', 'Disk used', 'Network traffic'])
      await drawn(name).waitFor();
    await page.getByRole('region', { name: 'Memory used' }).getByText('of 512 MiB').waitFor();
    await page.getByRole('button', { name: 'The same as a table' }).click();
    // In British English, as the browser says: no AM, no PM.
    await page
      .getByRole('row', { name: /\d\d:\d\d \d.*% .*iB .*iB .*\/s .*\/s/ })
      .first()
      .waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await shoot(page, 'metrics');
    const command = await page.locator('code', { hasText: 'kubectl get --raw' }).innerText();
    const answer = await world.admin.kubectl('get', '--raw', command.split("'")[1] ?? '');
    assert.equal(JSON.parse(answer).kind, 'InstanceMetrics');
    await page.getByRole('button', { name: 'Last day' }).click();
    await page.waitForURL(/window=24h/);
    await drawn('Memory used').waitFor();
    assert.deepEqual(complaints(), []);
  });

  test('what the form of a new instance says is there as code, and kubectl takes it as it stands', async () => {
    const { page, base, complaints } = visit;
    await page.goto(`${base}instances/new?project=default`);
    await page.getByRole('textbox', { name: 'Name of the instance' }).fill('coded');
    await page.getByRole('radio', { name: 'Medium' }).check();
    await page.getByRole('combobox', { name: 'Network' }).selectOption({ label: 'A new network' });
    await page.getByRole('textbox', { name: 'Name of the new network' }).fill('second');
    await page.getByRole('button', { name: 'SSH keys and cloud-init' }).click();
    await page.getByRole('textbox', { name: 'cloud-init' }).fill('#cloud-config\nhostname: x\n');
    const code = page.getByRole('region', { name: 'As code' });
    await code.getByText('#cloud-config').waitFor();
    const yaml = await code.locator('code').innerText();
    assert.match(
      yaml,
      /kind: Network[\s\S]*name: second[\s\S]*---[\s\S]*kind: Instance[\s\S]*name: coded[\s\S]*memory: 2Gi/,
    );
    assert.match(
      await world.admin.apply(yaml, '--dry-run=client'),
      /network\S*second created[\s\S]*instance\S*coded created/,
    );
    await code.getByRole('button', { name: 'kubectl' }).click();
    await code.getByText("kubectl apply -f - <<'EOF'").waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await shoot(page, 'create-as-code');
    assert.deepEqual(complaints(), []);
  });

  test('of an instance that never ran there is nothing to draw, and what to do instead', async () => {
    const { page, base, complaints } = visit;
    const stopped = {
      apiVersion: 'compute.casemate.internal/v1',
      kind: 'Instance',
      metadata: { name: 'asleep' },
      spec: { image: await baseImage(world.region), powerState: 'Stopped' },
    };
    await world.admin.apply(JSON.stringify(stopped), '-n', 'default');
    await page.goto(`${base}${INSTANCES}/default/asleep?tab=metrics`);
    await page.getByRole('heading', { name: 'It is stopped' }).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    assert.deepEqual(complaints(), []);
  });
});
