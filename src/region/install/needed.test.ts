import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PackageFacts } from '#gap/release/facts.ts';
import { defaultConfigText } from '../config/default-text.ts';
import { parseConfig } from '../config/load.ts';
import { type Here, neededPackages, newlyMissing } from './needed.ts';
import { PACKAGES } from './packages.ts';

const settings = { name: 'test', id: 'r00000000', listen: '127.0.0.1:6443' };
const config = parseConfig(defaultConfigText(settings), 'region.yaml');
const without = { ...config, incus: { mode: 'none' } } as const;
const none: Here = { isPresent: () => false, hasVirtualization: false };

const added = (name: string, purpose: string, more: Partial<PackageFacts> = {}): PackageFacts => ({
  name,
  purpose,
  files: [`/usr/bin/${name}`],
  ...more,
});

test('a region without instances needs PostgreSQL, what backs up its buckets, and whatever a later release calls something else', () => {
  const names = neededPackages(without, [...PACKAGES, added('age', 'exports')]).map(({ name }) => name);
  assert.deepEqual(names, ['postgresql', 'restic', 'age']);
});

test('of a release counts what it needs here, what runs does not, and what is not there', () => {
  const wanted = [
    ...PACKAGES,
    added('age', 'network'),
    added('jq', 'network'),
    added('swtpm', 'compute', { onlyWith: 'virtualization' }),
    added('mmdebstrap', 'image'),
  ];
  const missing = (here: Partial<Here> = {}) =>
    newlyMissing(config, { running: PACKAGES, wanted }, { ...none, ...here });
  assert.deepEqual(missing(), ['age', 'jq']);
  assert.deepEqual(missing({ hasVirtualization: true }), ['age', 'jq', 'swtpm']);
  assert.deepEqual(missing({ isPresent: ({ name }) => name === 'jq' }), ['age']);
  assert.deepEqual(newlyMissing(without, { running: PACKAGES, wanted }, none), []);
});

test('a package that runs already counts where another version of it is needed', () => {
  const wanted = [added('postgresql', 'store', { files: ['/usr/lib/postgresql/99/bin/postgres'] })];
  assert.deepEqual(newlyMissing(without, { running: PACKAGES, wanted }, none), ['postgresql']);
});
