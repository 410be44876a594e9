/** Follows the machine, and says of it and of the region what `GET /about` shows. */
import type { Clock } from '#kernel/clock.ts';
import type { RealmRoute } from '#kernel/route.ts';
import { programVersion } from '../program.ts';
import { shownProcesses } from '../supervisor/shown.ts';
import { followMachine, machineNow } from './machine.ts';
import { type AboutRouteOptions, aboutRoute } from './route.ts';

export interface AboutOptions extends Omit<AboutRouteOptions, 'about'> {
  /** Of the region. */
  readonly name: string;
  /** What its servers are known by, PEM. */
  readonly authority: string;
  /** The data folder, whose disk is looked at. */
  readonly folder: string;
  /** Where the supervisor shows how the region's processes are. */
  readonly processes: string;
  readonly clock: Clock;
}

export function openAbout(options: AboutOptions): { readonly route: RealmRoute; stop(): void } {
  const { name, authority, folder, processes, clock, ...gate } = options;
  const look = () => machineNow(folder);
  const trend = followMachine(clock, look);
  const about = async () => ({
    version: programVersion(),
    name,
    authority,
    machine: await look(),
    processes: await shownProcesses(processes),
    samples: trend.samples(),
  });
  return { route: aboutRoute({ ...gate, about }), stop: trend.stop };
}
