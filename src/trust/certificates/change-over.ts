/**
 * From one root to the next: which roots clients are given, and by which certificate whoever knows only the oldest of them goes on. One
 * change-over at a time: a root is retired before the one after the next is announced. Pure.
 */
import { X509Certificate } from 'node:crypto';

/** An issuer of the region that an offline root vouches for; see `region-issuer.ts`. */
export interface OfflineIssuer {
  readonly number: number;
  /** PEM. */
  readonly root: string;
  /** PEM: the region's own root vouches for the offline one, for clients that know only the former. */
  readonly cross: string;
  /** PEM: the offline root before it does, where its custodians held the ceremony as well. */
  readonly vouched?: string;
  readonly stage: 'announced' | 'active' | 'alone';
}

/** The roots that clients are given, oldest first, in PEM: those before one that stands `alone` are given to nobody any more. */
export function clientRoots(own: string, offline: readonly OfflineIssuer[]): readonly string[] {
  const sorted = offline.toSorted((a, b) => a.number - b.number);
  const alone = sorted.findLastIndex(({ stage }) => stage === 'alone');
  const roots =
    alone < 0 ? [own, ...sorted.map(({ root }) => root)] : sorted.slice(alone).map(({ root }) => root);
  return [...new Set(roots)];
}

/** The region's own root, and whether what it says of others counts: of one that an earlier release made it does not. */
export interface OwnRoot {
  /** PEM. */
  readonly pem: string;
  readonly vouches: boolean;
}

/**
 * What is sent along for clients that know only the oldest root: that root vouches for the issuer's. Undefined when the issuer's root is the
 * oldest itself, or when the oldest never vouched for it. Only one is ever sent: verifiers that find two of one name may take the wrong one.
 */
export function crossFor(
  { root, cross, vouched }: OfflineIssuer,
  own: OwnRoot,
  all: readonly OfflineIssuer[],
): string | undefined {
  const [oldest] = clientRoots(own.pem, all);
  if (oldest === undefined || oldest === root) return undefined;
  const issuer = new X509Certificate(oldest);
  return [own.vouches ? cross : undefined, vouched].find(
    (pem) => pem !== undefined && new X509Certificate(pem).checkIssued(issuer),
  );
}
