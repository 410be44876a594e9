/** Two operators at the region's console, who agree with each other on what nobody does alone: for tests of its pages. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import {
  type ConsoleWorld,
  type ConsoleWorldOptions,
  type SignedInVisit,
  startConsoleWorld,
} from './console.ts';
import { LOCALES, type Say, type Spoken, sayIn } from './spoken.ts';

/** What one says when one asks others. */
export const REASON = 'the plan of November';
const ENGLISH = sayIn('en');

/** One who asks and another who agrees, both in one language. */
export interface Two {
  readonly asks: SignedInVisit;
  readonly agrees: SignedInVisit;
  readonly say: Say;
  readonly reason: string;
  /** At what each of them says yes to, before they do. */
  look?(page: Page): Promise<void>;
}

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
    const ann = await operatorAt(world, 'ann');
    const ben = await operatorAt(world, 'ben');
    const two: Two = { asks: ann, agrees: ben, say: ENGLISH, reason: REASON };
    return {
      world,
      ann,
      ben,
      agree: (what, link) => agreeAsTwo(two, what, link),
    };
  } catch (error) {
    await world.close();
    throw error;
  }
}

/** An operator with a passkey, at the region's console. */
export async function operatorAt(
  world: ConsoleWorld,
  user: string,
  language: Spoken = 'en',
): Promise<SignedInVisit> {
  const locale = LOCALES[language];
  return await world.signIn({ user, roles: ['region-operator'], place: 'region', locale });
}

/** The first asks on the page that they see, the second agrees where it waits, the first does it. */
export async function agreeAsTwo(two: Two, what: string, link: string): Promise<void> {
  const { say, reason } = two;
  const asks = two.asks.page;
  const agrees = two.agrees.page;
  await ask(asks, what, two);
  const own = asks.getByRole('button', { name: say('consent.request.approve') });
  await own.waitFor();
  assert.equal(await own.getAttribute('aria-disabled'), 'true');
  await asks.getByText(say('consent.request.own')).waitFor();
  await openPage(agrees, say('operator.approvals.title'), say('app.navigation'));
  await agrees.getByRole('link', { name: link, exact: true }).first().click();
  await agrees.getByText(reason).waitFor();
  await two.look?.(agrees);
  await agrees.getByRole('button', { name: say('consent.request.approve') }).click();
  await asks.getByRole('button', { name: say('consent.agreement.do', { what }) }).click();
}

/** Asks for the consent of others, on the page of what it is about. */
export async function ask(
  page: Page,
  what: string,
  { say, reason, look }: Pick<Two, 'say' | 'reason' | 'look'> = { say: ENGLISH, reason: REASON },
): Promise<void> {
  await page.getByRole('button', { name: say('consent.agreement.ask', { what }) }).click();
  await page.getByRole('textbox', { name: say('consent.ask.reason') }).fill(reason);
  await look?.(page);
  await page.getByRole('button', { name: say('consent.ask.submit'), exact: true }).click();
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
