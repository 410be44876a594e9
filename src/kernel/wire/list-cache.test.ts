/** Whole lists that are kept: as new as the realm, and never another's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Realm } from '../realm.ts';
import type { ServedResource } from './catalogue.ts';
import { LIST_CACHE_BYTES_MAX } from './limits.ts';
import { ListCache } from './list-cache.ts';

const resource = (name: string, secret = false) =>
  ({ kind: { resource: name }, source: { secret } }) as unknown as ServedResource;
const realm = (id: string, view: { revision: number }) => ({ id, view }) as unknown as Realm;
const chunks = (size = 8) => [Buffer.alloc(size / 2), Buffer.alloc(size / 2)];

test('a list is made once while nothing changes, and anew after any change', () => {
  const cache = new ListCache();
  const view = { revision: 5 };
  const first = cache.get(realm('/orgs/a', view), resource('widgets'), undefined, chunks);
  assert.equal(cache.get(realm('/orgs/a', view), resource('widgets'), undefined, chunks), first);
  view.revision = 6;
  assert.notEqual(cache.get(realm('/orgs/a', view), resource('widgets'), undefined, chunks), first);
});

test('realms, resources, projects and a realm that was read anew share nothing', () => {
  const cache = new ListCache();
  const view = { revision: 5 };
  const made = [
    cache.get(realm('/orgs/a', view), resource('widgets'), undefined, chunks),
    cache.get(realm('/orgs/b', view), resource('widgets'), undefined, chunks),
    cache.get(realm('/orgs/a', view), resource('gadgets'), undefined, chunks),
    cache.get(realm('/orgs/a', view), resource('widgets'), 'web', chunks),
    cache.get(realm('/orgs/a', { revision: 5 }), resource('widgets'), undefined, chunks),
  ];
  assert.equal(new Set(made).size, made.length);
});

test('what is kept is bounded, and holds no secrets', () => {
  const cache = new ListCache();
  const view = { revision: 5 };
  const half = () => chunks(LIST_CACHE_BYTES_MAX / 2);
  const get = (name: string, make: () => Buffer[], secret = false) =>
    cache.get(realm('/', view), resource(name, secret), undefined, make);
  const first = get('one', half);
  get('two', half);
  assert.equal(get('one', half), first);
  get('three', half);
  assert.notEqual(get('one', half), first);
  const large = () => chunks(LIST_CACHE_BYTES_MAX + 2);
  assert.notEqual(get('large', large), get('large', large));
  assert.notEqual(get('secrets', half, true), get('secrets', half, true));
});
