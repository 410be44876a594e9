/** What advisories, VEX statements, packages and findings are, whichever format they came in. Plain data. */
import type { RangeEvent } from './versions/ranges.ts';

/** From the worst to the least; `unknown`: nobody said yet. */
export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Package ecosystems whose order of versions we know. */
export const ECOSYSTEMS = ['debian', 'npm'] as const;
export type Ecosystem = (typeof ECOSYSTEMS)[number];

/** `debian/openssl` (the source package), `npm/@scope/name`: how advisories are looked up. */
export type PackageKey = `${Ecosystem}/${string}`;

export const packageKey = (ecosystem: Ecosystem, name: string): PackageKey => `${ecosystem}/${name}`;

/**
 * What Debian's tracker says of one release. `open`: affected, no fix there yet. `resolved`: fixed in `fixed` (`0`: never affected).
 * `undetermined`: nobody looked. `removed`: the package was taken out of the release, which says nothing about whether it is affected.
 */
export const RELEASE_STATUSES = ['open', 'resolved', 'undetermined', 'removed'] as const;
export type ReleaseStatus = (typeof RELEASE_STATUSES)[number];

export interface DebianRelease {
  readonly status: ReleaseStatus;
  readonly fixed?: string;
  readonly severity: Severity;
  /** Debian no longer supports the package in this release. */
  readonly endOfLife?: true;
  /** Debian will not issue an advisory for it, and why: `ignored`, `postponed`, or its own words. */
  readonly noDsa?: string;
}

export interface VersionRange {
  /** Versions of Debian, or of npm. */
  readonly events: readonly RangeEvent[];
}

/** Which versions an OSV entry names. */
export interface Affected {
  /** Of Debian: the release it speaks of, by its number; absent: all. */
  readonly release?: string;
  readonly ranges: readonly VersionRange[];
  readonly versions: readonly string[];
}

/** What one source says of one vulnerability in one package. */
export interface Advisory {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly severity: Severity;
  readonly summary: string;
  /** From Debian's tracker: by the release's code name. */
  readonly releases?: Readonly<Record<string, DebianRelease>>;
  /** From OSV. */
  readonly affected?: readonly Affected[];
}

export const VEX_STATUSES = ['not_affected', 'affected', 'fixed', 'under_investigation'] as const;
export type VexStatus = (typeof VEX_STATUSES)[number];

/** OpenVEX 0.2.0: somebody's word on whether a product is affected, and why not. */
export interface VexStatement {
  /** The vulnerability's name and its aliases. */
  readonly vulnerabilities: readonly string[];
  readonly status: VexStatus;
  readonly justification?: string;
  /** In words: the impact, or what to do. */
  readonly words?: string;
  readonly author: string;
  /** RFC 3339. */
  readonly timestamp: string;
  /** The package it is about, as a package URL; without a version: every version. */
  readonly purl: string;
  /** Only where the package is part of this product. */
  readonly within?: string;
}

/** Everything that is known about one package. */
export interface PackageFacts {
  readonly key: PackageKey;
  readonly advisories: readonly Advisory[];
  readonly statements: readonly VexStatement[];
}

/** A package that is there. */
export interface InstalledPackage {
  readonly ecosystem: Ecosystem;
  /** Of Debian: the source package. */
  readonly name: string;
  /** Of Debian: the source's version. */
  readonly version: string;
  readonly purl: string;
  /** Of Debian: the binary packages that are installed of it. */
  readonly binaries?: readonly string[];
  /** SPDX expression or name, where it is known. */
  readonly licence?: string;
}

/** What is in one thing: an instance, an SBOM, this program. */
export interface Inventory {
  /** The product as a whole, where it has a package URL. */
  readonly purl?: string;
  /** Of Debian: the release's code name (`bookworm`), as far as it is known. */
  readonly release?: string;
  readonly packages: readonly InstalledPackage[];
  /** What is there and cannot be looked up, and why. */
  readonly unidentified: readonly Unidentified[];
}

export interface Unidentified {
  readonly name: string;
  readonly why: string;
}
