/**
 * Reads what `nft -j -a list table` says of the seal: what was tried, what was let through, and a fingerprint of the rules themselves that changes
 * with anything anybody does to them by hand. Pure.
 */
import { createHash } from 'node:crypto';
import { PROBES_SET, STAGES, type Stage } from './render.ts';

/** Somebody tried to leave and was not let. */
export interface Attempt {
  /** A process of the region, or `instances`. */
  readonly by: string;
  /** The instance's address. */
  readonly source?: string;
  readonly destination: string;
  readonly protocol: string;
  /** Of tcp and udp. */
  readonly port?: number;
  readonly packets: number;
}

/** What a declared flow let through. */
export interface FlowCount {
  readonly id: string;
  readonly packets: number;
  readonly bytes: number;
}

/** A packet of a probe out of a network, and one thing that came of it. */
export interface ProbePacket {
  readonly stage: Stage;
  readonly source: string;
  readonly destination: string;
  readonly protocol: string;
  readonly port?: number;
}

export interface Listing {
  readonly probes: readonly ProbePacket[];
  readonly fingerprint: string;
  readonly attempts: readonly Attempt[];
  readonly flows: readonly FlowCount[];
}

type Item = Readonly<Record<string, unknown>>;
type Elem = { readonly elem?: { readonly val?: unknown; readonly counter?: { readonly packets?: number } } };

const STAGE_SET = /^probe_([a-z]+?)(_other)?$/;
const SET = /^tried_(.+)_(ip|ip6)(_other)?$/;

export function readListing(json: string): Listing {
  const items = (JSON.parse(json) as { nftables?: readonly Item[] }).nftables ?? [];
  const hash = createHash('sha256');
  const attempts: Attempt[] = [];
  const flows = new Map<string, FlowCount>();
  const probes: ProbePacket[] = [];
  for (const item of items) {
    if ('metainfo' in item) continue;
    const set = item.set as Item | undefined;
    const found = typeof set?.name === 'string' ? SET.exec(set.name) : null;
    if (set !== undefined && found !== null) {
      attempts.push(...attemptsIn(found[1] ?? '', (set.elem as readonly Elem[] | undefined) ?? []));
      const { elem: _, ...rest } = set;
      hash.update(JSON.stringify({ set: rest }));
      continue;
    }
    const stage = STAGES.find((one) => one === STAGE_SET.exec(String(set?.name))?.[1]);
    if (set !== undefined && (stage !== undefined || set.name === PROBES_SET)) {
      const { elem, ...rest } = set;
      if (stage !== undefined)
        probes.push(...probePacketsIn(stage, (elem as readonly Elem[] | undefined) ?? []));
      hash.update(JSON.stringify({ set: rest }));
      continue;
    }
    if (set !== undefined) {
      hash.update(JSON.stringify({ set: { ...set, elem: sorted(set.elem) } }));
      continue;
    }
    const rule = item.rule as Item | undefined;
    if (rule !== undefined) addFlow(flows, rule);
    hash.update(JSON.stringify(item, withoutCounts));
  }
  attempts.sort((a, b) => keyOf(a).localeCompare(keyOf(b)));
  return { fingerprint: hash.digest('hex'), attempts, flows: [...flows.values()], probes };
}

/** What tells one attempt from another. */
export const keyOf = ({ by, source = '', destination, protocol, port = 0 }: Attempt): string =>
  `${by} ${source} ${destination} ${protocol} ${port}`;

const withoutCounts = (key: string, value: unknown): unknown =>
  key === 'counter' && value !== null && typeof value === 'object' ? {} : value;

const sorted = (elem: unknown): string[] =>
  Array.isArray(elem) ? elem.map((one) => JSON.stringify(one)).toSorted() : [];

function attemptsIn(by: string, elements: readonly Elem[]): Attempt[] {
  return elements.flatMap(({ elem }) => {
    const parts = (elem?.val as { concat?: readonly unknown[] } | undefined)?.concat ?? [];
    const source = by === 'instances' ? String(parts[0]) : undefined;
    const [destination, protocol, port] = source === undefined ? parts : parts.slice(1);
    if (destination === undefined || protocol === undefined) return [];
    return [
      {
        by: by.replaceAll('_', '-'),
        ...(source === undefined ? {} : { source }),
        destination: String(destination),
        protocol: String(protocol),
        ...(typeof port === 'number' ? { port } : {}),
        packets: elem?.counter?.packets ?? 0,
      },
    ];
  });
}

function probePacketsIn(stage: Stage, elements: readonly Elem[]): ProbePacket[] {
  return elements.flatMap(({ elem }) => {
    const [source, destination, protocol, port] =
      (elem?.val as { concat?: readonly unknown[] } | undefined)?.concat ?? [];
    if (source === undefined || destination === undefined || protocol === undefined) return [];
    return [
      {
        stage,
        source: String(source),
        destination: String(destination),
        protocol: String(protocol),
        ...(typeof port === 'number' ? { port } : {}),
      },
    ];
  });
}

function addFlow(flows: Map<string, FlowCount>, rule: Item): void {
  if (typeof rule.comment !== 'string') return;
  const counted = (rule.expr as readonly Item[] | undefined)?.find((one) => 'counter' in one)?.counter as
    | { packets?: number; bytes?: number }
    | undefined;
  const before = flows.get(rule.comment);
  flows.set(rule.comment, {
    id: rule.comment,
    packets: (before?.packets ?? 0) + (counted?.packets ?? 0),
    bytes: (before?.bytes ?? 0) + (counted?.bytes ?? 0),
  });
}
