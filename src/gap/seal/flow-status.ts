/** Says of each declared flow whether it counts, and why not: where that is another than it was. */
import type { SealState } from '#engines/nftables/seal/keeper.ts';
import type { ReconcileContext } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import { readyCondition, setCondition } from '#kernel/reconcile/conditions.ts';
import { Interconnection, type InterconnectionObject, isInForce } from './interconnection.ts';

export async function sayOfFlows(
  declared: readonly InterconnectionObject[],
  state: SealState,
  { realm, change, clock }: ReconcileContext,
): Promise<void> {
  const inForce = new Set(state.flows.map(({ id }) => id));
  for (const object of declared) {
    const condition = readinessOf(object, inForce, clock.now());
    const { uid, name } = object.metadata;
    if (setCondition(object.status?.conditions, condition, clock) === object.status?.conditions) continue;
    try {
      await realm.resources.modify(
        Interconnection,
        { name },
        change,
        (current) => {
          if (current.metadata.uid !== uid || current.status === undefined) return current;
          const conditions = [...setCondition(current.status.conditions, condition, clock)];
          return { ...current, status: { ...current.status, conditions } };
        },
        { subresource: 'status' },
      );
    } catch (error) {
      if (!isStatusError(error, 'NotFound')) throw error;
    }
  }
}

function readinessOf(object: InterconnectionObject, inForce: ReadonlySet<string>, now_ms: number) {
  const { spec, status, metadata } = object;
  const is = (value: 'True' | 'False', reason: string, message: string) =>
    readyCondition(value, reason, message, metadata.generation);
  if (status?.phase === 'Rejected') return is('False', 'Rejected', `${status.rejection?.by} said no`);
  if (now_ms >= Date.parse(spec.validUntil))
    return is('False', 'Expired', `its time was over on ${spec.validUntil}`);
  if (status?.phase !== 'Approved')
    return is('False', 'Pending', 'two people other than who asks have to approve it: casemate seal approve');
  if (spec.direction === 'In')
    return is('True', 'Declared', 'it is in the flow matrix; what serves it lets it in');
  return isInForce(object, now_ms) && inForce.has(metadata.uid)
    ? is('True', 'InForce', 'it may leave')
    : is('False', 'NotInForce', 'the packet filter does not have it yet; the region tries again by itself');
}
