/** Waits in the page for what has no role or name to wait for. Playwright's `waitForFunction` asks again by `eval`, which the console's Content-Security-Policy forbids. */
import type { Page } from 'playwright-core';

/** `expression`: of the page's own JavaScript. Looked at once a frame, until it is true or the test's time is up. */
export async function until(page: Page, expression: string): Promise<void> {
  await page.evaluate(`new Promise((resolve) => {
    const look = () => ((${expression}) ? resolve() : requestAnimationFrame(look));
    look();
  })`);
}
