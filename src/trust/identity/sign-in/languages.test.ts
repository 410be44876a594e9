import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, it } from 'node:test';
import { LANGUAGE_COOKIE, LANGUAGES, type Language, languageOf, preferred, textsOf } from './languages.ts';

const asked = (url: string, headers: Record<string, string>) =>
  ({ url, headers }) as unknown as IncomingMessage;

/** Every text by its path; those that take something, with numbers. */
function* textsIn(value: unknown, path = ''): Iterable<readonly [string, string]> {
  if (typeof value === 'string') yield [path, value];
  else if (typeof value === 'function') yield [path, String(value(7, 8))];
  else for (const [name, inner] of Object.entries(value ?? {})) yield* textsIn(inner, `${path}.${name}`);
}

describe('languages', () => {
  it('the best that is asked for and that there is; English where none is', () => {
    const cases: readonly (readonly [string | undefined, Language | undefined])[] = [
      [undefined, undefined],
      ['', undefined],
      ['fr', 'fr'],
      ['lb, de-LU;q=0.8, fr;q=0.9', 'fr'],
      ['DE-at', 'de'],
      ['en;q=0, de;q=0.1', 'de'],
      ['pt-BR, *;q=0.5', undefined],
      ['de;q=junk', 'de'],
      [`${'x,'.repeat(50)}de`, undefined],
    ];
    for (const [header, language] of cases) assert.equal(preferred(header), language, String(header));
  });

  it('the switch comes first, then what it said before, then the browser', () => {
    const headers = { 'accept-language': 'de', cookie: `${LANGUAGE_COOKIE}=fr` };
    assert.equal(languageOf(asked('/a?lang=en', headers)), 'en');
    assert.equal(languageOf(asked('/a?lang=xx', headers)), 'fr');
    assert.equal(languageOf(asked('/a', { 'accept-language': 'de' })), 'de');
    assert.equal(languageOf(asked('/a', {})), 'en');
  });

  it('each says everything, in words of its own, and never something empty', () => {
    const languages = Object.keys(LANGUAGES) as Language[];
    const all = languages.map((language) => new Map(textsIn(textsOf(language))));
    const [first] = all;
    for (const texts of all) {
      assert.deepEqual([...texts.keys()].sort(), [...(first?.keys() ?? [])].sort());
      for (const [path, text] of texts) assert.match(text, /\S/, path);
      // Nothing of a template is left, and no markup.
      for (const [path, text] of texts) assert.doesNotMatch(text, /undefined|\$\{|[<>]/, path);
    }
    const same = [...(first ?? [])].filter(([path, text]) => all.every((texts) => texts.get(path) === text));
    assert.deepEqual(
      same.map(([path]) => path),
      ['.signIn.code', '.provider.deviceCode'],
    );
  });
});
