/**
 * What the objects of a namespace count for in quotas, kept as running totals so that a check in the lane costs the same in a project of
 * ten objects and of ten thousand. A namespace that nobody asks about costs nothing.
 */
import type { Kind } from '../kind.ts';
import type { KubeObject } from '../object.ts';
import { addQuantities, parseQuantity, type Quantity, ZERO } from '../quantity.ts';
import type { Change } from './change.ts';
import type { ObjectEntry } from './entry.ts';
import { getOrMake } from './get-or-make.ts';

export type Usage = ReadonlyMap<string, Quantity>;
export type Totals = Map<string, Quantity>;

const NOTHING: Usage = new Map();

/** What one object counts for by its kind's table. Throws `badRequest` when the table gives what is no quantity. */
export function usageOf(kind: Kind, object: KubeObject): Usage {
  if (!kind.usage) return NOTHING;
  const usage = new Map<string, Quantity>();
  for (const [name, text] of Object.entries(kind.usage(object))) usage.set(name, parseQuantity(text));
  return usage;
}

// An entry never changes, and is added and taken away again: it is read once.
const remembered = new WeakMap<ObjectEntry, Usage>();

function usageOfEntry(entry: ObjectEntry): Usage {
  if (!entry.kind.usage) return NOTHING;
  let usage = remembered.get(entry);
  if (!usage) {
    try {
      usage = usageOf(entry.kind, entry.object());
    } catch {
      // Stored by a release whose table was another. One odd object must not close a whole project.
      usage = NOTHING;
    }
    remembered.set(entry, usage);
  }
  return usage;
}

/** Adds an object to totals, or takes it away. */
export function count(totals: Totals, entry: ObjectEntry, sign: 1n | -1n): void {
  for (const [name, { nano, format }] of usageOfEntry(entry)) {
    totals.set(name, addQuantities(totals.get(name) ?? ZERO, { nano: sign * nano, format }));
  }
}

/** Totals of the committed state, by namespace, from when they are first asked for. */
export class UsageIndex {
  readonly #byNamespace = new Map<string, Totals>();

  /** `entries`: all objects of the namespace; read only the first time. */
  totals(namespace: string, entries: () => Iterable<ObjectEntry>): Usage {
    return getOrMake(this.#byNamespace, namespace, () => {
      const totals: Totals = new Map();
      for (const entry of entries()) count(totals, entry, 1n);
      return totals;
    });
  }

  add(entry: ObjectEntry): void {
    this.#count(entry, 1n);
  }

  remove(entry: ObjectEntry): void {
    this.#count(entry, -1n);
  }

  #count(entry: ObjectEntry, sign: 1n | -1n): void {
    const totals = this.#byNamespace.get(entry.namespace ?? '');
    if (totals) count(totals, entry, sign);
  }
}

/** What the changes of a batch add to the totals they began with. */
export class UsageOverlay {
  readonly #changes: Change[] = [];
  readonly #byNamespace = new Map<string, { readonly totals: Totals; next: number }>();

  push(change: Change): void {
    if (change.kind.usage) this.#changes.push(change);
  }

  totals(namespace: string, base: () => Usage): Usage {
    const known = getOrMake(this.#byNamespace, namespace, () => ({ totals: new Map(base()), next: 0 }));
    for (; known.next < this.#changes.length; known.next++) {
      const change = this.#changes[known.next];
      if (!change || (change.entry.namespace ?? '') !== namespace) continue;
      if (change.previous) count(known.totals, change.previous, -1n);
      if (change.type !== 'deleted') count(known.totals, change.entry, 1n);
    }
    return known.totals;
  }
}
