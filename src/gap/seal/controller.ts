/**
 * Keeps the seal: puts what is declared in force within seconds, looks every few seconds whether somebody changed it, tries to get out itself, and writes what it found
 * as reports. Stateful only in what it remembers of its own last look; all else is in objects and in the kernel.
 */

import { FilterError, type SealClient } from '#engines/nftables/client.ts';
import type { SealState } from '#engines/nftables/seal/keeper.ts';
import { type Attempt, keyOf } from '#engines/nftables/seal/listing.ts';
import { type SealFlow, sealDigest } from '#engines/nftables/seal/model.ts';
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import { setCondition } from '#kernel/reconcile/conditions.ts';
import { sayOfFlows } from './flow-status.ts';
import { nextEnd_ms, sealModel } from './flows.ts';
import { type InsideProbe, judgeInside, keysOfInside } from './inside.ts';
import { flowText, Interconnection, type InterconnectionObject } from './interconnection.ts';
import { judgeProbes, keyOfTarget, type Verdict, verdictOf } from './judge.ts';
import type { Met } from './probe.ts';
import { askResolver, judgeResolver, type NetworkResolver, RESOLVERS_MAX } from './resolvers.ts';
import { SEAL_NAME, SEALED, Seal, type SealObject, sealedCondition } from './seal-kind.ts';
import {
  ATTEMPTS_MAX,
  FINDINGS_MAX,
  PROBES_MAX,
  type ProbeResult,
  type ReportSpec,
  SealReport,
} from './seal-report.ts';
import type { Target } from './targets.ts';
import { RegionTime, TIME_NAME, timeCondition } from './time-kind.ts';
import { judgeZones } from './zones/judge-zones.ts';
import type { ProbeZones } from './zones/probe-zones.ts';

/** A hole is found within a minute; this is how often it is looked for. */
export const LOOK_MS = 15_000;
/** What somebody changed is put back at once; the alarm stays for so many looks, for people to see it. */
const ALARM_LOOKS = 2;
const RETRY_MS = 2_000;
const REPORT_MS = 60 * 60_000;
/** Of the last reports; the leaves of older ones stay. */
const REPORTS_KEPT = 200;
/** Events of new attempts to leave at one look. */
const ATTEMPT_EVENTS_MAX = 5;
/** Attempts that are known, so that each is told once. */
const KNOWN_MAX = 10_000;

export interface SealControllerOptions {
  readonly client: SealClient;
  readonly regionId: string;
  /** Flows that the region's settings make: engines of it on other machines. */
  readonly settingsFlows: readonly SealFlow[];
  readonly targets: () => Promise<readonly Target[]>;
  readonly tryToLeave: (targets: readonly Target[], clock: Clock) => Promise<readonly Met[]>;
  /** Why this very process is not held by the seal; undefined when it is. */
  readonly notHeld: () => string | undefined;
  /** Whose an instance's address is, in words; undefined when nobody knows. */
  readonly whose: (address: string, context: ReconcileContext) => string | undefined;
  /** The instance at an address, as `hospital/ward/web`; undefined when nobody knows. */
  readonly instanceAt: (address: string, context: ReconcileContext) => Promise<string | undefined>;
  /** The name servers of networks. */
  readonly resolvers: (context: ReconcileContext) => readonly NetworkResolver[];
  /** Probes from inside the instances that may be; gives what each met. Never throws. */
  readonly probeInside: (context: ReconcileContext) => Promise<readonly InsideProbe[]>;
  /** Tries to leave from networks, whoever has instances there. Never throws. */
  readonly probeZones: ProbeZones;
  /** How often it is looked at; by default every 15 s. */
  readonly look_ms?: number;
  /** Tells `casemate status`. */
  readonly onSeal: (news: {
    readonly sealed: boolean;
    readonly message: string;
    readonly since: string;
  }) => void;
}

/** What one look found. */
interface Look {
  readonly state: SealState;
  readonly verdict: Verdict;
  readonly probes: readonly ProbeResult[];
  /** Attempts that are the region's own probes. */
  readonly ownKeys: ReadonlySet<string>;
}

type Why = ReportSpec['why'];
/** Instances by their address. */
type Names = ReadonlyMap<string, string>;

export function sealController(options: SealControllerOptions): Controller {
  const { client, look_ms = LOOK_MS } = options;
  let lastReport_ms: number | undefined;
  let alarm: { readonly verdict: Verdict; readonly until_ms: number } | undefined;
  // Of the last thorough look: what instances and networks met stays true until somebody looks again.
  let inside: readonly ProbeResult[] = [];
  let insideKeys: ReadonlySet<string> = new Set();
  const known = new Set<string>();
  let ways: readonly string[] | undefined;

  /** `isThorough`: from inside instances as well, which takes longer and is on record there. */
  async function look(
    declared: readonly InterconnectionObject[],
    isThorough: boolean,
    context: ReconcileContext,
  ): Promise<Look> {
    const { clock } = context;
    const model = sealModel(options.regionId, declared, options.settingsFlows, clock.now());
    const found = await client.state();
    const isInForce = found.digest === sealDigest(model) && found.disturbed.length === 0;
    const before = isInForce ? found : await client.apply(model);
    const targets = await options.targets();
    const resolvers = options.resolvers(context).slice(0, RESOLVERS_MAX);
    const [met, names, instances, zones] = await Promise.all([
      options.tryToLeave(targets, clock),
      Promise.all(resolvers.map(async (one) => judgeResolver(one, await askResolver(one)))),
      isThorough ? options.probeInside(context) : undefined,
      isThorough ? options.probeZones() : undefined,
    ]);
    const state = await client.state();
    const counts = { before: before.attempts, after: state.attempts };
    if (instances !== undefined && zones !== undefined) {
      const whose = (address: string) => options.whose(address, context);
      inside = [...judgeInside(instances, counts, model.flows), ...judgeZones(zones, model.flows, whose)];
      insideKeys = new Set(instances.flatMap(keysOfInside));
    }
    const probes = [...judgeProbes(targets, met, counts, model.flows), ...names, ...inside];
    const ownKeys = new Set([...targets.map(keyOfTarget), ...insideKeys]);
    const { enforced, processes } = state;
    const disturbed = [...new Set([...found.disturbed, ...state.disturbed])];
    const now = verdictOf({ enforced, processes, disturbed, probes, notHeld: options.notHeld() });
    if (now.reason === 'Disturbed') alarm = { verdict: now, until_ms: clock.now() + ALARM_LOOKS * look_ms };
    const isPast = alarm === undefined || clock.now() >= alarm.until_ms || !now.sealed;
    return { state, verdict: isPast ? now : (alarm?.verdict ?? now), probes, ownKeys };
  }

  /** Which instance each address is, of those that tried to leave. */
  async function instancesOf({ state }: Look, context: ReconcileContext): Promise<Names> {
    const sources = new Set(state.attempts.slice(0, ATTEMPTS_MAX).flatMap(({ source }) => source ?? []));
    const found = await Promise.all(
      [...sources].map(async (source) => [source, await options.instanceAt(source, context)] as const),
    );
    return new Map(found.flatMap(([source, name]) => (name === undefined ? [] : [[source, name]])));
  }

  async function tellAttempts(seal: SealObject, seen: Look, context: ReconcileContext): Promise<void> {
    const { state, ownKeys } = seen;
    const fresh = state.attempts.filter((one) => !ownKeys.has(keyOf(one)) && !known.has(keyOf(one)));
    if (fresh.length === 0) return;
    const names = await instancesOf(seen, context);
    for (const one of fresh) if (known.size < KNOWN_MAX) known.add(keyOf(one));
    for (const one of fresh.slice(0, ATTEMPT_EVENTS_MAX)) {
      const what = state.enforced ? 'was not let out' : 'left undeclared';
      context.events.record(
        seal,
        'Warning',
        'AttemptToLeave',
        `${attemptText(one, names, options.whose, context)} ${what}`,
      );
    }
  }

  function report(
    why: Why,
    seen: Look,
    newWays: readonly string[],
    names: Names,
    declared: readonly InterconnectionObject[],
    context: ReconcileContext,
  ): ReportSpec {
    const { state, verdict, probes, ownKeys } = seen;
    const clockOf = context.realm.view.get(RegionTime, { name: TIME_NAME });
    const time = clockOf === undefined ? undefined : timeCondition(clockOf)?.reason;
    const byUid = new Map(declared.map((object) => [object.metadata.uid, object]));
    return {
      at: rfc3339(context.clock.now()),
      why,
      sealed: verdict.sealed,
      reason: verdict.reason,
      enforced: state.enforced,
      processes: [...state.processes],
      bridges: state.bridges,
      ...(time === undefined ? {} : { time }),
      findings: [...verdict.findings, ...newWays.map(newWayText)]
        .slice(0, FINDINGS_MAX)
        .map((text) => text.slice(0, 512)),
      probes: probes.slice(0, PROBES_MAX),
      attempts: state.attempts.slice(0, ATTEMPTS_MAX).map((one) => {
        const network = one.source === undefined ? undefined : options.whose(one.source, context);
        const instance = one.source === undefined ? undefined : names.get(one.source);
        return {
          ...one,
          ...(network === undefined ? {} : { network }),
          ...(instance === undefined ? {} : { instance }),
          ...(ownKeys.has(keyOf(one)) ? { ownProbe: true } : {}),
        };
      }),
      attemptsInAll: state.attempts.length,
      flows: state.flows.map(({ id, packets, bytes }) => {
        const object = byUid.get(id);
        return {
          id,
          ...(object === undefined ? {} : { name: object.metadata.name }),
          flow: object === undefined ? 'of the region’s settings' : flowText(object.spec),
          packets,
          bytes,
        };
      }),
    };
  }

  async function keep(seal: SealObject, context: ReconcileContext): Promise<RetryAfter> {
    const { realm, clock, change } = context;
    const declared = realm.view.list(Interconnection);
    const asked = seal.spec.probe !== undefined && seal.spec.probe !== seal.status?.probed;
    const isDue = lastReport_ms === undefined || clock.now() - lastReport_ms >= REPORT_MS;
    const isOpenInside = inside.some(({ outcome }) => outcome === 'Escaped');
    let seen: Look;
    try {
      seen = await look(declared, asked || isDue || isOpenInside, context);
    } catch (error) {
      if (!(error instanceof FilterError)) throw error;
      await say(
        seal,
        { sealed: false, reason: error.reason, message: `nothing is known of it: ${error.message}` },
        {},
        context,
      );
      return { retryAfter_ms: error.reason === 'Absent' ? REPORT_MS : RETRY_MS };
    }
    const { state, verdict } = seen;
    const newWays = state.ways.filter((way) => ways !== undefined && !ways.includes(way));
    ways = state.ways;
    const before = sealedCondition(seal);
    const isOther = before?.reason !== verdict.reason || before?.message !== verdict.message;
    const now_ms = clock.now();
    const why: Why | undefined =
      verdict.reason === 'Disturbed' && isOther
        ? 'Disturbed'
        : asked
          ? 'Asked'
          : lastReport_ms === undefined
            ? 'Start'
            : isOther || newWays.length > 0
              ? 'Changed'
              : now_ms - lastReport_ms >= REPORT_MS
                ? 'Schedule'
                : undefined;
    let name: string | undefined;
    if (why !== undefined) {
      const names = await instancesOf(seen, context);
      const { object } = await realm.resources.create(
        SealReport,
        undefined,
        { metadata: { generateName: 'seal-' }, spec: report(why, seen, newWays, names, declared, context) },
        change,
      );
      name = object.metadata.name;
      lastReport_ms = now_ms;
      await prune(context);
    }
    const more = {
      enforced: state.enforced,
      processes: [...state.processes],
      flows: state.flows.length,
      ...(name === undefined ? {} : { report: name }),
      ...(asked ? { probed: seal.spec.probe } : {}),
    };
    await say(seal, verdict, more, context);
    await sayOfFlows(declared, state, context);
    await tellAttempts(seal, seen, context);
    for (const way of newWays.slice(0, ATTEMPT_EVENTS_MAX))
      context.events.record(seal, 'Warning', 'NewWayOut', newWayText(way));
    const end_ms = nextEnd_ms(declared, now_ms);
    return { retryAfter_ms: Math.max(100, Math.min(look_ms, (end_ms ?? Infinity) - now_ms + 1)) };
  }

  async function say(
    seal: SealObject,
    { sealed, reason, message }: Pick<Verdict, 'sealed' | 'message'> & { readonly reason: string },
    more: Readonly<Record<string, unknown>>,
    context: ReconcileContext,
  ): Promise<void> {
    const { realm, change, clock, events } = context;
    const condition = {
      type: SEALED,
      status: sealed ? ('True' as const) : ('False' as const),
      reason,
      message,
    };
    const before = sealedCondition(seal);
    const { object } = await realm.resources.modify(
      Seal,
      { name: SEAL_NAME },
      change,
      (current) => {
        const conditions = [...setCondition(current.status?.conditions, condition, clock)];
        const status = { ...current.status, ...more, conditions };
        return JSON.stringify(status) === JSON.stringify(current.status) ? current : { ...current, status };
      },
      { subresource: 'status' },
    );
    const since = sealedCondition(object)?.lastTransitionTime ?? rfc3339(clock.now());
    options.onSeal({ sealed, message, since });
    if (before?.reason !== reason || before.message !== message)
      events.record(object, sealed ? 'Normal' : 'Warning', reason, message);
  }

  return {
    name: 'seal',
    realms: ['region'],
    kind: Seal,
    concurrency: 1,
    watches: [{ kind: Interconnection, keys: () => [{ name: SEAL_NAME }] }],
    async reconcile(key, context) {
      const seal = context.realm.view.get(Seal, key);
      return seal === undefined ? undefined : keep(seal, context);
    },
    async sweep({ realm, change }) {
      if (realm.view.get(Seal, { name: SEAL_NAME }) !== undefined) return;
      try {
        await realm.resources.create(Seal, undefined, { metadata: { name: SEAL_NAME }, spec: {} }, change);
      } catch (error) {
        if (!isStatusError(error, 'AlreadyExists')) throw error;
      }
    },
  };
}

const newWayText = (way: string): string =>
  `this machine has a new route, ${way}: nothing undeclared takes it, but find out who made it and why`;

function attemptText(
  { by, source, destination, protocol, port }: Attempt,
  names: Names,
  whose: SealControllerOptions['whose'],
  context: ReconcileContext,
): string {
  const owner = source === undefined ? undefined : whose(source, context);
  const who =
    source === undefined
      ? `process ${by}`
      : `the instance ${names.get(source) ?? 'that is gone'} at ${source}${owner === undefined ? '' : ` (${owner})`}`;
  return `${who} to ${destination}${port === undefined ? '' : ` port ${port}`} by ${protocol}`;
}

/** Old reports go, oldest first. */
async function prune({ realm, change }: ReconcileContext): Promise<void> {
  const all = realm.view.list(SealReport);
  if (all.length <= REPORTS_KEPT) return;
  const oldest = all
    .toSorted((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
    .slice(0, all.length - REPORTS_KEPT);
  for (const { metadata } of oldest) {
    try {
      await realm.resources.delete(SealReport, { name: metadata.name }, change);
    } catch (error) {
      if (!isStatusError(error, 'NotFound')) throw error;
    }
  }
}
