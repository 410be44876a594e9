/**
 * Decides what to install, from what is there: pure, so that every case can be tested without a machine to spoil.
 */
import type { AptSource } from './apt-sources.ts';
import { backportsSource } from './apt-sources.ts';
import type { OperatingSystem } from './debian.ts';
import { type PackagePurpose, PURPOSE, type RequiredPackage } from './packages.ts';

export interface MachineFacts {
  readonly system: OperatingSystem;
  readonly isRoot: boolean;
  readonly sources: readonly AptSource[];
  /** Whether a package's files are there. */
  isPresent(required: RequiredPackage): boolean;
  /** Whether virtual machines can run here at all. */
  readonly hasVirtualization: boolean;
}

/** Something that will not work, and why, in words for a person. */
export interface Shortcoming {
  readonly purpose: PackagePurpose;
  readonly message: string;
}

export interface InstallPlan {
  readonly install: readonly RequiredPackage[];
  /** A source of packages to add first. */
  readonly addSource: AptSource | undefined;
  /** The suite that some of them have to be asked of, with what they need: apt takes a dependency from there only when told to. */
  readonly wholeFrom?: string;
  readonly shortcomings: readonly Shortcoming[];
}

// Releases whose main section lacks Incus; later ones have it.
const RELEASES_WITHOUT_INCUS: readonly string[] = ['bookworm'];

type Describable = Pick<RequiredPackage, 'onlyWith'>;

/** Those of which nothing is here, although this machine could use them. */
export const missingOf = <T extends Describable>(
  required: readonly T[],
  { isPresent, hasVirtualization }: Pick<MachineFacts, 'hasVirtualization'> & { isPresent(one: T): boolean },
): T[] => required.filter((item) => (item.onlyWith === undefined || hasVirtualization) && !isPresent(item));

export function planInstall(required: readonly RequiredPackage[], facts: MachineFacts): InstallPlan {
  const missing = missingOf(required, facts);
  if (missing.length === 0) return { install: [], addSource: undefined, shortcomings: [] };
  if (facts.system.id !== 'debian') {
    return refuse(missing, `this is ${facts.system.prettyName}, and only Debian's packages are known here`);
  }
  if (!facts.isRoot) return refuse(missing, 'only root can install packages');

  const needsBackports =
    missing.some((item) => item.fromBackports) && RELEASES_WITHOUT_INCUS.includes(facts.system.codename);
  const source = needsBackports ? backportsSource(facts.sources, facts.system.codename) : undefined;
  if (source !== 'no-mirror') {
    const wholeFrom = needsBackports ? { wholeFrom: `${facts.system.codename}-backports` } : {};
    return { install: missing, addSource: source, shortcomings: [], ...wholeFrom };
  }
  const possible = missing.filter((item) => !item.fromBackports);
  const { shortcomings } = refuse(
    missing.filter((item) => item.fromBackports),
    `apt's sources name no mirror with the main section of ${facts.system.codename}, whose backports have it`,
  );
  return { install: possible, addSource: undefined, shortcomings };
}

/**
 * What `apt-get install` is called with, one call each: by name; and apart from those, what wants a newer QEMU than its release has. Only there
 * does apt prefer backports, for it would do so for everything else in that call as well.
 */
export function aptSteps({ install, wholeFrom }: InstallPlan): readonly (readonly string[])[] {
  const isWhole = ({ fromBackports, onlyWith }: RequiredPackage) =>
    wholeFrom !== undefined && fromBackports === true && onlyWith === 'virtualization';
  const named = install.filter((item) => !isWhole(item)).map(({ name }) => name);
  const whole = install.filter(isWhole).map(({ name }) => name);
  return [named, whole.length === 0 ? [] : ['-t', wholeFrom ?? '', ...whole]].filter(
    (step) => step.length > 0,
  );
}

function refuse(missing: readonly RequiredPackage[], why: string): InstallPlan {
  const purposes = [...new Set(missing.map((item) => item.purpose))];
  const shortcomings = purposes.map((purpose) => {
    const names = missing.filter((item) => item.purpose === purpose).map((item) => item.name);
    return {
      purpose,
      message: `${names.join(', ')} not installed, and ${why}: ${PURPOSE[purpose].without}. Install with: apt-get install ${names.join(' ')}`,
    };
  });
  return { install: [], addSource: undefined, shortcomings };
}
