/**
 * What a project holds, in exact numbers, as pure functions over a view. Used by the admission in the lane and by the
 * controller that publishes it.
 */
import type { Kind } from '#kernel/kind.ts';
import type { KubeObject } from '#kernel/object.ts';
import { addQuantities, parseQuantity, type Quantity, ZERO } from '#kernel/quantity.ts';
import type { Entry, RealmView } from '#kernel/realm.ts';

export type Usage = ReadonlyMap<string, Quantity>;

const NOTHING: Usage = new Map();
const COUNT_PREFIX = 'count/';

// An entry never changes: what it counts for is read from its JSON once, however often the project is summed up.
const remembered = new WeakMap<Entry, Usage>();

/** What one object counts for by its kind's own table. */
export function usageOf(kind: Kind, object: KubeObject): Usage {
  if (!kind.usage) return NOTHING;
  const usage = new Map<string, Quantity>();
  for (const [name, text] of Object.entries(kind.usage(object))) usage.set(name, parseQuantity(text));
  return usage;
}

function usageOfEntry(kind: Kind, entry: Entry): Usage {
  let usage = remembered.get(entry);
  if (!usage) {
    usage = usageOf(kind, entry.object());
    remembered.set(entry, usage);
  }
  return usage;
}

/** The sum of `names` over all objects of a project. Objects that are being deleted count until they are gone. */
export function projectUsage(
  view: RealmView,
  namespace: string,
  kinds: Iterable<Kind>,
  names: ReadonlySet<string>,
): Usage {
  const sum = new Map<string, Quantity>();
  for (const name of names) sum.set(name, ZERO);
  for (const kind of kinds) {
    if (kind.scope !== 'Project' || !kind.realms.includes('organization')) continue;
    const count = COUNT_PREFIX + kind.resource;
    if (names.has(count)) sum.set(count, whole(view.count(kind, namespace)));
    if (!kind.usage) continue;
    for (const entry of view.entries(kind, namespace)) {
      for (const [name, quantity] of usageOfEntry(kind, entry)) {
        const so_far = sum.get(name);
        if (so_far) sum.set(name, addQuantities(so_far, quantity));
      }
    }
  }
  return sum;
}

/** What a change adds: names with a positive amount only. */
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
