/** The region's own time: which process keeps it, where, and for whom. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type TimeClient, timeClient } from '#engines/chrony/client.ts';
import { describeChronyd, findChrony } from '#engines/chrony/daemon.ts';
import type { TimeSource } from '#engines/chrony/settings.ts';
import type { RegionConfig } from './config/schema.ts';
import { type Account, isRoot } from './embedded/accounts.ts';
import { isRemote } from './external-incus.ts';
import { unpackedPrograms } from './install/unpack.ts';
import type { Layout } from './layout.ts';
import type { ProcessDefinition } from './supervisor/definition.ts';

export const timeFolder = ({ data }: Pick<Layout, 'data'>): string => join(data, 'time');

/** Between the ports of Forwards and those that Linux opens connections from; two for each region. */
const PORT_FIRST = 30_000;
const PORT_PAIRS = 1_380;

/** Where it is served on this machine: regions side by side have ports of their own. */
export const timePortOf = ({ id, time }: Pick<RegionConfig, 'id' | 'time'>): number =>
  time.port ?? PORT_FIRST + 2 * (createHash('sha256').update(id).digest().readUInt32BE(0) % PORT_PAIRS);

/** Whether this region is to keep time: where there are gateways to serve it at. */
export const wantsTime = (config: RegionConfig): boolean =>
  config.time.mode === 'embedded' && config.incus.mode !== 'none' && !isRemote(config) && isRoot();

/** Why a region keeps none. */
export const whyNoTime = ({ time }: Pick<RegionConfig, 'time'>): string =>
  time.mode === 'none'
    ? 'region.yaml says time.mode: none'
    : 'casemate up started no chronyd: that takes root, networks on this machine, and Debian’s chrony, which it unpacks';

/** Undefined where it keeps none, or cannot. */
export function timeDefinition(
  layout: Layout,
  config: RegionConfig,
  account: Account | undefined,
  imageCache: string,
): ProcessDefinition | undefined {
  const programs = findChrony(unpackedPrograms(imageCache));
  if (!wantsTime(config) || programs === undefined || account === undefined) return undefined;
  const settings = {
    sources: config.time.sources.map(sourceOf),
    allow: config.network.pools,
    port: timePortOf(config),
    folder: timeFolder(layout),
    setsClock: config.time.setsClock,
  };
  return {
    name: 'time',
    ...describeChronyd(programs, settings, account),
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' },
    cwd: '/',
    after: [],
    startLimit_ms: 20_000,
    stop: { signal: 'SIGTERM', grace_ms: 5_000 },
    optional: true,
  };
}

/** The settings' loader has seen to it that there is exactly one of the two. */
function sourceOf({ server, port, nts, refclock = '' }: RegionConfig['time']['sources'][number]): TimeSource {
  if (server === undefined) return { refclock };
  return {
    server,
    ...(port === undefined ? {} : { port }),
    ...(nts === undefined ? {} : { nts }),
  };
}

/** What the region process has to do with it: asks it, and leads instances there. */
export interface RegionTimeService {
  readonly port: number;
  readonly client: TimeClient;
  /** How many sources are declared. */
  readonly sources: number;
  /** Milliseconds that this machine's clock may be off before it is an alarm. */
  readonly offset_ms_max: number;
}

export function timeOf(config: RegionConfig, imageCache: string): RegionTimeService | undefined {
  const programs = findChrony(unpackedPrograms(imageCache));
  if (programs === undefined) return undefined;
  const port = timePortOf(config);
  const { sources, offset_ms } = config.time;
  return {
    port,
    client: timeClient(programs.client, port),
    sources: sources.length,
    offset_ms_max: offset_ms,
  };
}
