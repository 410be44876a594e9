/** The console in Chromium against a whole region: from an invitation to what one came for. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { type ConsoleWorld, startConsoleWorld } from './console.ts';

suite('the console', { timeout: 240_000 }, () => {
  let world: ConsoleWorld;
  before(async () => {
    world = await startConsoleWorld({ settings: 'incus:\n  mode: none' });
  });
  after(() => world?.close());

  test('signs in with a passkey, and shows what there is as it changes', async () => {
    const { page, base, origins, complaints } = await world.signIn({
      user: 'berta',
      roles: ['organization-admin'],
    });
    await page.getByRole('heading', { name: 'Home', level: 1 }).waitFor();
    await page.goto(`${base}resources/namespaces`);
    await page.getByRole('heading', { name: 'Projects', level: 1 }).waitFor();
    await world.admin.kubectl('create', 'namespace', 'shop');
    await page.getByRole('link', { name: 'shop' }).click();
    await page.getByRole('heading', { name: 'shop', level: 1 }).waitFor();
    await world.admin.kubectl('label', 'namespace', 'shop', 'tier=front');
    await page.getByText('tier=front').waitFor();
    assert.deepEqual([...origins()], [new URL(base).origin]);
    assert.deepEqual(complaints(), []);
  });
});
