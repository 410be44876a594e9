/** Which Debian packages a region needs by its settings, and which of another release's are still to come. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { PackageFacts } from '#gap/release/facts.ts';
import type { RegionConfig } from '../config/schema.ts';
import { isRemote } from '../external-incus.ts';
import { missingOf } from './plan.ts';

/** What only a region that runs its own Incus needs. */
const OF_EMBEDDED_INCUS: readonly string[] = ['incus-base', 'incus', 'btrfs-progs', 'uidmap'];

type Settings = Pick<RegionConfig, 'postgres' | 'incus'>;

/** A purpose that is not known here is one of a later release: needed. */
export function neededPackages<T extends PackageFacts>(config: Settings, packages: readonly T[]): T[] {
  return packages.filter(({ purpose, name }) => {
    if (purpose === 'store') return config.postgres.mode === 'embedded';
    if (purpose === 'encryption') return config.incus.mode === 'embedded';
    if (config.incus.mode === 'none') return !KNOWN.includes(purpose);
    if (isRemote(config)) return purpose === 'image' || !KNOWN.includes(purpose);
    return config.incus.mode === 'embedded' || !OF_EMBEDDED_INCUS.includes(name);
  });
}

const KNOWN: readonly string[] = ['store', 'compute', 'network', 'image'];

export interface Here {
  isPresent(one: PackageFacts): boolean;
  readonly hasVirtualization: boolean;
}

/**
 * Names of what a release needs here, is not here, and is not needed by what runs: what that works without is no reason to refuse. Only building base images may wait: a
 * region gets those from bundles.
 */
export function newlyMissing(
  config: Settings,
  {
    running,
    wanted,
  }: { readonly running: readonly PackageFacts[]; readonly wanted: readonly PackageFacts[] },
  here: Here,
): string[] {
  const isNew = (one: PackageFacts) =>
    !running.some((other) => other.name === one.name && isDeepStrictEqual(other.files, one.files));
  const needed = neededPackages(config, wanted).filter((one) => one.purpose !== 'image' && isNew(one));
  return missingOf(needed, here).map(({ name }) => name);
}
