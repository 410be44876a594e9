/**
 * Claims what organizations share, and gives it back: the steps of controllers of organizations into the region's realm. Each
 * is idempotent; a claim bears the uid of whom it is for.
 */
import { overlaps, parseCidr } from '#engines/nftables/ipv4.ts';
import type { ReconcileContext } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { ObjectMeta } from '#kernel/object.ts';
import type { ChangeContext, Realms } from '#kernel/realm.ts';
import { organizationOf, REGION } from '#kernel/realm-id.ts';
import { allocateRange } from './addresses.ts';
import { AddressRange, type ClaimOwner, ForwardPort, portClaimName, rangeClaimName } from './claims.ts';
import { bridgeName } from './names.ts';

/** Others may take the same free range between our look and our claim; then we look again. */
const ATTEMPTS_MAX = 8;

export type Claim = { readonly claimed: string } | { readonly refused: string; readonly reason: string };

function ownerOf({ realm }: ReconcileContext, metadata: ObjectMeta): ClaimOwner {
  return {
    organization: organizationOf(realm.id) ?? '',
    project: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid,
  };
}

/** The same controller, in the region's realm. */
function inRegion(change: ChangeContext): ChangeContext {
  return { ...change, actor: { ...change.actor, realm: REGION } };
}

export interface RangeSource {
  readonly pools: readonly string[];
  /** Prefix length of a range that is chosen. */
  readonly prefix: number;
  /** Ranges that the host is on by interfaces other than those named. */
  host(except: ReadonlySet<string>): readonly string[];
}

/** The range of a network: the one it asks for, else a free one. */
export function claimRange(
  context: ReconcileContext,
  metadata: ObjectMeta,
  wanted: string | undefined,
  ranges: RangeSource,
): Promise<Claim> {
  const name = rangeClaimName(metadata.uid);
  return context.realms.use(REGION, async (region) => {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const existing = region.view.get(AddressRange, { name });
      if (existing) return { claimed: existing.spec.cidr };
      const claims = region.view.list(AddressRange);
      const own = new Set(claims.flatMap(({ spec }) => (spec.owner ? bridgeName(spec.owner.uid) : [])));
      const host = ranges.host(own);
      if (wanted !== undefined && host.some((range) => overlapping(range, wanted))) return taken(wanted);
      const used = [...host, ...claims.map(({ spec }) => spec.cidr)];
      const cidr = wanted ?? allocateRange(ranges.pools, ranges.prefix, used);
      if (cidr === undefined) {
        return {
          reason: 'RangesExhausted',
          refused: `no free /${ranges.prefix} is left in this region; ask its operator for a larger range for networks`,
        };
      }
      try {
        const draft = { metadata: { name }, spec: { cidr, owner: ownerOf(context, metadata) } };
        await region.resources.create(AddressRange, undefined, draft, inRegion(context.change));
        return { claimed: cidr };
      } catch (error) {
        if (!isStatusError(error, 'Conflict') && !isStatusError(error, 'AlreadyExists')) throw error;
        if (wanted !== undefined && isStatusError(error, 'Conflict')) return taken(wanted);
      }
    }
    throw new Error('no range could be claimed: others were faster every time');
  });
}

// Whose range it is stays untold: other organizations are none of this one's business.
const taken = (cidr: string): Claim => ({
  reason: 'RangeTaken',
  refused: `${cidr} overlaps a range that is taken in this region; make the network anew with another cidr, or without one`,
});

function overlapping(a: string, b: string): boolean {
  const [one, other] = [parseCidr(a), parseCidr(b)];
  return one !== undefined && other !== undefined && overlaps(one, other);
}

export async function releaseRange(context: ReconcileContext, networkUid: string): Promise<void> {
  await release(context.realms, AddressRange, rangeClaimName(networkUid), networkUid, context.change);
}

/** The port of a forward. `claimed` is its address. */
export function claimPort(
  context: ReconcileContext,
  metadata: ObjectMeta,
  protocol: 'tcp' | 'udp',
  address: string,
  port: number,
): Promise<Claim> {
  const name = portClaimName(protocol, address, port);
  return context.realms.use(REGION, async (region) => {
    try {
      const spec = { protocol, address, port, owner: ownerOf(context, metadata) };
      await region.resources.create(
        ForwardPort,
        undefined,
        { metadata: { name }, spec },
        inRegion(context.change),
      );
      return { claimed: address };
    } catch (error) {
      if (!isStatusError(error, 'AlreadyExists')) throw error;
      const existing = region.view.get(ForwardPort, { name });
      if (existing?.spec.owner?.uid === metadata.uid) return { claimed: address };
      return {
        reason: 'PortTaken',
        refused: `${protocol} port ${port} of ${address} is taken in this region; make the forward anew with another listen.port`,
      };
    }
  });
}

export async function releasePort(
  context: ReconcileContext,
  forwardUid: string,
  protocol: string,
  address: string,
  port: number,
): Promise<void> {
  await release(
    context.realms,
    ForwardPort,
    portClaimName(protocol, address, port),
    forwardUid,
    context.change,
  );
}

async function release(
  realms: Realms,
  kind: typeof AddressRange | typeof ForwardPort,
  name: string,
  ownerUid: string,
  change: ChangeContext,
): Promise<void> {
  await realms.use(REGION, async (region) => {
    const claim = region.view.get(kind, { name });
    if (claim?.spec.owner?.uid !== ownerUid) return;
    try {
      await region.resources.delete(kind, { name }, inRegion(change), {
        preconditions: { uid: claim.metadata.uid },
      });
    } catch (error) {
      if (!isStatusError(error, 'NotFound')) throw error;
    }
  });
}
