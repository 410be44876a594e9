/** The way from the sign-in page to a shell in a new instance, as somebody goes it who has read nothing; and what tests of instances share. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Page } from 'playwright-core';
import { axeFindings } from './axe.ts';
import { type ConsoleWorld, type SignedInVisit, signInWithPasskey } from './console.ts';

/** From the sign-in page to a prompt: sign in, make an instance, say that it is right as it is. */
const CLICKS_MAX = 4;
export const INSTANCES = 'resources/instances.compute.casemate.internal';

/** Keeps a picture of the page where whoever runs this wants pictures. */
export async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env.CASEMATE_SCREENSHOTS;
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

/** Counts what somebody does with the mouse. */
async function countClicks(page: Page): Promise<() => number> {
  let clicks = 0;
  await page.exposeFunction('casemateClick', () => {
    clicks += 1;
  });
  await page.addInitScript({
    content: "addEventListener('click', (event) => event.isTrusted && casemateClick(), { capture: true })",
  });
  return () => clicks;
}

/** What the terminal of an instance shows, as a screen reader has it. */
export const screenLine = (page: Page, text: RegExp) =>
  page.getByRole('listitem').filter({ hasText: text }).first();

export const RUNS = {
  english: {
    locale: 'en-GB',
    user: 'berta',
    // Of an organization with nothing in it, home says what to do.
    way: [/^Make an instance$/],
    words: {
      instance: 'instance-1',
      title: 'Create an instance',
      submit: 'Create instance',
      terminal: 'Terminal of instance-1',
    },
  },
  french: {
    locale: 'fr-FR',
    user: 'bertrand',
    way: [/^Instances$/, /^Créer.* instance/i],
    words: {
      instance: 'instance-2',
      title: 'Créer une instance',
      submit: 'Créer l’instance',
      terminal: 'Terminal de instance-2',
    },
  },
} as const;

/** Signs in, makes an instance, and is at its prompt; says after how many clicks. Its terminal stays open. */
export async function runToShell(
  world: ConsoleWorld,
  t: TestContext,
  { locale, user, way, words }: (typeof RUNS)[keyof typeof RUNS],
): Promise<SignedInVisit> {
  const visit = await world.signIn({
    user,
    roles: ['organization-admin'],
    locale,
  });
  const { page, base, origins, complaints } = visit;
  const clicks = await countClicks(page);
  await page.context().clearCookies();
  await page.goto(base);
  const started = performance.now();
  await signInWithPasskey(page);
  for (const link of way) await page.getByRole('link', { name: link }).first().click();
  await page.getByRole('heading', { name: words.title, level: 1 }).waitFor();
  assert.deepEqual(await axeFindings(page), []);
  await shoot(page, `create-${locale}`);
  await page.getByRole('button', { name: words.submit }).click();
  const terminal = page.getByRole('textbox', { name: words.terminal });
  await terminal.waitFor();
  await screenLine(page, new RegExp(`^root@${words.instance}`)).waitFor({ state: 'attached' });
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  t.diagnostic(`a shell after ${clicks()} clicks and ${seconds} s`);
  assert.ok(clicks() <= CLICKS_MAX);
  await terminal.pressSequentially('hostname; printf "\\033[38;2;1;2;3m\\033[1mtrue colour\\033[0m\\n"\n');
  await screenLine(page, new RegExp(`^${words.instance}\\s*$`)).waitFor({ state: 'attached' });
  await screenLine(page, /^true colour\s*$/).waitFor({ state: 'attached' });
  await shoot(page, `terminal-${locale}`);
  assert.deepEqual([...origins()], [new URL(base).origin]);
  assert.deepEqual(complaints(), []);
  return visit;
}
