/** A list of ten thousand: in the page are the rows that somebody sees, and it stays smooth. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { apiClient, kubeconfigCredentials } from '../support/api-client.ts';
import { type ConsoleWorld, startConsoleWorld } from './console.ts';

const MANY = 10_000;
const AT_ONCE = 32;
/** Those in sight and a few around them. */
const ROWS_IN_PAGE_MAX = 100;
const FRAMES = 120;

suite('a list of ten thousand in the console', { timeout: 400_000 }, () => {
  let world: ConsoleWorld;
  before(async () => {
    world = await startConsoleWorld({ settings: 'incus:\n  mode: none\nrequestsPerSecond: 10000' });
    await world.admin.kubectl('create', 'namespace', 'crowd');
    const api = apiClient(
      world.region.url,
      kubeconfigCredentials(readFileSync(world.admin.kubeconfig, 'utf8')),
    );
    let next = 0;
    const worker = async () => {
      while (next < MANY) {
        const name = `secret-${String(next++).padStart(5, '0')}`;
        const { code } = await api.send('POST', '/orgs/ministry/api/v1/namespaces/crowd/secrets', {
          metadata: { name },
        });
        assert.equal(code, 201);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    api.close();
  });
  after(() => world?.close());

  test('is read, searched and scrolled through with a hundred rows in the page', async (t) => {
    const { page, base, complaints } = await world.signIn({ user: 'rita', roles: ['organization-admin'] });
    const began = performance.now();
    await page.goto(`${base}resources/secrets?project=crowd`);
    await page.getByText('10,000 rows').waitFor();
    t.diagnostic(`${Math.round(performance.now() - began)} ms to ten thousand rows`);
    const rows = page.locator('tbody tr:has(a)');
    assert.ok((await rows.count()) > 5 && (await rows.count()) < ROWS_IN_PAGE_MAX, `${await rows.count()}`);
    const frames = (await page.evaluate(`new Promise((resolve) => {
      const area = document.querySelector('.casemate-table');
      const times = [];
      const step = (now) => {
        times.push(now);
        area.scrollTop += area.scrollHeight / ${FRAMES};
        if (times.length <= ${FRAMES}) requestAnimationFrame(step);
        else resolve(times.slice(1).map((time, at) => time - times[at]));
      };
      requestAnimationFrame(step);
    })`)) as number[];
    const sorted = frames.toSorted((a, b) => a - b);
    t.diagnostic(
      `scrolled to the end in ${FRAMES} frames of ${sorted[FRAMES >> 1]?.toFixed(1)} ms (median), the longest ${sorted.at(-1)?.toFixed(1)} ms`,
    );
    await page.getByRole('link', { name: `secret-0${MANY - 1}`, exact: true }).waitFor();
    assert.ok((await rows.count()) < ROWS_IN_PAGE_MAX);
    await page.getByRole('textbox', { name: 'Search secrets' }).fill('secret-04321');
    await page.getByText('1 row', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'secret-04321', exact: true }).waitFor();
    await world.admin.kubectl('-n', 'crowd', 'delete', 'secret', 'secret-04321');
    await page.getByText(/^None of 9,?999 matches$/).waitFor();
    assert.deepEqual(complaints(), []);
  });
});
