/** What kinds are called in sentences: with the grammar of each language, and as the API calls them where nobody named them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { i18n } from '@lingui/core';
import { compileMessage } from '@lingui/message-utils/compileMessage';
import { kinds as de } from './de/kinds.ts';
import { kinds as en } from './en/kinds.ts';
import { kinds as fr } from './fr/kinds.ts';
import { kindWords, manyOf, pluralOf, wordsOfKind } from './kind-words.ts';

i18n.setMessagesCompiler(compileMessage);

function speak(locale: string, texts: Readonly<Record<string, string>>): void {
  i18n.loadAndActivate({ locale, messages: { ...texts } });
}

const KEY = { plural: 'keys', kind: 'Key' };
const ACME = { plural: 'acmeaccounts', kind: 'ACMEAccount' };

test('kinds are called by what a sentence needs of them', () => {
  speak('en', en);
  assert.deepEqual(kindWords(KEY), {
    titles: 'Keys',
    many: 'keys',
    title: 'Key',
    one: 'key',
    a: 'a key',
    object: 'key',
  });
  assert.equal(kindWords(ACME).many, 'ACME accounts');
  speak('fr', fr);
  assert.deepEqual(
    [kindWords(KEY).a, kindWords(KEY).title, kindWords(ACME).a],
    ['une clé', 'Clé', 'un compte ACME'],
  );
  speak('de', de);
  const { one, object, a, many } = kindWords({ plural: 'witnesses', kind: 'Witness' });
  assert.deepEqual([one, object, a, many], ['Zeuge', 'Zeugen', 'einen Zeugen', 'Zeugen']);
});

test('what the API names by its kind, or as in a permission, has the same words', () => {
  speak('en', en);
  assert.equal(wordsOfKind('FirewallPolicy').one, 'firewall policy');
  assert.equal(wordsOfKind('networks').one, 'network');
  assert.equal(manyOf('networks.network.casemate.internal'), 'networks');
  assert.equal(manyOf('instances/exec'), 'instances (exec)');
  assert.deepEqual(['Witness', 'Key', 'ExportPolicy', 'Quota', 'Box'].map(pluralOf), [
    'witnesses',
    'keys',
    'exportpolicies',
    'quotas',
    'boxes',
  ]);
});

test('a kind that nobody named is called as the API calls it', () => {
  speak('fr', fr);
  assert.deepEqual(
    new Set(Object.values(kindWords({ plural: 'gizmos', kind: 'Gizmo' }))),
    new Set(['Gizmo', 'gizmo']),
  );
});
