/** Terminals in a browser that break off or are not given: they say why, and what can be done. On real machines, with a region that is really killed. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import { machineOf } from '../crashes/machine.ts';
import { baseImage, manifest } from '../support/project.ts';
import { axeFindings } from './axe.ts';
import { type ConsoleWorld, type SignedInVisit, startConsoleWorld } from './console.ts';
import { INSTANCES, screenLine, shoot } from './shell-run.ts';

/** What the browser itself says of a connection that is gone, or of a terminal that was refused. */
const LOST = /net::ERR_|^WebSocket connection to .* failed/;

suite('terminals in the console', { timeout: 240_000 }, () => {
  let world: ConsoleWorld;
  let visit: SignedInVisit;
  before(async () => {
    world = await startConsoleWorld();
    const image = await baseImage(world.region);
    await world.admin.apply(manifest(['lan'], [{ name: 'web', image, networks: ['lan'] }]), '-n', 'default');
    visit = await world.signIn({ user: 'berta', roles: ['organization-admin'] });
    await untilReady();
  });
  after(() => world?.close());

  const change = (...spec: readonly [string, string]) =>
    world.admin.kubectl(
      ...['-n', 'default', 'patch', 'instance', 'web', '--type=merge', '-p'],
      JSON.stringify({ spec: Object.fromEntries([spec]) }),
    );
  const untilReady = () =>
    world.admin.kubectl(
      ...['-n', 'default', 'wait', '--for=condition=Ready', 'instance/web', '--timeout=60s'],
    );
  const openTerminal = async (page: Page, base: string) => {
    await page.goto(`${base}${INSTANCES}/default/web?tab=terminal`);
    await prompt(page).waitFor({ state: 'attached' });
  };
  /** By a signal or with its connection: which comes first is chance. */
  const isOver = (page: Page) => page.getByText(/The connection was lost|The shell was ended by signal/);
  const prompt = (page: Page) => screenLine(page, /^root@web/);
  const mark = async (page: Page, word: string) => {
    await page.getByRole('textbox', { name: 'Terminal of web' }).pressSequentially(`echo ${word}\n`);
    await screenLine(page, new RegExp(`^${word}\\s*$`)).waitFor({ state: 'attached' });
  };
  /** The screen of a new shell, with nothing of the one before. */
  const isNew = async (page: Page, word: string) => {
    await prompt(page).waitFor({ state: 'attached' });
    await screenLine(page, new RegExp(`^${word}\\s*$`)).waitFor({ state: 'detached' });
  };

  test('one whose instance is restarted keeps what it showed, says that it broke off, and another opens when it runs', async () => {
    const { page, base, complaints } = visit;
    await openTerminal(page, base);
    await mark(page, 'before');
    await change('restartedAt', '2026-01-01T00:00:00Z');
    await isOver(page).waitFor();
    await screenLine(page, /^before\s*$/).waitFor({ state: 'attached' });
    assert.deepEqual(await axeFindings(page), []);
    await shoot(page, 'terminal-restarted');
    await page.getByRole('button', { name: 'Open a new one' }).click();
    await isNew(page, 'before');
    assert.deepEqual(complaints(), []);
  });

  test('one of an instance that is stopped waits, and opens by itself when it is started', async () => {
    const { page, base, complaints } = visit;
    await mark(page, 'awake');
    await change('powerState', 'Stopped');
    await isOver(page).waitFor();
    await page.getByRole('button', { name: 'Open a new one' }).click();
    await page.getByText('A terminal opens here as soon as it does.').waitFor();
    await change('powerState', 'Running');
    await isNew(page, 'awake');
    await change('powerState', 'Stopped');
    await world.admin.kubectl(
      ...['-n', 'default', 'wait', '--for=jsonpath={.status.phase}=Stopped', 'instance/web', '--timeout=60s'],
    );
    await page.goto(`${base}${INSTANCES}/default/web?tab=terminal`);
    await page.getByRole('heading', { name: 'It is stopped' }).waitFor();
    await change('powerState', 'Running');
    await prompt(page).waitFor({ state: 'attached' });
    assert.deepEqual(complaints(), []);
  });

  test('one whose connection is lost says so, and a new one opens when the region answers again', async () => {
    const { page, origins, base, complaints } = visit;
    await openTerminal(page, base);
    await mark(page, 'connected');
    const machine = machineOf(world.region);
    await machine.kill('region');
    await page.getByText('The connection was lost, and the shell with it.').waitFor();
    await machine.untilReady();
    await page.getByText('The region does not answer').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Open a new one' }).click();
    await isNew(page, 'connected');
    await mark(page, 'again');
    assert.deepEqual([...origins()], [new URL(base).origin]);
    assert.deepEqual(
      complaints().filter((text) => !LOST.test(text)),
      [],
    );
  });

  test('whoever may not open one is told which right is missing, and who has it', async () => {
    const viewer = await world.signIn({ user: 'vera', roles: ['project-viewer'] });
    await viewer.page.goto(`${viewer.base}${INSTANCES}/default/web?tab=terminal`);
    await viewer.page.getByText(/project-editor/).waitFor();
    assert.deepEqual(await axeFindings(viewer.page), []);
    await shoot(viewer.page, 'terminal-refused');
    assert.deepEqual(
      viewer.complaints().filter((text) => !LOST.test(text)),
      [],
    );
    await viewer.close();
  });
});
