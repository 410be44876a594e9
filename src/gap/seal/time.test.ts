/** Whether the region's time can be believed, by values. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SourceReport, TimeReport } from '#engines/chrony/report.ts';
import { judgeTime } from './time-judge.ts';

const source = (name: string, state: SourceReport['state'] = 'Combined', isReached = true): SourceReport => ({
  name,
  state,
  isReached,
  stratum: 2,
  age_s: 1,
});
const report = (sources: readonly SourceReport[], more: Partial<TimeReport> = {}): TimeReport => ({
  isReferenced: true,
  stratum: 3,
  offset_ms: 1,
  error_ms: 1,
  sources,
  ...more,
});
const judge = (found: TimeReport, sources = found.sources.length) =>
  judgeTime(found, { sources, offset_ms_max: 128 });

describe('the region’s time', () => {
  it('is believed when the sources agree and this machine’s clock with them', () => {
    assert.equal(judge(report([source('a', 'Selected'), source('b'), source('c')])).reason, 'OnTime');
    const one = judge(report([source('a', 'Selected'), source('b', 'Unreachable', false)]));
    assert.deepEqual([one.status, /b does not answer/.test(one.message)], ['True', true]);
  });

  it('is nobody’s word but this machine’s where no source is declared, and that is no alarm', () => {
    const { status, reason } = judge(report([], { isReferenced: false, stratum: 10, offset_ms: 0 }));
    assert.deepEqual([status, reason], ['Unknown', 'NothingToCompare']);
  });

  it('is an alarm when a source lies, by name, whether or not the others can outvote it', () => {
    const three = judge(report([source('a', 'Selected'), source('b'), source('liar', 'False')]));
    assert.deepEqual([three.status, three.reason], ['False', 'SourcesDisagree']);
    assert.match(three.message, /^liar contradicts the other sources/);
    const two = judge(report([source('a', 'False'), source('b', 'False')], { isReferenced: false }));
    assert.match(two.message, /none is in the majority/);
  });

  it('is an alarm when no source answers, or this machine’s clock is too far off', () => {
    const silent = judge(report([source('a', 'Unreachable', false)], { isReferenced: false }));
    assert.deepEqual([silent.status, silent.reason], ['False', 'NoSource']);
    assert.match(silent.message, /Interconnection/);
    assert.equal(judge(report([source('a', 'Selected')], { offset_ms: 128 })).reason, 'OnTime');
    assert.equal(judge(report([source('a', 'Selected')], { offset_ms: 129 })).reason, 'Off');
  });

  it('says the same words however far off it is, so that it is one alarm and not many', () => {
    const off = (offset_ms: number) => judge(report([source('a', 'Selected')], { offset_ms })).message;
    assert.equal(off(200), off(4_000));
  });
});
