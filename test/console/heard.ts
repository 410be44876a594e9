/** What a screen reader says of a page beside what stands on it: names, hints and values of its elements; and which of that is English where it should not be. */
import type { Page } from 'playwright-core';

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
