/** Proof in the browser: the history of an object, verified there, and what happens when somebody tampers with the log on its way. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { testSigner, vkeyOf } from '#trust/ledger/test-log.ts';
import { type ConsoleWorld, type SignedInVisit, startConsoleWorld } from './console.ts';
import { changeAnswers } from './in-between.ts';

suite('proof in the console', { timeout: 240_000 }, () => {
  let world: ConsoleWorld;
  let visit: SignedInVisit;
  before(async () => {
    world = await startConsoleWorld({ settings: 'incus:\n  mode: none' });
    visit = await world.signIn({ user: 'berta', roles: ['organization-admin'] });
    await world.admin.kubectl('create', 'namespace', 'shop');
    await world.admin.kubectl('label', 'namespace', 'shop', 'tier=front');
  });
  after(() => world?.close());

  test('shows who changed an object, what changed, and verifies it here; the receipt is one that the command checks', async () => {
    const { page, base } = visit;
    await page.goto(`${base}resources/namespaces/shop?tab=history`);
    const changes = page.getByRole('grid', { name: 'History' });
    await changes.getByRole('row', { name: /Created/ }).waitFor();
    const labelled = changes.getByRole('row', { name: /Changed/ }).first();
    await labelled.getByRole('button').click();
    const diff = page.getByRole('grid', { name: /^What leaf \d+ changed$/ });
    await diff.getByRole('row', { name: 'metadata.labels.tier not there front' }).waitFor();
    await page.getByRole('button', { name: 'Verify' }).click();
    await page.getByText('Verified in this browser').waitFor();
    const waiting = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download receipt' }).click();
    const download = await waiting;
    const file = join(world.region.scratch, download.suggestedFilename());
    await download.saveAs(file);
    const [key] = (await world.admin.casemate('ledger', 'key')).trim().split(/\s+/);
    const said = await world.admin.casemate('ledger', 'check-receipt', file, '--key', key ?? '');
    assert.match(said, /proven\./);
  });

  test('a byte that was changed on its way is shown as not verified, and another key as an alarm', async () => {
    const { page, base } = visit;
    const tamper = async (urlPattern: string, change: (bytes: Buffer) => Buffer) => {
      const asItIs = await changeAnswers(page, [urlPattern], change);
      await page.goto(`${base}ledger/changes/1`);
      await page.getByRole('button', { name: 'Verify' }).click();
      await page.getByText('NOT verified').waitFor();
      const receipts: string[] = [];
      page.on('download', (download) => receipts.push(download.suggestedFilename()));
      await page.getByRole('button', { name: 'Download receipt' }).click();
      await page.getByText('NOT verified').waitFor();
      assert.deepEqual(receipts, []);
      await asItIs();
    };
    const flipped = (at: number) => (bytes: Buffer) => {
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      return bytes;
    };
    await tamper('*/ledger/changes/tile/0/*', flipped(0));
    await page.getByText('This leaf is not the one that the log signed', { exact: false }).waitFor();
    const text = (change: (said: string) => string) => (bytes: Buffer) =>
      Buffer.from(change(bytes.toString()));
    await tamper(
      '*/ledger/changes/checkpoint',
      text((said) => said.replace(/^(.*\n\d+\n)(.)/, (_, head, first) => head + (first === 'A' ? 'B' : 'A'))),
    );
    await page.getByText('The signature does not fit the checkpoint', { exact: false }).waitFor();
    const other = testSigner();
    const [served = ''] = (await world.admin.casemate('ledger', 'key')).trim().split(/\s+/);
    const forged = vkeyOf({ ...other, origin: served.slice(0, served.indexOf('+')) });
    await tamper('*/ledger/changes/key', () => Buffer.from(`${forged}\n`));
    await page.getByText('This is an alarm', { exact: false }).waitFor();
    // Nothing is wrong without whoever was in between.
    await page.goto(`${base}ledger/changes/1`);
    await page.getByRole('button', { name: 'Verify' }).click();
    await page.getByText('Verified in this browser').waitFor();
  });

  test('shows the ledger from its newest leaf, finds what one looks for, and compares the key with the one on paper', async () => {
    const { page, base } = visit;
    await page.goto(`${base}ledger`);
    await page.getByText('Verified in this browser').waitFor();
    await page.getByRole('textbox', { name: 'Who, what or object' }).fill('namespaces/shop');
    const leaves = page.getByRole('grid', { name: 'Leaves' });
    await leaves.getByRole('row', { name: /Created namespaces\/shop/ }).waitFor();
    await page.getByRole('button', { name: 'Compare with the key on paper' }).click();
    const paper = page.getByRole('textbox', { name: 'Key as it stands on paper' });
    await paper.fill(vkeyOf(testSigner()));
    await page.getByRole('button', { name: 'Compare', exact: true }).click();
    await page.getByText('The key of the log is not a proper key').waitFor();
    await paper.fill(await world.admin.casemate('ledger', 'key'));
    await page.getByRole('button', { name: 'Compare', exact: true }).click();
    await page.getByText('It is the key that the log shows').waitFor();
    await page.getByRole('tab', { name: 'Access' }).click();
    await page.getByRole('heading', { name: 'Leaves' }).waitFor();
    await page.getByRole('spinbutton', { name: 'Go to leaf' }).fill('0');
    await page.getByRole('button', { name: 'Go to leaf' }).click();
    await page.getByRole('heading', { name: 'Leaf 0 (Access)', level: 1 }).waitFor();
  });

  test('a person of the organization lets an operator in, and ends it', async () => {
    const { page, base } = visit;
    const key = join(world.region.scratch, 'help.key');
    await world.region.casemate(
      ...['access-request', 'create', 'help', '--org', world.organization, '--project', 'shop'],
      ...['--read', 'configmaps', '--reason', '<b>ticket 4711</b>', '--key', key],
    );
    await page.goto(`${base}access`);
    const asked = page.getByRole('region', { name: /asks for access to project shop/ });
    await asked.getByText('get, list, watch on configmaps (every one in the project)').waitFor();
    await asked.getByText('<b>ticket 4711</b>').waitFor();
    await asked.getByRole('textbox', { name: /A word on it/ }).fill('go ahead');
    await asked.getByRole('button', { name: 'Let them in' }).click();
    const isIn = page.getByRole('region', { name: /has access to project shop/ });
    await isIn.getByRole('button', { name: 'End access now' }).click();
    await page
      .getByRole('grid', { name: 'Ended' })

      .getByText('Ended early by berta')
      .waitFor();
    const out = join(world.region.scratch, 'help.kubeconfig');
    await assert.rejects(
      world.region.casemate('access-request', 'open', 'help', '--key', key, '--out', out),
      /Revoked/,
    );
  });

  test('a second person sees what would be lost, and agrees to it; nobody agrees to their own', async () => {
    await world.admin.apply(
      JSON.stringify({
        apiVersion: 'access.casemate.internal/v1',
        kind: 'ApprovalPolicy',
        metadata: { name: 'two' },
        spec: { rules: [{ resource: 'keys.keys.casemate.internal', approvals: 1 }] },
      }),
    );
    await world.admin.casemate(
      ...['approval', 'request', 'delete', 'approvalpolicy/two', '--reason', 'it was a mistake'],
    );
    const { page, base } = visit;
    await page.goto(`${base}approvals`);
    const lost = page.getByRole('grid', { name: 'What would become of two' });
    await lost.getByRole('row', { name: 'spec.rules[0].approvals 1 removed' }).waitFor();
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('Agreed to; who asked can do it now').first().waitFor();
    await world.admin.kubectl('delete', 'approvalpolicy', 'two');
    await page
      .getByRole('grid', { name: 'Decided' })
      .getByRole('row', { name: 'Delete two alice Approved and done berta' })
      .waitFor();
  });
});
