/** axe-core over a page as it stands: rules of WCAG 2.2 A and AA, and good practice. It runs in the page, past the Content-Security-Policy, as a tester's tools do. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** A tooltip is found from what it describes (`aria-describedby`), so it need not stand in a landmark; and whether one shows is the pointer's chance. */
const CONFIGURE = `axe.configure({ rules: [
  { id: 'region', selector: 'body :not([role=tooltip], [role=tooltip] *)' },
] })`;
/** Of what is well it needs not tell each element: finding words for those takes it longest. */
const OPTIONS = { runOnly: TAGS, resultTypes: ['violations'] };

interface Found {
  readonly violations: readonly {
    readonly id: string;
    readonly help: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
  }[];
}

/** What comes into sight slowly has other colours until then. What turns for ever is no reason to wait. */
const STILL = `Promise.all(
  document.getAnimations()
    .filter(({ playState, effect }) => playState === 'running' && effect?.getTiming().iterations !== Infinity)
    .map(({ finished }) => finished.catch(() => undefined)),
).then(() => undefined)`;

export const untilStill = (page: Page): Promise<void> => page.evaluate(STILL);

/** What it finds, a line each: the rule, and the first element that breaks it. Empty: nothing. */
export async function axeFindings(page: Page): Promise<string[]> {
  await untilStill(page);
  // A page keeps it until it is loaded anew.
  if (!(await page.evaluate<boolean>('typeof axe === "object"')))
    await page.evaluate(`${SOURCE};${CONFIGURE}`);
  const { violations } = await page.evaluate<Found>(`axe.run(document, ${JSON.stringify(OPTIONS)})`);
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes[0]?.html ?? ''} (${nodes.length})`);
}
