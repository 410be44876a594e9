/**
 * The seal in the operators' console, of a region that runs instances: what it tried itself, who else tried to leave, a way out that somebody made by hand, which is
 * an alarm for as long as it is there; and images, whose catalogue is the region's.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { type AirGap, openAirGap } from '../support/air-gap.ts';
import { baseImage, manifest } from '../support/project.ts';
import { axeFindings } from './axe.ts';
import type { ConsoleWorld, SignedInVisit } from './console.ts';
import { assertQuiet, openPage, twoAtTheConsole } from './operators.ts';

/** Documentation addresses (RFC 5737), on a wire of the test's own to a place of its own: nothing leaves this machine even where the seal would fail. */
const HERE = '198.51.100.1';
const OUTSIDE = '198.51.100.2';
const PORT = 8_443;
const HOLE = ['203.0.113.76', '203.0.113.77'] as const;
const WIRE = 'csealwire';
/** A look at the seal, a report, and the way to the page. */
const SEEN_MS = 90_000;
const SETTINGS = 'sealEvery_s: 2\nnetwork:\n  egress: true';

suite('the seal in the operators’ console', { timeout: 540_000 }, () => {
  let world: ConsoleWorld;
  let ann: SignedInVisit;
  let ben: SignedInVisit;
  let outside: AirGap;

  const root = async (command: string, ...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await world.region.run(command, args);
    assert.equal(code, 0, stderr);
    return stdout.trim();
  };

  before(async () => {
    ({ world, ann, ben } = await twoAtTheConsole({ settings: SETTINGS }));
    outside = await openAirGap();
    const pid = `${outside.pid}`;
    await root('ip', 'link', 'add', WIRE, 'type', 'veth', 'peer', 'name', WIRE, 'netns', pid);
    await root('ip', 'address', 'add', `${HERE}/24`, 'dev', WIRE);
    await root('ip', 'link', 'set', WIRE, 'up');
    await outside.run('ip', ['address', 'add', `${OUTSIDE}/24`, 'dev', WIRE]);
    await outside.run('ip', ['link', 'set', WIRE, 'up']);
    const { admin, region } = world;
    const image = await baseImage(region);
    await admin.apply(
      manifest(['lan'], [{ name: 'web', image, networks: ['lan'], labels: { role: 'web' } }]),
    );
    await admin.kubectl('wait', '--for=condition=Ready', 'instance/web', '--timeout=180s');
    const policy = {
      apiVersion: 'network.casemate.internal/v1',
      kind: 'FirewallPolicy',
      metadata: { name: 'out' },
      spec: { instances: {}, egress: [{ action: 'Allow', to: [{ cidr: '0.0.0.0/0' }] }] },
    };
    await admin.apply(JSON.stringify(policy));
    await admin.kubectl('wait', '--for=condition=Ready', 'fwp/out', '--timeout=60s');
  });
  after(async () => {
    await outside?.close();
    await world?.close();
  });

  test('it says that it holds, whom it holds, and what came of every try of the region itself to leave', async () => {
    const { page } = ann;
    await openPage(page, 'Seal');
    await page.getByText('nothing undeclared leaves').waitFor({ timeout: SEEN_MS });
    await page.getByText('Dropped and counted').first().waitFor();
    await page.getByText(/firewall, .*region/).waitFor();
    await page.getByRole('button', { name: 'Probe now' }).click();
    const reports = page.getByRole('grid', { name: 'Reports' });
    await reports.getByText('Somebody asked').first().waitFor({ timeout: SEEN_MS });
    const tried = page.getByRole('grid', { name: 'What the region tried itself' });
    await tried.getByRole('columnheader', { name: 'an address outside', exact: true }).waitFor();
    await tried.getByText('Blocked').first().waitFor();
    assert.equal(await tried.getByText('Escaped').count(), 0);
    assert.deepEqual(await axeFindings(page), []);
  });

  test('who tried to leave stands there by name, with where to, and is a warning of the last hour', async () => {
    const dial = ['timeout', '2', 'bash', '-c', `</dev/tcp/${OUTSIDE}/${PORT}`];
    assert.notEqual((await world.admin.inInstance('default', 'web', dial)).code, 0);
    const { page } = ann;
    await page.getByRole('button', { name: 'Probe now' }).click();
    const attempts = page.getByRole('grid', { name: 'Attempts to leave' });
    const row = attempts.getByRole('row').filter({ hasText: `tcp ${OUTSIDE}, ${PORT}` });
    await row.getByText('ministry/default/web').waitFor({ timeout: SEEN_MS });
    await openPage(ben.page, 'Alarms');
    await ben.page
      .getByRole('grid', { name: 'Warnings of the last hour' })
      .getByRole('row')
      .filter({ hasText: OUTSIDE })
      .first()
      .waitFor();
    await ben.page.getByRole('heading', { name: 'Nothing is wrong' }).waitFor();
  });

  test('a way out that somebody makes by hand is an alarm that says what to do, until it is closed', async () => {
    await world.admin.kubectl('label', 'instance/web', 'seal.casemate.internal/probe=true');
    // Of this region's containers alone: others may run on this machine.
    const monitor = `^.lxc monitor. ${join(world.region.data, 'incus/containers')} `;
    const pid = await root('pgrep', '-o', '-f', monitor);
    const init = (await root('pgrep', '-P', pid)).split('\n', 1)[0] ?? '';
    const inside = (...args: readonly string[]) =>
      root('nsenter', `--net=/proc/${init}/ns/net`, 'ip', ...args);
    await inside('link', 'add', 'hole', 'type', 'veth', 'peer', 'name', 'hole', 'netns', `${outside.pid}`);
    await inside('address', 'add', `${HOLE[0]}/24`, 'dev', 'hole');
    await inside('link', 'set', 'hole', 'up');
    await outside.run('ip', ['address', 'add', `${HOLE[1]}/24`, 'dev', 'hole']);
    await outside.run('ip', ['link', 'set', 'hole', 'up']);
    const { page } = ann;
    await page.getByRole('button', { name: 'Probe now' }).click();
    await page.getByText('Not sealed').first().waitFor({ timeout: SEEN_MS });
    await page.getByText('What is wrong').waitFor();
    await page
      .getByText(new RegExp(`${HOLE[1]} port`))
      .first()
      .waitFor();
    await page.getByText('Escaped', { exact: true }).first().waitFor();
    const alarm = ben.page.getByRole('row').filter({ hasText: 'Not sealed' });
    await alarm.getByText('Urgent').waitFor();
    await alarm.getByText('Close the way, or declare the flow').waitFor();
    await inside('link', 'delete', 'hole');
    await page.getByRole('button', { name: 'Probe now' }).click();
    await page.getByText('nothing undeclared leaves').waitFor({ timeout: SEEN_MS });
    await alarm.waitFor({ state: 'detached' });
  });

  test('the catalogue of images is there, and each says whether it can be used', async () => {
    const { page } = ann;
    const name = await baseImage(world.region);
    await openPage(page, 'Images');
    const row = page.getByRole('row').filter({ hasText: name });
    await row.getByText('True').waitFor();
    await row.getByRole('link', { name }).click();
    await page.getByRole('heading', { name, level: 1 }).waitFor();
    await page.getByRole('tab', { name: 'History' }).click();
    await page
      .getByRole('grid', { name: 'History' })
      .getByRole('row', { name: /Created/ })
      .waitFor();
  });

  test('nothing was asked of anybody else, and no page complained', () => assertQuiet(ann, ben));
});
