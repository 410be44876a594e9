/**
 * Gets Incus ready for the region: its own, or the one region.yaml names. Without one the region runs all the same, and
 * what needs it says so in its conditions.
 */
import { userInfo } from 'node:os';
import { loadFileSystem, whyNotHere } from '#engines/fscrypt/host.ts';
import { connectIncus, type Incus } from '#engines/incus/client.ts';
import { DEFAULT_POOL, prepareIncus, untilReady } from '#engines/incus/daemon.ts';
import type { Clock } from '#kernel/clock.ts';
import type { RegionConfig } from './config/schema.ts';
import { isRoot } from './embedded/accounts.ts';
import { externalAddress, isRemote, placeOf } from './external-incus.ts';
import type { Layout } from './layout.ts';

const READY_LIMIT_MS = 60_000;
const GIB = 1024 ** 3;

export interface Engine {
  readonly incus: Incus;
  /** Why there are no instances here; undefined when all is well. */
  readonly problem: string | undefined;
}

/** Why a region has no engine, for its operator and for whoever wants an instance in it. */
export const whyNoEngine = (config: RegionConfig): string =>
  config.incus.mode === 'none'
    ? 'this region runs no instances (region.yaml says incus: none)'
    : 'this region has no Incus, which needs root and the package incus-base on its machine';

/** How large a pool may grow. */
export const poolSize_bytes = ({ storage }: RegionConfig): number => Number.parseInt(storage.size, 10) * GIB;

/** Before it is asked whether the host can: as root alone can. */
export function prepareEncryption(config: RegionConfig): void {
  if (isRoot() && config.incus.mode === 'embedded') loadFileSystem();
}

/** Why volumes are not encrypted where they lie; undefined: they are. */
export function whyNoEncryption(config: RegionConfig): string | undefined {
  if (config.incus.mode === 'none') return whyNoEngine(config);
  if (config.incus.mode === 'external')
    return 'its Incus is not the region’s own, which encrypts nothing there';
  return whyNotHere();
}

/** For a region without Incus: every kind is served, and says what it lacks. */
export function noEngine(config: RegionConfig, clock: Clock): Engine {
  const why = whyNoEngine(config);
  return { incus: connectIncus({ absent: why }, clock), problem: `${why}: no instances, images or networks` };
}

/** Says what is wrong with an Incus that is not ours; whatever it is, it is tried again with every instance. */
async function openExternal(config: RegionConfig, clock: Clock): Promise<Engine> {
  const place = `Incus at ${placeOf(config)}`;
  const incus = connectIncus(externalAddress(config, ownAccount()), clock);
  try {
    if ((await incus.server()).auth !== 'trusted') {
      const certificate = config.incus.clientCertificate;
      return {
        incus,
        problem: `${place} does not trust this region: no instances or images; on its machine: incus config trust add-certificate ${certificate}`,
      };
    }
    await incus.extensions();
    const pools = await incus.pools.list();
    if (pools.some(({ name }) => name === DEFAULT_POOL)) return { incus, problem: undefined };
    return {
      incus,
      problem: `${place} has no storage pool called ${DEFAULT_POOL}: no instances; make one: incus storage create ${DEFAULT_POOL} DRIVER`,
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const what = `${place} cannot be used (${message}): no instances, images or networks`;
    const hint = '; its socket must belong to a group other than root, such as incus-admin';
    return { incus, problem: isRemote(config) ? what : `${what}${hint}` };
  }
}

const ownAccount = () => ({ name: userInfo().username, uid: userInfo().uid });

/** Waits until Incus serves. */
export async function openEngine(layout: Layout, config: RegionConfig, clock: Clock): Promise<Engine> {
  if (config.incus.mode === 'external') return openExternal(config, clock);
  const incus = await untilReady(layout.incus, clock, READY_LIMIT_MS);
  try {
    await prepareIncus(incus, {
      pool: DEFAULT_POOL,
      folder: layout.incus,
      poolSize_bytes: poolSize_bytes(config),
    });
    return { incus, problem: undefined };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { incus, problem: `Incus has no storage pool (${message}): no instances or images` };
  }
}
