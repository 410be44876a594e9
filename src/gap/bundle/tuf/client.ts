/**
 * Whether a bundle's metadata is to be trusted, starting from what is trusted already: TUF 1.0.34, section 5, as far as it makes sense where nothing
 * can be fetched. Versions are hard. Time is not: it is the latest of the clock, of what was accepted before and of the ledger, so that a clock that
 * was put back opens nothing; and what is too old is the operator's to decide, so that a clock that runs ahead bricks nothing. Pure.
 */
import { rfc3339 } from '#kernel/clock.ts';
import { BundleError } from '../problem.ts';
import { type RoleCheck, requireRole } from './check-role.ts';
import { allTargets, requireDelegated } from './delegations.ts';
import { type Signable, signedDigest } from './metadata.ts';
import { requireChain } from './root.ts';
import type { RootSigned, SnapshotSigned, TargetsSigned, TimestampSigned } from './schema.ts';

/** All of a bundle's metadata, read but not checked. */
export interface BundleMetadata {
  /** From version 1 on, without a gap. */
  readonly roots: readonly Signable<RootSigned>[];
  readonly timestamp: Signable<TimestampSigned>;
  readonly snapshot: Signable<SnapshotSigned>;
  readonly targets: Signable<TargetsSigned>;
  /** Lists that `targets` delegates, in the order in which it names them. */
  readonly delegated: readonly Signable<TargetsSigned>[];
}

/** What was accepted last of bundles of one name. */
export interface Accepted {
  readonly version: number;
  /** `signedDigest` of its targets. */
  readonly digest: string;
  /** When that bundle was made, by its own word. */
  readonly created_ms: number;
}

export interface Trust {
  readonly root: Signable<RootSigned>;
  readonly accepted: ReadonlyMap<string, Accepted>;
  /** Time of the newest leaf of the ledger, where there is one. */
  readonly ledger_ms?: number;
}

export interface AgePolicy {
  /** Whether metadata past its expiry is refused, or only remarked on. */
  readonly expired: 'refuse' | 'remark';
  /** Older than this counts as expired, whatever it says of itself. Absent: only what it says. */
  readonly days?: number;
}

export interface Verified {
  readonly name: string;
  readonly version: number;
  readonly created: string;
  /** Hexadecimal; the same however many signed. */
  readonly digest: string;
  readonly root: Signable<RootSigned>;
  readonly targets: TargetsSigned['targets'];
  /** Who signed the list of contents. */
  readonly signers: RoleCheck;
  /** What a person should know, and that is no reason to refuse. */
  readonly remarks: readonly string[];
}

/** When the check takes place, whatever the clock says. */
export function updateStart_ms(clock_ms: number, trust: Trust): number {
  const accepted = [...trust.accepted.values()].map(({ created_ms }) => created_ms);
  return Math.max(clock_ms, trust.ledger_ms ?? 0, ...accepted);
}

/** Throws BundleError that names the role. */
export function verifyMetadata(
  bundle: BundleMetadata,
  trust: Trust,
  clock_ms: number,
  policy: AgePolicy,
): Verified {
  const root = lastRoot(bundle.roots, trust.root);
  const { timestamp, snapshot, targets, delegated } = bundle;
  requireRole(root.signed, 'timestamp', timestamp, 'timestamp');
  requireRole(root.signed, 'snapshot', snapshot, 'snapshot');
  const signers = requireRole(root.signed, 'targets', targets, 'targets');
  requireSame('snapshot', timestamp.signed.meta['snapshot.json'], snapshot);
  requireSame('targets', snapshot.signed.meta['targets.json'], targets);
  requireDelegated({ root: root.signed, snapshot: snapshot.signed, targets, delegated });
  const identity = targets.signed['x-casemate-bundle'];
  for (const file of [timestamp, snapshot]) {
    const { _type: part, 'x-casemate-bundle': other } = file.signed;
    if (other.name !== identity.name || other.created !== identity.created) {
      throw new BundleError('Malformed', part, `is about the bundle ${other.name} of ${other.created}`);
    }
  }
  const digest = signedDigest(targets);
  requireNewer(identity.name, targets.signed.version, digest, trust);
  return {
    name: identity.name,
    version: targets.signed.version,
    created: identity.created,
    digest,
    root,
    targets: allTargets(targets, delegated),
    signers,
    remarks: [
      ...expiryRemarks(
        [root, timestamp, snapshot, targets, ...delegated],
        updateStart_ms(clock_ms, trust),
        policy,
      ),
      ...ageRemarks(identity.created, updateStart_ms(clock_ms, trust), policy),
      ...timeRemarks(identity.created, clock_ms),
      ...(trust.root.signed.version > bundle.roots.length
        ? [
            `it was built with version ${bundle.roots.length} of the root; ${trust.root.signed.version} is trusted here`,
          ]
        : []),
    ],
  };
}

/** TUF 5.3: each root is signed by the signers of the one before and by its own, up to the newest; the trusted one must be among them. */
function lastRoot(
  roots: readonly Signable<RootSigned>[],
  trusted: Signable<RootSigned>,
): Signable<RootSigned> {
  requireRole(trusted.signed, 'root', trusted, 'the trusted root');
  requireChain(roots);
  const same = roots[trusted.signed.version - 1];
  if (same !== undefined && !same.bytes.equals(trusted.bytes)) {
    const part = `root ${trusted.signed.version}`;
    throw new BundleError(
      'Untrusted',
      part,
      'is another one than the root of this version that is trusted here',
    );
  }
  const last = roots.at(-1);
  // A bundle that was built before the root changed is judged by the root of today.
  return last === undefined || last.signed.version < trusted.signed.version ? trusted : last;
}

function requireSame(
  part: string,
  said: { readonly version: number; readonly 'x-casemate-signed-sha256': string },
  file: Signable<{ readonly version: number }>,
): void {
  if (said.version !== file.signed.version || said['x-casemate-signed-sha256'] !== signedDigest(file)) {
    throw new BundleError(
      'WrongDigest',
      part,
      `is not the ${part} that was signed for in this bundle: version ${file.signed.version}, expected ${said.version}`,
    );
  }
}

function requireNewer(name: string, version: number, digest: string, trust: Trust): void {
  const last = trust.accepted.get(name);
  if (last === undefined || version > last.version) return;
  if (version < last.version) {
    throw new BundleError(
      'Rollback',
      'targets',
      `${name} ${version} is older than ${name} ${last.version}, which was accepted before`,
    );
  }
  if (digest !== last.digest) {
    throw new BundleError(
      'Rollback',
      'targets',
      `another ${name} ${version} was accepted before; a new bundle takes a new version`,
    );
  }
}

function expiryRemarks(
  files: readonly Signable<{ readonly _type: string; readonly expires: string }>[],
  start_ms: number,
  policy: AgePolicy,
): string[] {
  const remarks: string[] = [];
  for (const { signed } of files) {
    const expires_ms = Date.parse(signed.expires);
    // What is no date at all has expired.
    if (expires_ms > start_ms) continue;
    const why = `expired at ${signed.expires}; it is ${rfc3339(start_ms)} here`;
    if (policy.expired === 'refuse') throw new BundleError('Expired', signed._type, why);
    remarks.push(`${signed._type} ${why}`);
  }
  return remarks;
}

const DAY_ms = 24 * 3_600_000;

function ageRemarks(created: string, start_ms: number, { days, expired }: AgePolicy): string[] {
  const age_days = (start_ms - Date.parse(created)) / DAY_ms;
  // What is no date at all is too old.
  if (days === undefined || age_days <= days) return [];
  const why = `was made at ${created}, more than ${days === 1 ? 'a day' : `${days} days`} before ${rfc3339(start_ms)}, which is as old as the policy here allows`;
  if (expired === 'refuse') throw new BundleError('Expired', 'targets', why);
  return [`it ${why}`];
}

const CLOCK_SKEW_MAX_ms = 24 * 3_600_000;

function timeRemarks(created: string, clock_ms: number): string[] {
  return Date.parse(created) > clock_ms + CLOCK_SKEW_MAX_ms
    ? [`it says that it was made at ${created}; the clock says ${rfc3339(clock_ms)}: one of them is wrong`]
    : [];
}
