/** What a page says: what stands on it, and what a screen reader says beside that: names, hints and values of its elements. And which of that is English where it should not be. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { axeFindings } from './axe.ts';

const ATTRIBUTES = [
  'alt',
  'aria-description',
  'aria-label',
  'aria-placeholder',
  'aria-roledescription',
  'aria-valuetext',
  'placeholder',
  'title',
];

/** What PatternFly says by itself where nobody tells it what to say. */
const PATTERNFLY =
  /\b(?:Select (?:row|all)|(?:Danger|Warning|Success|Info|Custom) alert|(?:error|warning|success) status|Loading|Close|Reset|Copyable|Copy to|Show content|Label group|Scroll (?:back|forward|left|right)|Show (?:more|less)|Breadcrumb|Browse|toggle|Toggle|Minus|Previous|Remove|Search|Sort|Expand|Collapse)\b/;
/** Words that English sentences have, and neither French nor German ones. */
const SENTENCES = /(?<![-\w])(?:the|of|is|are|with|which|whether|that|when|how|it|to|from|by)(?![-\w])/i;

/** Empty: nothing that is heard is English. What says itself that it is (`lang="en"`) is not looked at. */
export async function englishHeard(page: Page): Promise<string[]> {
  const heard = await page.evaluate<string[]>(`[...document.querySelectorAll('*')]
    .filter((one) => (one.closest('[lang]')?.getAttribute('lang') ?? '') !== 'en')
    .flatMap((one) => [
      ...${JSON.stringify(ATTRIBUTES)}.map((name) => one.getAttribute(name) ?? ''),
      one.classList.contains('pf-v6-screen-reader') ? (one.textContent ?? '') : '',
    ])`);
  return [...new Set(heard)].filter((text) => PATTERNFLY.test(text) || SENTENCES.test(text)).toSorted();
}

/** What stands in the page, dialogs too, and is no code, nor said to be English. */
const TEXTS = `(() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode())
    if (walker.currentNode.parentElement.closest('code, pre, textarea, script, style, [lang=en]') === null)
      found.push(walker.currentNode.textContent);
  return found;
})()`;

/** Empty: no sentence that stands there is English. */
export async function englishSeen(page: Page): Promise<readonly string[]> {
  const texts = await page.evaluate<readonly string[]>(TEXTS);
  assert.ok(texts.length > 0);
  return texts.filter((text) => SENTENCES.test(text));
}

/** What every page owes to whoever uses it: it says which language it speaks, axe finds nothing, and where that is not English nothing is, to the eye or the ear. */
export async function assertWellSaid(page: Page, language: string): Promise<void> {
  assert.equal(await page.locator('html').getAttribute('lang'), language);
  assert.deepEqual(await axeFindings(page), []);
  if (language === 'en') return;
  assert.deepEqual(await englishSeen(page), []);
  assert.deepEqual(await englishHeard(page), []);
}
