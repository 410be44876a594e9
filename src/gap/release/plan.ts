/** What a release would do to this region, and why it cannot be applied where it cannot. Pure. */
import semver from 'semver';
import type { MigrationFacts, PackageFacts, ReleaseConfig } from './facts.ts';
import type { PublishedRelease } from './published.ts';
import { MIGRATIONS_SHOWN_MAX, type PlanStatus } from './release-kind.ts';

/** What runs now. */
export interface Running {
  readonly version: string;
  readonly architecture: string;
  readonly migrations: readonly Pick<MigrationFacts, 'version' | 'name' | 'checksum'>[];
  /** Which of those Debian packages this machine lacks, and what runs does not need. */
  missing(packages: readonly PackageFacts[]): readonly string[];
}

export function planOf(
  running: Running,
  published: PublishedRelease,
  config: ReleaseConfig,
  signers: readonly string[],
): PlanStatus {
  const { release, files, version } = config;
  const { bundle, digest } = published;
  const added = release.migrations.slice(running.migrations.length);
  const shown = added.slice(0, MIGRATIONS_SHOWN_MAX);
  return {
    from: running.version,
    to: version,
    digest,
    bundle: `${bundle.name} ${bundle.version}`,
    signers: [...signers],
    node: release.node,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    migrations: shown.map(
      ({ name, worksFrom }) => `${name}, which releases of schema ${worksFrom} on can work with`,
    ),
    restarts:
      'the region process and its helpers start anew, so the API does not answer for some seconds; the database, Incus and all instances run on',
    rollback: `by itself within a minute where ${version} does not do well, and by hand with two people afterwards: Casemate ${running.version} can work with all that it leaves in the database`,
    problems: problemsOf(running, config, added),
  };
}

function problemsOf(
  running: Running,
  { version, release }: ReleaseConfig,
  added: readonly MigrationFacts[],
): string[] {
  const problems: string[] = [];
  if (!semver.gt(version, running.version))
    problems.push(
      `Casemate ${running.version} runs, and ${version} is not newer: to go back there is casemate release rollback`,
    );
  if (release.architecture !== running.architecture)
    problems.push(`it is made for ${release.architecture}, and this machine is ${running.architecture}`);
  const other = running.migrations.find(
    ({ checksum }, index) => release.migrations[index]?.checksum !== checksum,
  );
  if (other !== undefined)
    problems.push(`its database is another one: ${other.name} of what runs is not in it as it is here`);
  const schema = running.migrations.length;
  const past = added.find(({ worksFrom }) => worksFrom > schema);
  if (past !== undefined)
    problems.push(
      `nobody could go back: Casemate ${running.version} (schema ${schema}) cannot work with what ${past.name} leaves behind, only releases from schema ${past.worksFrom} on; apply one of those first`,
    );
  const missing = running.missing(release.packages ?? []);
  if (missing.length > 0) problems.push(missingPackages(missing));
  return problems;
}

/** Also what whoever applies it says, who looks once more. */
export const missingPackages = (names: readonly string[]): string =>
  `it needs what is not on this machine: apt-get install ${names.join(' ')}, from where this machine installs, or from packages that a bundle carried in; then plan again`;
