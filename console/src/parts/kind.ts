/** Kinds by their full name, as the realm's discovery has them. */
import { useQuery } from '@tanstack/react-query';
import { discovery, type Resource, resourceName } from '../api/discovery.ts';

export const BUNDLE_IMPORTS = 'bundleimports.gap.casemate.internal';
export const BUNDLE_TRUSTS = 'bundletrusts.gap.casemate.internal';
export const RELEASES = 'releases.gap.casemate.internal';
export const APPROVAL_REQUESTS = 'approvalrequests.access.casemate.internal';
export const ACCESS_REQUESTS = 'accessrequests.access.casemate.internal';
export const APPROVAL_POLICIES = 'approvalpolicies.access.casemate.internal';
export const ORGANIZATIONS = 'organizations.tenancy.casemate.internal';
export const SEALS = 'seals.seal.casemate.internal';
export const SEAL_REPORTS = 'sealreports.seal.casemate.internal';
export const INTERCONNECTIONS = 'interconnections.seal.casemate.internal';
export const REGION_TIMES = 'regiontimes.seal.casemate.internal';
export const VULNERABILITY_REPORTS = 'vulnerabilityreports.advisories.casemate.internal';
export const IMAGES = 'images.compute.casemate.internal';
export const LEFTOVERS = 'leftovers.compute.casemate.internal';
export const REGION_ISSUERS = 'regionissuers.certificates.casemate.internal';
export const WITNESSES = 'witnesses.ledger.casemate.internal';
export const EVENTS = 'events';

/** Undefined while nothing is known yet, and where the realm has no such kind. */
export function useKind(name: string): Resource | undefined {
  const { data } = useQuery(discovery);
  return data?.find((one) => resourceName(one) === name);
}
