/** What the seal hands to the composition root: its kinds, what keeps it, and the actions by which flows are agreed to. */

import { controlGroupName, controlGroupOf } from '#engines/nftables/seal/control-group.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Kind } from '#kernel/kind.ts';
import type { Realms } from '#kernel/realm.ts';
import type { Service } from '#kernel/service.ts';
import { type SealControllerOptions, sealController } from './controller.ts';
import { Interconnection } from './interconnection.ts';
import { interconnectionActions } from './interconnection-actions.ts';
import { tryToLeave } from './probe.ts';
import { childrenOf } from './process-children.ts';
import { Seal } from './seal-kind.ts';
import { SealReport } from './seal-report.ts';
import { machineTargets } from './targets.ts';
import { type TimeControllerOptions, timeController } from './time-controller.ts';
import { RegionTime } from './time-kind.ts';

const STRAYS_NAMED_MAX = 8;

export const SEAL_KINDS: readonly Kind[] = [Seal, SealReport, Interconnection, RegionTime];

export interface SealServiceOptions
  extends Pick<
    SealControllerOptions,
    | 'client'
    | 'regionId'
    | 'settingsFlows'
    | 'whose'
    | 'instanceAt'
    | 'resolvers'
    | 'probeInside'
    | 'probeZones'
    | 'onSeal'
    | 'look_ms'
  > {
  /** Path of a ping(8) that an account without privileges can start. */
  readonly ping: string;
  /** The region's time, as it is to be watched. */
  readonly time: TimeControllerOptions;
  readonly clock: Clock;
  /** Not to be called before all services are made. */
  readonly realms: () => Pick<Realms, 'use'>;
}

export function sealService({ clock, realms, time, ping, ...options }: SealServiceOptions): Service {
  return {
    name: 'seal',
    kinds: SEAL_KINDS,
    controllers: [
      sealController({
        ...options,
        targets: () => machineTargets(process.env),
        tryToLeave: (targets, at) => tryToLeave(targets, at, ping),
        notHeld: () => whyNotHeld(options.regionId),
      }),
      timeController(time),
    ],
    connectors: interconnectionActions({ realms, clock }),
  };
}

/** Whether this process, and all others that its supervisor started, are still where that put them. */
function whyNotHeld(regionId: string): string | undefined {
  const place = `/${controlGroupName(regionId)}/`;
  const own = controlGroupOf('self');
  if (own?.includes(place) !== true)
    return `the region process runs outside the region’s control group, at ${own ?? 'no place'}; casemate down, then up, puts it back`;
  const strays = childrenOf(process.ppid).filter(({ pid }) => controlGroupOf(pid)?.includes(place) === false);
  if (strays.length === 0) return undefined;
  const named = strays.slice(0, STRAYS_NAMED_MAX).map(({ pid, command }) => `${command} (pid ${pid})`);
  return `${named.join(', ')} of the region was taken out of the region’s control group, so nothing holds it; casemate down, then up, puts it back`;
}
