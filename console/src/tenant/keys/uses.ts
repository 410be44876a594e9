/** What was done with a key, as the access log has it: uses, and what was refused. Pure. */
import type { ReadLeaf } from '../../ledger/read-back.ts';

export const KEYS = 'keys.keys.casemate.internal';

/** Bars that one picture has at most. */
export const DAYS_MAX = 92;

export interface KeyUse {
  readonly leaf: ReadLeaf;
  /** `encrypt`, `unwrap`; of what was refused before it came to that, the verb: `get`. */
  readonly action: string;
  readonly who: string | undefined;
  readonly address: string | undefined;
  /** The bucket whose own key was opened or kept with it. */
  readonly bucket: string | undefined;
  /** The reason code that was given. */
  readonly reason: string | undefined;
  readonly decision: string;
  /** Whether it went on from there: no later entry says of the same request that it was refused or failed. */
  readonly isUse: boolean;
}

/** `leaves`: newest first. Of a request that is refused there are two: it is on record before it is tried. */
export function usesIn(leaves: readonly ReadLeaf[]): readonly KeyUse[] {
  const failed = new Set<string>();
  return leaves.flatMap((one): KeyUse[] => {
    const { leaf } = one;
    if (leaf.type !== 'access') return [];
    const { resource, verb, decision, requestId, actor, address, details = {} } = leaf;
    if (decision !== 'allowed') failed.add(requestId);
    const [, action = verb] = resource.split('/');
    return [
      {
        leaf: one,
        action,
        who: actor,
        address,
        bucket: details.bucket,
        reason: details.reason,
        decision,
        isUse: decision === 'allowed' && !failed.has(requestId),
      },
    ];
  });
}

export interface Day {
  /** Its beginning, as the browser's clock has it. */
  readonly at: Date;
  readonly uses: number;
  readonly refused: number;
}

export function startOfDay(at: Date): Date {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate());
}

/** Every day from the first to the last, the empty ones too; of more than fit in, the last ones. */
export function usesByDay(uses: readonly KeyUse[], first: Date, last: Date): readonly Day[] {
  const days = new Map<number, { uses: number; refused: number }>();
  for (const { leaf, decision, isUse } of uses) {
    const day = startOfDay(new Date(leaf.leaf.time)).getTime();
    const count = days.get(day) ?? { uses: 0, refused: 0 };
    days.set(day, count);
    if (isUse) count.uses += 1;
    else if (decision !== 'allowed') count.refused += 1;
  }
  const all: Day[] = [];
  const at = startOfDay(last);
  while (at >= startOfDay(first) && all.length < DAYS_MAX) {
    all.unshift({ at: new Date(at), ...(days.get(at.getTime()) ?? { uses: 0, refused: 0 }) });
    // By the calendar: not every day has 24 hours.
    at.setDate(at.getDate() - 1);
  }
  return all;
}
