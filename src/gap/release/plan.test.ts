import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReleaseConfig } from './facts.ts';
import { planOf, type Running } from './plan.ts';

const migration = (version: number, worksFrom = version) => ({
  version,
  name: `${`${version}`.padStart(4, '0')}-step.sql`,
  checksum: `${version % 10}`.repeat(64),
  worksFrom,
});
const running: Running = {
  version: '0.1.0',
  architecture: 'amd64',
  migrations: [migration(1), migration(2)],
  missing: (packages) => packages.map(({ name }) => name),
};
const config = (changes: Partial<ReleaseConfig['release']> & { version?: string } = {}): ReleaseConfig => {
  const { version = '0.2.0', ...release } = changes;
  return {
    type: 'release',
    name: 'casemate',
    version,
    release: { architecture: 'amd64', node: '26.10.0', migrations: [migration(1), migration(2)], ...release },
    files: [{ name: 'casemate', executable: true, sha256: 'a'.repeat(64), size: 7 }],
  };
};
const published = {
  version: '0.2.0',
  digest: `sha256:${'c'.repeat(64)}`,
  bundle: { name: 'casemate', version: 3, digest: '', metadata: '', publishedAt: '', import: 'casemate-3' },
};
const problemsOf = (changes: Parameters<typeof config>[0]) =>
  planOf(running, published, config(changes), ['alice', 'bob']).problems;

test('a plan says what comes of what, and what it does to the database', () => {
  const plan = planOf(
    running,
    published,
    config({ migrations: [migration(1), migration(2), migration(3, 1)] }),
    ['bob'],
  );
  assert.deepEqual(
    [plan.from, plan.to, plan.bundle, plan.signers, plan.bytes, plan.problems],
    ['0.1.0', '0.2.0', 'casemate 3', ['bob'], 7, []],
  );
  assert.deepEqual(plan.migrations, ['0003-step.sql, which releases of schema 1 on can work with']);
});

test('what could not be gone back from is said before anybody is asked', () => {
  const [problem, ...more] = problemsOf({
    migrations: [migration(1), migration(2), migration(3, 2), migration(4, 3)],
  });
  assert.equal(
    problem,
    'nobody could go back: Casemate 0.1.0 (schema 2) cannot work with what 0004-step.sql leaves behind, only releases from schema 3 on; apply one of those first',
  );
  assert.deepEqual(more, []);
  // The one between makes the way.
  assert.deepEqual(problemsOf({ migrations: [migration(1), migration(2), migration(3, 2)] }), []);
});

test('what it needs and this machine lacks is named before anybody is asked', () => {
  const age = { name: 'age', purpose: 'network', files: ['/usr/bin/age'] };
  const [problem, ...more] = problemsOf({ packages: [age, { ...age, name: 'jq' }] });
  assert.match(problem ?? '', /it needs what is not on this machine: apt-get install age jq, from where/);
  assert.deepEqual(more, []);
  // Of before it was said.
  assert.deepEqual(problemsOf({}), []);
});

test('an older release, one for another machine, and one with another history are refused', () => {
  assert.match(problemsOf({ version: '0.1.0' })[0] ?? '', /0\.1\.0 is not newer/);
  assert.match(problemsOf({ version: '0.0.9' })[0] ?? '', /0\.0\.9 is not newer/);
  assert.match(problemsOf({ version: '0.2.0-rc.1' })[0] ?? 'none', /none/);
  assert.match(problemsOf({ architecture: 'arm64' })[0] ?? '', /made for arm64, and this machine is amd64/);
  const other = { ...migration(2), checksum: 'f'.repeat(64) };
  assert.match(
    problemsOf({ migrations: [migration(1), other] })[0] ?? '',
    /0002-step\.sql of what runs is not in it/,
  );
  assert.match(
    problemsOf({ migrations: [migration(1)] })[0] ?? '',
    /0002-step\.sql of what runs is not in it/,
  );
});
