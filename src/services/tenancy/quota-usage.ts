/**
 * What a project holds and what a change adds, in exact numbers, as pure functions. Used by the admission in the lane and
 * by the controller that publishes it.
 */
import type { Kind } from '#kernel/kind.ts';
import type { KubeObject } from '#kernel/object.ts';
import { type Quantity, ZERO } from '#kernel/quantity.ts';
import type { RealmView } from '#kernel/realm.ts';
import { usageOf } from '#kernel/store/usage.ts';

export type Usage = ReadonlyMap<string, Quantity>;

const COUNT_PREFIX = 'count/';
const NOTHING: Usage = new Map();

/** The sum of `names` over all objects of a project. Objects that are being deleted count until they are gone. */
export function projectUsage(
  view: RealmView,
  namespace: string,
  kinds: Iterable<Kind>,
  names: ReadonlySet<string>,
): Usage {
  const totals = view.usage(namespace);
  const sum = new Map<string, Quantity>();
  for (const name of names) sum.set(name, totals.get(name) ?? ZERO);
  for (const kind of kinds) {
    const name = COUNT_PREFIX + kind.resource;
    if (names.has(name)) sum.set(name, whole(view.count(kind, namespace)));
  }
  return sum;
}

/** What a change adds: names with a positive amount only. Throws `badRequest` when a field is no quantity after all. */
export function addedUsage(kind: Kind, object: KubeObject, previous: KubeObject | undefined): Usage {
  const added = new Map<string, Quantity>();
  const before = previous ? usageOf(kind, previous) : NOTHING;
  for (const [name, quantity] of usageOf(kind, object)) {
    const nano = quantity.nano - (before.get(name)?.nano ?? 0n);
    if (nano > 0n) added.set(name, { nano, format: quantity.format });
  }
  if (!previous) added.set(COUNT_PREFIX + kind.resource, whole(1));
  return added;
}

const whole = (count: number): Quantity => ({ nano: BigInt(count) * 1_000_000_000n, format: 'decimal' });
