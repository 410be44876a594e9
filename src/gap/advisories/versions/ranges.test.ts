import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import semver from 'semver';
import { DEBIAN_ORDER, inRange, NPM_ORDER, type RangeEvent } from './ranges.ts';

const events = (...all: readonly (readonly [RangeEvent['type'], string])[]): RangeEvent[] =>
  all.map(([type, version]) => ({ type, version }));

describe('ranges of an OSV entry', () => {
  it('begin with introduced, end before fixed and after last_affected', () => {
    const range = events(['introduced', '1.2.0'], ['fixed', '1.4.1']);
    assert.deepEqual(inRange('1.1.9', range, NPM_ORDER), { affected: false });
    assert.deepEqual(inRange('1.2.0', range, NPM_ORDER), { affected: true, fixed: '1.4.1' });
    assert.deepEqual(inRange('1.4.1-rc.1', range, NPM_ORDER), { affected: true, fixed: '1.4.1' });
    assert.deepEqual(inRange('1.4.1', range, NPM_ORDER), { affected: false });
    const last = events(['introduced', '0'], ['last_affected', '2.0.0']);
    assert.deepEqual(inRange('2.0.0', last, NPM_ORDER), { affected: true });
    assert.deepEqual(inRange('2.0.1', last, NPM_ORDER), { affected: false });
  });

  it('may be several, in any order, and say where each is fixed', () => {
    const range = events(
      ['fixed', '2.3.0'],
      ['introduced', '0'],
      ['introduced', '2.0.0'],
      ['fixed', '1.8.2'],
    );
    assert.deepEqual(inRange('0.0.1', range, NPM_ORDER), { affected: true, fixed: '1.8.2' });
    assert.deepEqual(inRange('1.9.0', range, NPM_ORDER), { affected: false });
    assert.deepEqual(inRange('2.0.0-beta.1', range, NPM_ORDER), { affected: false });
    assert.deepEqual(inRange('2.2.9', range, NPM_ORDER), { affected: true, fixed: '2.3.0' });
  });

  it('may end where the next begins', () => {
    const range = events(
      ['introduced', '1.0.0'],
      ['fixed', '2.0.0'],
      ['introduced', '2.0.0'],
      ['fixed', '3.0.0'],
    );
    assert.deepEqual(inRange('2.0.0', range, NPM_ORDER), { affected: true, fixed: '3.0.0' });
  });

  it('are bounded by limits', () => {
    const range = events(['introduced', '0'], ['limit', '2.0.0']);
    assert.deepEqual(inRange('1.9.9', range, NPM_ORDER), { affected: true });
    assert.deepEqual(inRange('2.0.0', range, NPM_ORDER), { affected: false });
    assert.deepEqual(inRange('9.0.0', events(['introduced', '0'], ['limit', '*']), NPM_ORDER), {
      affected: true,
    });
  });

  it('follow Debian’s order for Debian', () => {
    const range = events(['introduced', '0'], ['fixed', '3.0.1-1~deb12u2']);
    assert.equal(inRange('3.0.1-1~deb12u1', range, DEBIAN_ORDER).affected, true);
    assert.equal(inRange('3.0.1-1', range, DEBIAN_ORDER).affected, false);
    assert.equal(inRange('1:0.1', range, DEBIAN_ORDER).affected, false);
  });

  it('agree with semver’s own ranges', () => {
    const number = fc.integer({ min: 0, max: 3 });
    const version = fc.tuple(number, number, number).map((all) => all.join('.'));
    fc.assert(
      fc.property(version, version, version, (one, from, to) => {
        fc.pre(semver.lt(from, to));
        const { affected } = inRange(one, events(['introduced', from], ['fixed', to]), NPM_ORDER);
        assert.equal(affected, semver.satisfies(one, `>=${from} <${to}`));
      }),
      { seed: 7, numRuns: 1_000 },
    );
  });
});
