/** Two operators at the region's console, who agree with each other on what nobody does alone: for tests of its pages. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import {
  type ConsoleWorld,
  type ConsoleWorldOptions,
  type SignedInVisit,
  startConsoleWorld,
} from './console.ts';

/** So long one step may take. */
const STEP_MS = 20_000;
/** What one says when one asks others. */
export const REASON = 'the plan of November';

export interface TwoAtTheConsole {
  readonly world: ConsoleWorld;
  /** Asks, and does what was agreed to. */
  readonly ann: SignedInVisit;
  readonly ben: SignedInVisit;
  /** Ann asks on the page that she sees, ben agrees where it waits, ann does it. `link`: what the thing is called. */
  agree(what: string, link: string): Promise<void>;
}

export async function twoAtTheConsole(options: ConsoleWorldOptions): Promise<TwoAtTheConsole> {
  const world = await startConsoleWorld(options);
  try {
    const operator = async (user: string) => {
      const visit = await world.signIn({ user, roles: ['region-operator'], place: 'region' });
      visit.page.setDefaultTimeout(STEP_MS);
      return visit;
    };
    const ann = await operator('ann');
    const ben = await operator('ben');
    return {
      world,
      ann,
      ben,
      async agree(what, link) {
        await ask(ann.page, what);
        const own = ann.page.getByRole('button', { name: 'Approve' });
        await own.waitFor();
        assert.equal(await own.getAttribute('aria-disabled'), 'true');
        await ann.page.getByText('You asked for this yourself: it takes somebody else').waitFor();
        await openPage(ben.page, 'Approvals');
        await ben.page.getByRole('link', { name: link, exact: true }).first().click();
        await ben.page.getByText(REASON).waitFor();
        await ben.page.getByRole('button', { name: 'Approve' }).click();
        await ann.page.getByRole('button', { name: `${what} now` }).click();
      },
    };
  } catch (error) {
    await world.close();
    throw error;
  }
}

/** Asks for the consent of others, on the page of what it is about. */
export async function ask(page: Page, what: string): Promise<void> {
  await page.getByRole('button', { name: `${what}: ask for approval` }).click();
  await page.getByRole('textbox', { name: 'Reason' }).fill(REASON);
  await page.getByRole('button', { name: 'Ask for approval', exact: true }).click();
}

/** By the navigation: pages have links of the same names. */
export const openPage = (page: Page, name: string, navigation = 'Global') =>
  page
    .getByRole('navigation', { name: navigation, exact: true })
    .getByRole('link', { name, exact: true })
    .click();

/** Nothing was asked of anybody but the region, and no page complained. */
export function assertQuiet(...visits: readonly SignedInVisit[]): void {
  for (const { origins, complaints, base } of visits) {
    assert.deepEqual([...origins()], [new URL(base).origin]);
    assert.deepEqual(complaints(), []);
  }
}
