/** Who may do what, in the console: asked, explained, reviewed; and an auditor, who sees it all and changes nothing. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import { axeFindings } from './axe.ts';
import { type ConsoleWorld, type SignedInVisit, startConsoleWorld } from './console.ts';

const SHOTS = process.env.CONSOLE_SCREENSHOTS;

async function shot(page: Page, name: string): Promise<void> {
  if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
}

suite('access in the console', { timeout: 240_000 }, () => {
  let world: ConsoleWorld;
  let visit: SignedInVisit;
  before(async () => {
    world = await startConsoleWorld({ settings: 'incus:\n  mode: none' });
    visit = await world.signIn({ user: 'berta', roles: ['organization-admin'] });
    await world.admin.kubectl('create', 'namespace', 'shop');
    await world.admin.casemate('user', 'invite', 'victor');
  });
  after(() => world?.close());

  test('of every object it says who can reach it, and of anybody why, or why not', async () => {
    const { page, base } = visit;
    await page.goto(`${base}resources/namespaces/shop?tab=access`);
    const who = page.getByRole('grid', { name: 'Who can reach this?' });
    await who.getByRole('row').filter({ hasText: 'berta' }).getByText('organization-admin').waitFor();
    assert.equal(await who.getByText('victor').count(), 0);
    await page.getByRole('textbox', { name: 'Person' }).fill('victor');
    await page.getByRole('button', { name: 'Ask' }).click();
    await page.getByText('No, victor may not').waitFor();
    await page.getByText(/One of these roles would allow it: .*organization-admin/).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await page.goto(`${base}access/who?of=buckets.objects.casemate.internal&project=shop`);
    await page.getByRole('columnheader', { name: 'Read what it holds' }).waitFor();
  });

  test('a guardrail that forbids what a role allows is shown, and says so to whoever asks why', async () => {
    await world.admin.apply(
      JSON.stringify({
        apiVersion: 'access.casemate.internal/v1',
        kind: 'Guardrail',
        metadata: { name: 'keep' },
        spec: {
          message: 'the ledger of prices stays: ask the archive',
          verbs: ['delete'],
          resources: ['configmaps'],
          projects: ['shop'],
          subjects: [{ kind: 'User', name: 'berta' }],
        },
      }),
    );
    const { page, base } = visit;
    await page.goto(`${base}access/who?of=configmaps&project=shop`);
    const who = page.getByRole('grid', { name: 'Who can reach this?' });
    const berta = who.getByRole('row').filter({ hasText: 'berta' });
    await berta.getByRole('img', { name: 'forbidden by a guardrail' }).waitFor();
    await berta.getByRole('img', { name: 'may', exact: true }).first().waitFor();
    await berta.getByText('Kept from the rest by Guardrail keep: the ledger of prices stays').waitFor();
    // Somebody else it does not bind.
    const alice = who.getByRole('row').filter({ hasText: 'alice' });
    await alice.getByText('organization-admin').waitFor();
    assert.equal(await alice.getByRole('img', { name: 'forbidden by a guardrail' }).count(), 0);
    await page.getByRole('textbox', { name: 'Person' }).fill('berta');
    await page.getByRole('combobox', { name: 'Wants to' }).selectOption({ label: 'Delete' });
    await page.getByRole('button', { name: 'Ask' }).click();
    await page.getByText('No, berta may not').waitFor();
    await page.getByText('Guardrail keep: the ledger of prices stays: ask the archive').last().waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await shot(page, 'guardrail');
    await world.admin.kubectl('delete', 'guardrail', 'keep');
  });

  test('a review decides about each right, and is completed once all are decided', async () => {
    await world.admin.apply(
      JSON.stringify({
        apiVersion: 'access.casemate.internal/v1',
        kind: 'AccessReview',
        metadata: { name: 'yearly' },
        spec: { repeat: false },
      }),
    );
    const { page, base } = visit;
    await page.goto(`${base}resources/accessreviews.access.casemate.internal/yearly?tab=decide`);
    const rights = page.getByRole('grid', { name: 'Rights under review' });
    const complete = page.getByRole('button', { name: 'Complete the review' });
    const own = rights.getByRole('group', { name: 'organization-admin of berta' });
    await own.getByRole('button', { name: 'Revoke' }).waitFor();
    assert.equal(await own.getByRole('button', { name: 'Keep' }).isDisabled(), true);
    assert.equal(await complete.getAttribute('aria-disabled'), 'true');
    await rights
      .getByRole('group', { name: 'organization-admin of alice' })
      .getByRole('button', { name: 'Keep' })
      .click();
    await page.getByText('1 right is undecided.').waitFor();
    // One's own right somebody else has to keep; it is shown as soon as they did.
    await world.admin.casemate('access', 'review', 'decide', 'yearly', 'keep', '--undecided');
    await page.getByText('Everything is decided.').waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await complete.click();
    await page.getByText(/Completed by berta: \d+ kept, 0 revoked/).waitFor();
  });

  test('somebody sees where they are signed in, and ends it', async () => {
    const { page, base } = await world.signIn({ user: 'dora', roles: ['organization-admin'] });
    await page.goto(`${base}access/sessions`);
    const own = page.getByRole('grid', { name: 'Where you are signed in' });
    await own
      .getByRole('row', { name: /casemate-console passkey/ })
      .first()
      .waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await own.getByRole('button', { name: 'End session' }).first().click();
    // It was this one: nothing of it counts any more.
    await page.getByText('Your session has ended.').waitFor();
  });

  test('home says what needs attention, and teaches where there is nothing yet', async () => {
    const { page, base } = visit;
    await page.goto(base);
    await page.getByRole('link', { name: 'Make an instance' }).waitFor();
    await world.admin.apply(
      JSON.stringify({
        apiVersion: 'tenancy.casemate.internal/v1',
        kind: 'Quota',
        metadata: { name: 'limits', namespace: 'shop' },
        spec: { hard: { 'count/configmaps': '4' } },
      }),
    );
    await world.admin.kubectl('-n', 'shop', 'create', 'configmap', 'one');
    await page.getByRole('progressbar', { name: 'Config maps' }).waitFor();
    await page.getByText('1 of 4').waitFor();
    const latest = page.getByRole('list', { name: 'Latest changes' });
    await latest.getByRole('listitem').filter({ hasText: 'configmaps/shop/one' }).waitFor();
    await world.region.casemate(
      ...['access-request', 'create', 'look', '--org', world.organization, '--project', 'shop'],
      ...['--read', 'configmaps', '--reason', 'ticket 1', '--key', `${world.region.scratch}/look.key`],
    );
    await page.getByRole('heading', { name: /Operator operator asks for access to project shop/ }).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await page.getByRole('button', { name: 'Look and decide' }).click();
    await page.getByRole('heading', { name: 'Operators in your organization', level: 1 }).waitFor();
    assert.deepEqual(visit.complaints(), []);
    assert.deepEqual([...visit.origins()], [new URL(base).origin]);
  });

  test('an auditor reads the evidence in French: home, history, ledger and its proof, access; nothing shouts', async () => {
    const { page, base, complaints } = await world.signIn({
      user: 'claude',
      roles: ['organization-auditor'],
      locale: 'fr-FR',
    });
    await page.getByRole('heading', { name: 'À regarder' }).waitFor();
    await page.goto(`${base}resources/namespaces/shop?tab=history`);
    await page
      .getByRole('row', { name: /Création/ })
      .getByRole('button')
      .click();
    await page.getByRole('button', { name: 'Vérifier' }).click();
    await page.getByText('Vérifié dans ce navigateur').waitFor();
    for (const [path, heading] of [
      ['ledger', 'Registre'],
      ['access', 'Exploitants dans votre organisation'],
      ['approvals', 'Approbations'],
      ['access/who', 'Qui peut y accéder ?'],
      ['access/sessions', 'Vos sessions ouvertes'],
    ] as const) {
      await page.goto(`${base}${path}`);
      await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
      await page.getByRole('progressbar').first().waitFor({ state: 'detached' });
      assert.equal(await page.getByText('Cela n’a pas fonctionné').count(), 0, path);
    }
    assert.deepEqual(complaints(), []);
  });
});
