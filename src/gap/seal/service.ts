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
import { Seal } from './seal-kind.ts';
import { SealReport } from './seal-report.ts';
import { machineTargets } from './targets.ts';
import { type TimeControllerOptions, timeController } from './time-controller.ts';
import { RegionTime } from './time-kind.ts';

export const SEAL_KINDS: readonly Kind[] = [Seal, SealReport, Interconnection, RegionTime];

export interface SealServiceOptions
  extends Pick<
    SealControllerOptions,
    'client' | 'regionId' | 'settingsFlows' | 'whose' | 'probeInside' | 'onSeal' | 'look_ms'
  > {
  /** The region's time, as it is to be watched. */
  readonly time: TimeControllerOptions;
  readonly clock: Clock;
  /** Not to be called before all services are made. */
  readonly realms: () => Pick<Realms, 'use'>;
}

export function sealService({ clock, realms, time, ...options }: SealServiceOptions): Service {
  return {
    name: 'seal',
    kinds: SEAL_KINDS,
    controllers: [
      sealController({
        ...options,
        targets: () => machineTargets(process.env),
        tryToLeave,
        notHeld: () => whyNotHeld(options.regionId),
      }),
      timeController(time),
    ],
    connectors: interconnectionActions({ realms, clock }),
  };
}

/** Whether this process is still where the supervisor put it. */
function whyNotHeld(regionId: string): string | undefined {
  const own = controlGroupOf('self');
  return own?.includes(`/${controlGroupName(regionId)}/`)
    ? undefined
    : `the region process runs outside the region’s control group, at ${own ?? 'no place'}; casemate down, then up, puts it back`;
}
