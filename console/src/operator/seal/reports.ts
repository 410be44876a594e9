/** What the seal's objects say, as this console reads them. Pure. */
import type { InterconnectionSpec } from '../../../../src/gap/seal/interconnection.ts';
import type { ProbeResult, ReportSpec } from '../../../../src/gap/seal/seal-report.ts';
import type { ApprovalStatus } from '../../../../src/kernel/approvals/request.ts';
import type { Condition } from '../../../../src/kernel/object.ts';
import type { ApiObject } from '../../api/live-list.ts';

export type Report = ApiObject & { readonly spec: ReportSpec };
export type Flow = ApiObject & {
  readonly spec: InterconnectionSpec;
  readonly status?: ApprovalStatus & { readonly conditions?: readonly Condition[] };
};
export type Outcome = ProbeResult['outcome'];

/** The worst first. */
const WORST: readonly Outcome[] = ['Escaped', 'NotProbed', 'Declared', 'NoRoute', 'Blocked'];

export const conditionOf = (object: ApiObject | undefined, type: string): Condition | undefined =>
  (object?.status as { conditions?: readonly Condition[] } | undefined)?.conditions?.find(
    (one) => one.type === type,
  );

export interface Tried {
  /** Where was tried from. */
  readonly zones: readonly string[];
  /** What stands outside. */
  readonly targets: readonly string[];
  /** The worst of all attempts from there to that. */
  outcome(zone: string, target: string): Outcome | undefined;
}

/** What came of every attempt of the region to leave, by where it tried from and what it tried to reach. */
export function triedOf(probes: readonly ProbeResult[]): Tried {
  const worst = new Map<string, Outcome>();
  for (const { from, what, outcome } of probes) {
    const key = `${from}\n${what}`;
    const before = worst.get(key);
    if (before === undefined || WORST.indexOf(outcome) < WORST.indexOf(before)) worst.set(key, outcome);
  }
  return {
    zones: [...new Set(probes.map(({ from }) => from))],
    targets: [...new Set(probes.map(({ what }) => what))],
    outcome: (zone, target) => worst.get(`${zone}\n${target}`),
  };
}

/** Where flows begin on this side: the region's processes, all instances, or instances of some networks. */
export const zonesOf = ({ spec }: Flow): readonly string[] =>
  spec.from === 'Instances' ? (spec.networks ?? ['instances']) : ['region'];

export const flowText = ({ spec }: Flow): string =>
  [spec.protocol, ...(spec.ports === undefined ? [] : [spec.ports.join(', ')])].join(' ');
