/** Whether the region's time can be believed: pure, from what its chronyd reports. */
import type { SourceReport, TimeReport } from '#engines/chrony/report.ts';

export interface TimeVerdict {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: 'OnTime' | 'Off' | 'SourcesDisagree' | 'NoSource' | 'NothingToCompare';
  /** Names what is wrong and never how much, so that a condition changes only with the thing itself. */
  readonly message: string;
}

export interface TimeRules {
  /** How many sources the operator declared. */
  readonly sources: number;
  readonly offset_ms_max: number;
}

const names = (sources: readonly SourceReport[]): string => sources.map(({ name }) => name).join(', ');

/** The worst thing first. */
export function judgeTime(report: TimeReport, { sources: declared, offset_ms_max }: TimeRules): TimeVerdict {
  const { sources, isReferenced, offset_ms } = report;
  if (declared === 0)
    return {
      status: 'Unknown',
      reason: 'NothingToCompare',
      message:
        'the region serves this machine’s clock as it is, for region.yaml declares no other source of time',
    };
  const wrong = sources.filter(({ state }) => state === 'False');
  const silent = sources.filter(({ isReached }) => !isReached);
  if (wrong.length > 0)
    return {
      status: 'False',
      reason: 'SourcesDisagree',
      message: isReferenced
        ? `${names(wrong)} contradicts the other sources of time, and is not believed: find out what is wrong with it`
        : `sources of time contradict each other (${names(wrong)}), and none is in the majority: declare three or more, and find out which is wrong`,
    };
  if (!isReferenced)
    return {
      status: 'False',
      reason: 'NoSource',
      message:
        silent.length === 0
          ? 'the sources of time do not suffice yet; the region serves this machine’s clock as it is'
          : `no time comes from ${names(silent)}, so the region serves this machine’s clock as it is: does an approved Interconnection (udp 123) let the region ask?`,
    };
  if (offset_ms > offset_ms_max)
    return {
      status: 'False',
      reason: 'Off',
      message: `this machine’s clock is more than ${offset_ms_max} ms away from the sources of time; instances are served what is right, and this machine’s clock is for its administrator to set, or for the region with time.setsClock`,
    };
  return {
    status: 'True',
    reason: 'OnTime',
    message:
      silent.length === 0
        ? 'this machine’s clock agrees with the sources of time'
        : `this machine’s clock agrees with the sources of time; ${names(silent)} does not answer`,
  };
}
