/** Operators at an organization's door, seen from both sides: in an emergency without its consent, refused with a reason, and when nobody decided in time. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import { axeFindings } from './axe.ts';
import { type ConsoleWorld, type SignedInVisit, startConsoleWorld } from './console.ts';
import { changeAnswers, inJson } from './in-between.ts';
import { openPage } from './operators.ts';

const SHOTS = process.env.CONSOLE_SCREENSHOTS;
const REQUESTS = 'resources/accessrequests.access.casemate.internal';

suite('operators at the door of an organization', { timeout: 240_000 }, () => {
  let world: ConsoleWorld;
  /** Of the organization. */
  let berta: SignedInVisit;
  /** The second operator; the first one works at the machine. */
  let ann: SignedInVisit;
  before(async () => {
    world = await startConsoleWorld({ settings: 'incus:\n  mode: none' });
    await world.admin.kubectl('create', 'namespace', 'shop');
    berta = await world.signIn({ user: 'berta', roles: ['organization-admin'] });
    ann = await world.signIn({ user: 'ann', roles: ['region-operator'], place: 'region' });
  });
  after(() => world?.close());

  const shot = async (page: Page, name: string) => {
    if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
  };
  const keyOf = (name: string) => join(world.region.scratch, `${name}.key`);
  const ask = (name: string, ...more: readonly string[]) =>
    world.region.casemate(
      ...['access-request', 'create', name, '--org', world.organization, '--project', 'shop'],
      ...['--read', 'configmaps', '--reason', `ticket of ${name}`, '--key', keyOf(name), ...more],
    );
  const isQuiet = () => {
    for (const { complaints, origins, base } of [berta, ann]) {
      assert.deepEqual(complaints(), []);
      assert.deepEqual([...origins()], [new URL(base).origin]);
    }
  };

  test('broken glass: a second operator agrees in their console; the organization sees at once who came in, and ends it', async () => {
    await berta.page.goto(berta.base);
    await berta.page.getByRole('heading', { name: 'Needs attention' }).waitFor();
    await ann.page.getByRole('heading', { name: 'Needs attention' }).waitFor();
    await ask('fire', '--break-glass', '--minutes', '5');
    // It is said to the other operators by itself and before all else, with the way to where one decides.
    const emergency = `Emergency access to ${world.organization}, project shop`;
    const asks = ann.page.getByRole('heading', { name: `operator asks for your approval: ${emergency}` });
    await asks.waitFor();
    await ann.page.getByRole('link', { name: 'Look at it' }).first().click();
    await ann.page.getByRole('button', { name: 'Agree to the emergency access' }).waitFor();
    await openPage(ann.page, 'Approvals');
    const waits = ann.page.getByRole('region', { name: emergency });
    await waits.getByText('ticket of fire').waitFor();
    assert.equal(await ann.page.getByText('Nothing waits for approval').count(), 0);
    assert.deepEqual(await axeFindings(ann.page), []);
    await shot(ann.page, 'break-glass-approvals');
    await waits.getByRole('link', { name: 'Look and decide' }).click();
    await ann.page.getByText('Emergency access: the organization is told, and not asked.').waitFor();
    await ann.page.getByText('ticket of fire').waitFor();
    await ann.page.getByText(world.organization, { exact: true }).waitFor();
    assert.deepEqual(await axeFindings(ann.page), []);
    await shot(ann.page, 'break-glass-operator');
    await ann.page.getByRole('textbox', { name: /A word on it/ }).fill('the disk is on fire');
    await ann.page.getByRole('button', { name: 'Agree to the emergency access' }).click();
    // Home says so by itself.
    await berta.page.getByRole('heading', { name: 'Operator operator has access to project shop' }).waitFor();
    await berta.page.getByRole('button', { name: 'Watch, or end it' }).click();
    const isIn = berta.page.getByRole('region', { name: 'Operator operator has access to project shop' });
    await isIn
      .getByRole('heading', { name: /Emergency access without your consent, agreed to by operator, ann/ })
      .waitFor();
    await ann.page.getByRole('button', { name: 'End access now' }).waitFor();
    assert.deepEqual(await axeFindings(berta.page), []);
    await shot(berta.page, 'break-glass');
    await isIn.getByRole('button', { name: 'End access now' }).click();
    await berta.page.getByRole('grid', { name: 'Ended' }).getByText('Ended early by berta').waitFor();
    await ann.page.getByText('Ended early').waitFor();
    const open = ['open', 'fire', '--key', keyOf('fire'), '--out', `${keyOf('fire')}.kubeconfig`];
    await assert.rejects(world.region.casemate('access-request', ...open), /Revoked/);
    await openPage(ann.page, 'Approvals');
    await ann.page.getByText('Nothing waits for approval').waitFor();
    isQuiet();
  });

  test('who is refused reads why, and not who refused', async () => {
    await ask('curious');
    await ann.page.goto(`${ann.base}${REQUESTS}/curious?tab=decide`);
    await ann.page.getByText('The organization has the request. Its own people decide.').waitFor();
    assert.equal(await ann.page.getByRole('button', { name: 'Agree' }).count(), 0);
    await berta.page.goto(`${berta.base}access`);
    const asked = berta.page.getByRole('region', {
      name: 'Operator operator asks for access to project shop',
    });
    await asked.getByText('ticket of curious').waitFor();
    await asked.getByRole('textbox', { name: /A word on it/ }).fill('<i>not on a Sunday</i>');
    await asked.getByRole('button', { name: 'Refuse' }).click();
    await berta.page
      .getByRole('grid', { name: 'Ended' })
      .getByText('Refused by berta: <i>not on a Sunday</i>')
      .waitFor();
    // It is on the operator's page without loading it anew.
    await ann.page.getByText('Refused: <i>not on a Sunday</i>').waitFor();
    assert.equal(await ann.page.getByText('berta').count(), 0);
    assert.deepEqual(await axeFindings(ann.page), []);
    await shot(ann.page, 'refused-operator');
    isQuiet();
  });

  test('an organization that forbids broken glass is not entered: both operators read so', async () => {
    await world.admin.apply(
      JSON.stringify({
        apiVersion: 'access.casemate.internal/v1',
        kind: 'OperatorPolicy',
        metadata: { name: 'ours' },
        spec: { breakGlass: 'Forbidden' },
      }),
    );
    await ask('again', '--break-glass', '--minutes', '5');
    await ann.page.goto(`${ann.base}${REQUESTS}/again?tab=decide`);
    await ann.page.getByRole('button', { name: 'Agree to the emergency access' }).click();
    await ann.page.getByText(/Not possible: .*this organization forbids break-glass/).waitFor();
    isQuiet();
  });

  test('a request that nobody decided about in time has ended for both, and asks nobody any more', async () => {
    await ask('late');
    const name = (
      await world.admin.kubectl('get', 'accessrequests', '-o', 'jsonpath={.items[*].metadata.name}')
    )
      .split(' ')
      .find((one) => one.startsWith('late-'));
    assert.ok(name);
    // A day cannot be waited for: it is told to the page on the answer's way, as the region says it then.
    const asItIs = await changeAnswers(
      berta.page,
      ['*/accessrequests?*limit=*'],
      inJson((table: { rows: { object: { metadata: { name: string }; status?: object } }[] }) => {
        for (const { object } of table.rows)
          if (object.metadata.name === name)
            object.status = { ...object.status, phase: 'Expired', message: 'nobody agreed in time' };
        return table;
      }),
    );
    await berta.page.goto(`${berta.base}access`);
    const late = berta.page.getByRole('grid', { name: 'Ended' }).getByRole('row', { name: /ticket of late/ });
    await late.getByText('Nobody decided in time: nobody agreed in time').waitFor();
    await berta.page.getByRole('heading', { name: 'No operator asks to be let in' }).waitFor();
    assert.deepEqual(await axeFindings(berta.page), []);
    await asItIs();
    isQuiet();
  });
});
