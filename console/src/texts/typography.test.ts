import assert from 'node:assert/strict';
import { test } from 'node:test';
import { typeset } from './typography.ts';

test('in French no line begins with a sign that ends what is before it', () => {
  assert.equal(
    typeset('fr', 'Qui peut y accéder ? Le projet « ventes » : personne ; vraiment !'),
    'Qui peut y accéder\u202f? Le projet «\u00a0ventes\u00a0»\u00a0: personne\u202f; vraiment\u202f!',
  );
  assert.equal(
    typeset('fr', '{n, plural, one {# projet} other {# projets}}'),
    '{n, plural, one {# projet} other {# projets}}',
  );
  assert.equal(typeset('de', 'Wirklich ?'), 'Wirklich ?');
});
