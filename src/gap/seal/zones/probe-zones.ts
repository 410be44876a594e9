/**
 * One round of attempts to leave from networks: a process in a namespace of its own is started, the packet filter's agent gives it a port into each network, it tries,
 * and the ports go again. Whatever happens in between, nothing stays: the ports go with that process, and that process with its asker.
 */
import type { SealClient } from '#engines/nftables/client.ts';
import type { ZonesPassed } from '#engines/nftables/seal/keeper.ts';
import type { ZonePort } from '#engines/nftables/seal/zone-ports.ts';
import type { Clock } from '#kernel/clock.ts';
import { valueChecker } from '../../bundle/json.ts';
import { lines } from '../../confined/lines.ts';
import type { StartConfined, Started } from '../../confined/start.ts';
import { INSIDE_TARGETS } from '../inside.ts';
import type { Met } from '../probe.ts';
import { LINE_BYTES_MAX, type ZonesJob, ZonesSaid } from './protocol.ts';

const ROUND_MS_MAX = 50_000;

/** What the attempts out of one network met, each of `INSIDE_TARGETS`. */
export interface ZoneTried {
  readonly zone: ZonePort;
  readonly hasGateway: boolean;
  readonly met: readonly Met[];
}

export interface ZonesRound extends ZonesPassed {
  readonly tried: readonly ZoneTried[];
  /** Why nothing could be tried. */
  readonly problem?: string;
}

export type ProbeZones = () => Promise<ZonesRound>;

const readSaid = valueChecker(ZonesSaid);

/** Never throws: what could not be tried is said. */
export function zonesProber(start: StartConfined, client: SealClient, clock: Clock): ProbeZones {
  return async () => {
    try {
      const started = await start();
      const cancel = clock.after(ROUND_MS_MAX, () => started.kill());
      try {
        return await round(started, client);
      } finally {
        cancel();
        started.kill();
      }
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      return { tried: [], packets: [], unroutable: [], interrupted: false, problem: problem.slice(0, 200) };
    }
  };
}

async function round(started: Started, client: SealClient): Promise<ZonesRound> {
  const output = lines(started.output, LINE_BYTES_MAX);
  const ready = await next(output);
  if (ready.type !== 'ready') throw new Error(whyNot(ready));
  let zones: readonly ZonePort[] = [];
  let passed: ZonesPassed | undefined;
  let said: ZonesSaid | undefined;
  try {
    zones = await client.openZones(ready.pid);
    if (zones.length > 0) {
      const job: ZonesJob = {
        zones: zones.map(({ inner, address, prefix, gateway }) => ({ inner, address, prefix, gateway })),
        targets: [...INSIDE_TARGETS],
      };
      started.write(`${JSON.stringify(job)}\n`);
      said = await next(output);
    }
  } finally {
    passed = await client.closeZones();
  }
  if (said !== undefined && said.type !== 'met') throw new Error(whyNot(said));
  const tried = zones.map((zone, at) => {
    const { hasGateway = false, met = [] } = said?.zones[at] ?? {};
    return { zone, hasGateway, met };
  });
  return { ...passed, tried };
}

async function next(output: AsyncGenerator<string>): Promise<ZonesSaid> {
  for (;;) {
    const { done, value } = await output.next();
    if (done === true) throw new Error('what tries networks ended without a word');
    if (value !== '') return readSaid(JSON.parse(value), 'what it says');
  }
}

const whyNot = (said: ZonesSaid): string =>
  said.type === 'failed'
    ? said.message
    : said.type === 'ended'
      ? `what tries networks ended by ${said.how}`
      : `what tries networks said ${said.type}`;
