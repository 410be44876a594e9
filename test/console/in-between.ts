/** Somebody between the region and a page. */
import type { Page } from 'playwright-core';

/** What Chromium says of a request that the page has given up meanwhile, or that is of a page which is no more. */
const GIVEN_UP =
  /Invalid InterceptionId|target (?:page, context or browser has been )?closed|session closed/i;

/** Changes what a page is told at some addresses, on its way to it, until what it resolves to is called. */
export async function changeAnswers(
  page: Page,
  urlPatterns: readonly string[],
  change: (bytes: Buffer) => Buffer,
): Promise<() => Promise<void>> {
  const session = await page.context().newCDPSession(page);
  session.on('Fetch.requestPaused', async ({ requestId }) => {
    try {
      const { body, base64Encoded } = await session.send('Fetch.getResponseBody', { requestId });
      const changed = change(Buffer.from(body, base64Encoded ? 'base64' : 'utf8')).toString('base64');
      await session.send('Fetch.fulfillRequest', { requestId, responseCode: 200, body: changed });
    } catch (error) {
      if (!GIVEN_UP.test(String(error))) throw error;
    }
  });
  const patterns = urlPatterns.map((urlPattern) => ({ urlPattern, requestStage: 'Response' as const }));
  await session.send('Fetch.enable', { patterns });
  return () => session.detach();
}

/** Of answers in JSON. */
export const inJson =
  <T>(change: (body: T) => T) =>
  (bytes: Buffer): Buffer =>
    Buffer.from(JSON.stringify(change(JSON.parse(bytes.toString()) as T)));
