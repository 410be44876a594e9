/** What of Casemate runs here: this program, for plans and for the way back. */
import { readMigrations } from '#engines/postgres/migrate.ts';
import { type ReleaseId, readCurrent } from '#gap/release/journal.ts';
import type { Running } from '#gap/release/plan.ts';
import type { RegionConfig } from '../config/schema.ts';
import { packagesHere } from '../install/apply.ts';
import { newlyMissing } from '../install/needed.ts';
import { PACKAGES } from '../install/packages.ts';
import type { Layout } from '../layout.ts';
import { PROGRAM_FOLDER, programFingerprint, programVersion } from '../program.ts';

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

export async function runningHere(config: Pick<RegionConfig, 'postgres' | 'incus'>): Promise<Running> {
  return {
    version: programVersion(),
    architecture: ARCHITECTURES[process.arch] ?? process.arch,
    migrations: await readMigrations(),
    missing: (wanted) => newlyMissing(config, { running: PACKAGES, wanted }, packagesHere),
  };
}

/** The release that runs, or the checkout that the region was made from: then that is this program. */
export async function releaseHere({ releases }: Pick<Layout, 'releases'>): Promise<ReleaseId> {
  const current = await readCurrent(releases);
  if (current === undefined)
    return { version: programVersion(), digest: `checkout:${programFingerprint()}`, folder: PROGRAM_FOLDER };
  const { version, digest, folder } = current;
  return { version, digest, folder };
}
