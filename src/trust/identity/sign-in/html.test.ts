import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Html, html } from './html.ts';

const SEED = { seed: 4, numRuns: 500 };
const anyText = fc.string({ unit: fc.constantFrom(...'<>&"\'/= ab;#x3c', 'é', '\u0000', '💶') });

/** Text as a parser reads it back out of an element or a quoted attribute. */
const parsedBack = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

describe('templates', () => {
  it('whatever text is put in comes out as that text, and can end neither an element nor an attribute', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { text: out } = html`${text}`;
        assert.doesNotMatch(out, /[<>"']/);
        assert.doesNotMatch(out, /&(?!(?:lt|gt|quot|amp|#39);)/);
        assert.equal(parsedBack(out), text);
      }),
      SEED,
    );
  });

  it('pieces of pages go in as they are, lists one after the other, and nothing for undefined and false', () => {
    const inner = html`<b>${'<'}</b>`;
    assert.equal(
      html`<p>${inner}${[inner, 'a', 1]}${undefined}${false}</p>`.text,
      '<p><b>&lt;</b><b>&lt;</b>a1</p>',
    );
    assert.equal(html`${[]}`.text, '');
    assert.equal(html`${0}`.text, '0');
  });

  it('an object that only looks like a piece of a page is none', () => {
    const forged = { text: '<script>' } as unknown as Html;
    assert.throws(() => html`${forged}`);
    assert.equal(html`${new Html('<hr>')}`.text, '<hr>');
  });
});
