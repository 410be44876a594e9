/** What the ledger keeps, in the console: who used a key and for what, what became of objects that are gone, and who watches over the log. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { cosignerVkey } from '#kernel/log/cosignature.ts';
import { freePort } from '#kernel/wire/test-port.ts';
import { PROGRAM_FOLDER } from '#region/program.ts';
import { testCosigner } from '#trust/ledger/test-log.ts';
import { output, untilFirstWord } from '../support/command.ts';
import { axeFindings } from './axe.ts';
import { type ConsoleWorld, type SignedInVisit, startConsoleWorld } from './console.ts';
import { changeAnswers } from './in-between.ts';

const SHOTS = process.env.CONSOLE_SCREENSHOTS;
const CASEMATE = join(PROGRAM_FOLDER, 'casemate');

suite('what the ledger keeps, in the console', { timeout: 240_000 }, () => {
  let world: ConsoleWorld;
  let visit: SignedInVisit;
  before(async () => {
    world = await startConsoleWorld({
      settings: 'incus:\n  mode: none\nledger:\n  witnessNetworks: [127.0.0.0/8]',
    });
    visit = await world.signIn({ user: 'berta', roles: ['organization-admin'] });
    await world.admin.kubectl('create', 'namespace', 'shop');
  });
  after(() => world?.close());

  const shot = async (name: string) => {
    if (SHOTS !== undefined)
      await visit.page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
  };

  const use = (...args: readonly string[]) =>
    world.region.run(CASEMATE, ['key', ...args, '-n', 'shop'], {
      env: { KUBECONFIG: world.admin.kubeconfig },
      input: 'a secret',
    });

  test('a key says who used it, when and for what; what happens meanwhile appears, and each use is verified here', async () => {
    const { admin, region } = world;
    await admin.casemate('key', 'create', 'data', '-n', 'shop', '--algorithm', 'AES-256-GCM');
    await admin.kubectl('-n', 'shop', 'wait', '--for=condition=Ready', 'key/data', '--timeout=60s');
    const { page, base } = visit;
    await page.goto(`${base}resources/keys.keys.casemate.internal/shop/data?tab=usage`);
    await page.getByRole('heading', { name: 'No use in this time' }).waitFor();
    await output(use('encrypt', 'data', '--reason', 'BACKUP'), 'casemate key encrypt');
    const uses = page.getByRole('grid', { name: 'Usage' });
    // It appears by itself.
    const encrypted = uses.getByRole('row', { name: /alice.* Encrypt \(reason: BACKUP\) allowed/ });
    await encrypted.waitFor();
    await page.getByRole('img', { name: '1 use and no refusal in these days; 1 on the busiest' }).waitFor();
    await encrypted.getByRole('button').click();
    await page.getByRole('button', { name: 'Verify' }).click();
    await page.getByText('Verified in this browser').waitFor();
    await page.getByText('Who it was: the record fits the digest in the leaf').waitFor();

    // What is not allowed is there, and is no use.
    assert.notEqual((await use('decrypt', 'data')).code, 0);
    await uses.getByRole('row', { name: /alice.* Decrypt failed: BadRequest/ }).waitFor();
    await page.getByRole('img', { name: '1 use and 1 refusal in these days; 2 on the busiest' }).waitFor();

    // A bucket whose own key it holds: an object put into it, and read.
    await admin.casemate('bucket', 'create', 'photos', '-n', 'shop', '--key', 'data');
    const wrapped = uses.getByRole('row', { name: /Wrap for bucket photos allowed/ });
    await wrapped.waitFor();
    await wrapped.getByRole('link', { name: 'photos' }).click();
    await page.getByRole('tab', { name: 'Objects' }).click();
    const file = join(region.scratch, 'a.txt');
    await writeFile(file, 'a photo');
    const chosen = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Upload files' }).click();
    await (await chosen).setFiles(file);
    await page
      .getByRole('button', { name: 'a.txt', exact: true })
      .or(page.getByRole('link', { name: 'a.txt', exact: true }))
      .first()
      .waitFor();
    await page.goto(`${base}resources/keys.keys.casemate.internal/shop/data?tab=usage`);
    await wrapped.waitFor();
    await page.getByRole('button', { name: 'Uses a day as a table' }).click();
    await page.getByRole('grid', { name: 'Uses a day as a table' }).getByRole('row').nth(1).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await shot('usage');

    // Narrowed to a caller, and to a time.
    await page.getByRole('textbox', { name: 'Caller' }).fill('objects');
    await encrypted.waitFor({ state: 'detached' });
    await wrapped.waitFor();
    await page.getByRole('textbox', { name: 'Caller' }).fill('');
    await encrypted.waitFor();
    await page.getByLabel('Until').fill('2026-01-01');
    await page.getByRole('heading', { name: 'No use in this time' }).waitFor();
    await page.getByLabel('Until').fill('');
    await uses
      .getByRole('row', { name: /Encrypt/ })
      .getByRole('link')
      .last()
      .click();
    await page.getByRole('heading', { name: /^Leaf \d+ \(Access\)$/, level: 1 }).waitFor();
    assert.deepEqual([...visit.origins()], [new URL(base).origin]);
    assert.deepEqual(visit.complaints(), []);
  });

  test('who keeps the keys sees each use of them and verifies it, and nothing else of the log', async () => {
    const custodian = await world.signIn({ user: 'kim', roles: ['key-custodian'] });
    const { page, base } = custodian;
    await page.goto(`${base}resources/keys.keys.casemate.internal/shop/data?tab=usage`);
    const uses = page.getByRole('grid', { name: 'Usage' });
    const encrypted = uses.getByRole('row', { name: /alice.* Encrypt \(reason: BACKUP\) allowed/ });
    await encrypted.waitFor();
    await uses.getByRole('row', { name: /Wrap for bucket photos allowed/ }).waitFor();
    // It appears by itself, and leads nowhere that its reader may not go.
    await output(use('encrypt', 'data', '--reason', 'AUDIT'), 'casemate key encrypt');
    await uses.getByRole('row', { name: /alice.* Encrypt \(reason: AUDIT\) allowed/ }).waitFor();
    await encrypted.getByRole('button').click();
    await page.getByRole('button', { name: 'Verify' }).click();
    await page.getByText('Verified in this browser').waitFor();
    await page.getByText('Who it was: the record fits the digest in the leaf').waitFor();
    assert.deepEqual(await axeFindings(page), []);
    if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, 'custodian.png'), fullPage: true });
    assert.equal(await encrypted.getByRole('link').count(), 0);
    await page.goto(`${base}ledger`);
    await page.getByText('It takes one of these roles', { exact: false }).first().waitFor();
    assert.deepEqual([...custodian.origins()], [new URL(base).origin]);
    assert.deepEqual(custodian.complaints(), []);
  });

  test('what was deleted has a history: who ended it, what it was, verified; and a name used twice shows both lives', async () => {
    const { admin } = world;
    const { page, base } = visit;
    const address = `${base}resources/configmaps/shop/prices`;
    await admin.kubectl('-n', 'shop', 'create', 'configmap', 'prices', '--from-literal=apple=1');
    await page.goto(address);
    await page.getByRole('heading', { name: 'prices', level: 1 }).waitFor();
    // It goes while somebody looks at it.
    await admin.kubectl('-n', 'shop', 'delete', 'configmap', 'prices');
    await page.getByRole('heading', { name: 'prices was deleted' }).waitFor();
    await page.getByText(/It was deleted by alice on/).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await shot('gone');
    await page.getByRole('link', { name: 'See its history' }).click();
    const history = page.getByRole('grid', { name: 'History' });
    const deleted = history.getByRole('row', { name: /alice Deleted/ });
    await deleted.waitFor();
    await history.getByRole('row', { name: /alice Created/ }).waitFor();
    await page.getByRole('heading', { name: 'What it was at its end' }).waitFor();
    await page.getByText('apple').first().waitFor();
    await deleted.getByRole('button').click();
    await page.getByRole('button', { name: 'Verify' }).click();
    await page.getByText('Verified in this browser').waitFor();
    const waiting = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download receipt' }).click();
    const download = await waiting;
    const file = join(world.region.scratch, download.suggestedFilename());
    await download.saveAs(file);
    const [key = ''] = (await admin.casemate('ledger', 'key')).trim().split(/\s+/);
    assert.match(await admin.casemate('ledger', 'check-receipt', file, '--key', key), /proven\./);
    assert.deepEqual(await axeFindings(page), []);
    await shot('gone-history');

    // The same name again: another object, and the page says so.
    await admin.kubectl('-n', 'shop', 'create', 'configmap', 'prices', '--from-literal=apple=2');
    await page.goto(`${address}?tab=history`);
    await page.getByRole('heading', { name: 'Earlier objects of this name' }).waitFor();
    await page.getByRole('button', { name: /^Made by alice on .*; deleted by alice on/ }).click();
    await history
      .nth(1)
      .getByRole('row', { name: /alice Deleted/ })
      .waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await shot('lives');
    await admin.kubectl('-n', 'shop', 'delete', 'configmap', 'prices');
    await page.goto(`${address}?tab=history`);
    await page
      .getByRole('button', { name: /^Made by alice on .*; deleted by alice on/ })
      .nth(1)
      .waitFor();

    // From the ledger: the leaf of what is gone leads there.
    await page.goto(`${base}ledger`);
    await page.getByRole('textbox', { name: 'Who, what or object' }).fill('configmaps/shop/prices');
    await page
      .getByRole('grid', { name: 'Leaves' })
      .getByRole('row', { name: /Deleted/ })
      .getByRole('link')
      .first()
      .click();
    await page.getByRole('link', { name: 'All of the history of prices' }).click();
    await page.getByText(/It was deleted by alice on/).waitFor();

    // What never was is not said to be gone.
    await page.goto(`${base}resources/configmaps/shop/never`);
    await page.getByText('The ledger knows of no such object').waitFor();
    assert.deepEqual([...visit.origins()], [new URL(base).origin]);
    assert.deepEqual(visit.complaints(), []);
  });

  test('witnesses whose keys one pins are verified here, others only named; a cosignature that does not hold is an alarm', async (t) => {
    const { admin, region } = world;
    const { page, base } = visit;
    const folder = join(region.scratch, 'witness');
    await region.casemate('witness', 'init', '--folder', folder, '--name', 'court.example/w');
    const keys = await region.casemate('witness', 'key', '--folder', folder);
    const vkeys = join(region.scratch, 'changes.vkey');
    await writeFile(vkeys, await admin.casemate('ledger', 'key'));
    await region.casemate('witness', 'follow', vkeys, '--folder', folder);
    const listen = `127.0.0.1:${await freePort()}`;
    const running = spawn(CASEMATE, ['witness', 'run', '--folder', folder, '--listen', listen], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(async () => {
      const ended = once(running, 'exit');
      running.kill('SIGKILL');
      await ended;
    });
    await untilFirstWord(running, 'the witness');
    await admin.apply(
      JSON.stringify({
        apiVersion: 'ledger.casemate.internal/v1',
        kind: 'Witness',
        metadata: { name: 'court' },
        spec: { url: `http://${listen}`, keys: keys.trim().split('\n'), logs: ['changes'] },
      }),
    );
    await admin.kubectl('wait', '--for=condition=Ready', 'witness/court', '--timeout=90s');

    await page.goto(`${base}ledger`);
    const state = page.getByRole('region', { name: 'State of the log' });
    await state.getByText('The log’s second signature, with ML-DSA-44, fits too', { exact: false }).waitFor();
    await state.getByText('only named: this browser has no key of theirs').nth(1).waitFor();
    await page.getByRole('button', { name: 'Keys of witnesses' }).click();
    const paste = page.getByRole('textbox', { name: 'Keys, as the witness prints them' });
    await paste.fill(await admin.casemate('ledger', 'key'));
    await page.getByRole('button', { name: 'Remember' }).click();
    await page.getByText('is the key of a log, not of a witness', { exact: false }).waitFor();
    await paste.fill(`${keys}${cosignerVkey(testCosigner('regulator.example/w'))}`);
    await page.getByRole('button', { name: 'Remember' }).click();
    await page.getByText('3 keys are remembered').waitFor();
    // Both of its keys: Ed25519, and ML-DSA-44, which this Chromium has.
    await state.getByText('verified with the key you gave').nth(1).waitFor();
    await state.getByText(/^regulator\.example\/w \(.*whose key you gave, has not cosigned/).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await shot('witnesses');
    await page.getByRole('button', { name: /^Forget regulator\.example\/w/ }).click();
    await state.getByText(/^regulator\.example\/w/).waitFor({ state: 'detached' });

    // Somebody in between changes a cosignature.
    const changed = (said: string) =>
      said.replaceAll(/(— court\.example\/w .{40})(.)/gu, (_, head, one) => head + (one === 'A' ? 'B' : 'A'));
    const asItIs = await changeAnswers(
      page,
      ['*/ledger/changes/cosigned', '*/ledger/changes/checkpoint'],
      (bytes) => Buffer.from(changed(bytes.toString())),
    );
    await page.goto(`${base}ledger`);
    await state.getByText('does NOT fit the key you gave').nth(1).waitFor();
    await state.getByText('This is an alarm', { exact: false }).waitFor();
    await asItIs();
    // Remembered, and right again without whoever was in between.
    await page.goto(`${base}ledger`);
    await state.getByText('verified with the key you gave').nth(1).waitFor();
    assert.deepEqual([...visit.origins()], [new URL(base).origin]);
    assert.deepEqual(visit.complaints(), []);
  });

  test('all of it is said in French and in German too, and heard by who does not see it', async () => {
    const { page, base } = visit;
    const key = 'resources/keys.keys.casemate.internal/shop/data?tab=usage';
    const gone = 'resources/configmaps/shop/prices';
    for (const [language, usage, wasDeleted, history, state] of [
      ['fr', 'Utilisations par jour', 'prices a été supprimé', 'Historique', 'État du journal'],
      ['de', 'Verwendungen pro Tag', 'prices wurde gelöscht', 'Geschichte', 'Zustand des Protokolls'],
    ] as const) {
      await page.evaluate((chosen) => localStorage.setItem('casemate language', chosen), language);
      for (const [path, heading] of [
        [key, usage],
        [gone, wasDeleted],
        [`${gone}?tab=history`, history],
        ['ledger', state],
      ] as const) {
        await page.goto(`${base}${path}`);
        await page.getByRole('heading', { name: heading }).waitFor();
        await page.getByRole('progressbar').first().waitFor({ state: 'detached' });
        assert.deepEqual(await axeFindings(page), [], `${language} ${path}`);
        assert.doesNotMatch(await page.locator('body').innerText(), /\bproof\.[a-z]/, `${language} ${path}`);
        // What is put together in the page is set as its language sets it.
        if (path === key) {
          const failed = await page
            .getByText(/: BadRequest$/)
            .first()
            .innerText();
          assert.equal(failed.includes('\u00a0:'), language === 'fr', failed);
        }
      }
      await shot(`ledger-${language}`);
    }
    assert.deepEqual(visit.complaints(), []);
  });
});
