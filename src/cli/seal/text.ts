/** How the seal and its reports read. Pure. */
import type { AnyObject } from '../resources/objects.ts';
import { alignRows } from '../resources/table.ts';

export interface Seal extends AnyObject {
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason: string;
      readonly message: string;
      readonly lastTransitionTime: string;
    }[];
    readonly probed?: string;
    readonly report?: string;
    readonly enforced?: boolean;
    readonly processes?: readonly string[];
  };
}

export interface Time extends AnyObject {
  readonly status?: NonNullable<Seal['status']> & {
    readonly offset_ms?: number;
    readonly stratum?: number;
    readonly sources?: readonly { readonly name: string; readonly state: string }[];
  };
}

const OF_TIME: Readonly<Record<string, string>> = {
  True: 'On time',
  False: 'NOT ON TIME',
  Unknown: 'Unknown',
};

export function timeLines({ status = {} }: Time): string[] {
  const found = status.conditions?.find(({ type }) => type === 'OnTime');
  if (found === undefined) return ['Nothing is known of the time yet.'];
  const reason = found.status === 'True' ? '' : ` (${found.reason})`;
  const lines = [
    `${OF_TIME[found.status] ?? found.status}${reason} since ${found.lastTransitionTime}: ${found.message}`,
  ];
  if (status.stratum === undefined) return lines;
  const sources = status.sources ?? [];
  return [
    ...lines,
    '',
    ...indent([
      ['offset', sources.length === 0 ? 'nothing to compare with' : `${status.offset_ms ?? 0} ms`],
      ['stratum', `${status.stratum}`],
    ]),
    '',
    sources.length === 0 ? 'No source of time is declared.' : 'Sources of time:',
    ...indent(sources.map(({ state, name }) => [state, name])),
  ];
}

interface Packets {
  readonly destination: string;
  readonly protocol: string;
  readonly port?: number;
}

export interface Report extends AnyObject {
  readonly spec: {
    readonly at: string;
    readonly why: string;
    readonly sealed: boolean;
    readonly reason: string;
    readonly enforced: boolean;
    readonly processes: readonly string[];
    readonly bridges: number;
    readonly findings: readonly string[];
    readonly probes: readonly (Packets & { from: string; what: string; outcome: string })[];
    readonly attempts: readonly (Packets & {
      by: string;
      source?: string;
      network?: string;
      instance?: string;
      packets: number;
      ownProbe?: boolean;
    })[];
    readonly flows: readonly { id: string; name?: string; flow: string; packets: number; bytes: number }[];
  };
}

const where = ({ protocol, destination, port }: Packets): string[] => [
  protocol,
  destination,
  port === undefined ? '' : `${port}`,
];

const indent = (rows: string[][]): string[] => alignRows(rows).map((line) => `  ${line}`.trimEnd());

export function statusLines(seal: Seal, flows: readonly AnyObject[]): string[] {
  const { conditions, enforced, processes = [], report } = seal.status ?? {};
  const sealed = conditions?.find(({ type }) => type === 'Sealed');
  const lines = [
    sealed === undefined
      ? 'Nothing is known of the seal yet.'
      : `${sealed.status === 'True' ? 'Sealed' : `NOT SEALED (${sealed.reason})`} since ${sealed.lastTransitionTime}: ${sealed.message}`,
    '',
    ...indent([
      ['undeclared', enforced === false ? 'counted, and let through' : 'dropped, and counted'],
      ['held', processes.length === 0 ? 'no process' : processes.join(', ')],
      ['last report', report ?? 'none'],
    ]),
    '',
    flows.length === 0 ? 'No flow is declared: nothing may leave.' : 'Declared flows:',
  ];
  const rows = flows.map((object) => {
    const { spec, status } = object as unknown as {
      spec: {
        direction: string;
        from?: string;
        protocol: string;
        ports?: number[];
        peers: string[];
        validUntil: string;
      };
      status?: { conditions?: { type: string; reason: string }[] };
    };
    const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.reason ?? 'Pending';
    return [
      object.metadata.name,
      ready,
      spec.direction,
      spec.from ?? '',
      spec.protocol,
      (spec.ports ?? []).join(','),
      spec.peers.join(','),
      `until ${spec.validUntil}`,
    ];
  });
  return [...lines, ...indent(rows)];
}

export function reportLines({ metadata, spec }: Report): string[] {
  const lines = [
    `${metadata.name} of ${spec.at}, ${spec.why}: ${spec.sealed ? 'sealed' : `NOT SEALED (${spec.reason})`}`,
    ...spec.findings.map((text) => `  ! ${text}`),
    '',
    `Held: ${spec.processes.join(', ') || 'no process'}; ${spec.bridges} bridges of instances. Undeclared is ${spec.enforced ? 'dropped' : 'let through'}.`,
    '',
    'Probed:',
    ...indent(
      spec.probes.map((probe) => [probe.outcome, ...where(probe), `${probe.what} (from ${probe.from})`]),
    ),
  ];
  const others = spec.attempts.filter(({ ownProbe }) => ownProbe !== true);
  lines.push('', others.length === 0 ? 'Nobody else tried to leave.' : 'Tried to leave:');
  lines.push(
    ...indent(
      others.map((one) => [
        one.source ?? one.by,
        ...where(one),
        `${one.packets} packets`,
        one.source === undefined
          ? 'process of the region'
          : [one.instance, one.network && `network ${one.network}`].filter(Boolean).join(', '),
      ]),
    ),
  );
  lines.push('', spec.flows.length === 0 ? 'No flow may leave.' : 'May leave, with what was seen:');
  lines.push(
    ...indent(
      spec.flows.map(({ name, id, flow, packets, bytes }) => [
        name ?? id,
        flow,
        `${packets} packets`,
        `${bytes} bytes`,
      ]),
    ),
  );
  return lines;
}
