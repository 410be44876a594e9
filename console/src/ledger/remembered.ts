/**
 * What this browser remembers of a log: its key from when it was first seen, or as somebody copied it from paper, and the last signed checkpoint
 * that was verified. A log that is later rolled back, rewritten or signed by another key cannot hide it from this browser.
 */

export interface Remembered {
  readonly vkey: string;
  /** `paper`: a person gave it; `first sight`: the region's own word at first. */
  readonly from: 'paper' | 'first sight';
  readonly since: string;
  /** The log's post-quantum key, remembered in the same way; undefined: it never showed one. */
  readonly cosigner?: string;
  /** Its three lines, as they were signed. */
  readonly checkpoint?: string;
}

export type Memory = Pick<Storage, 'getItem' | 'setItem'>;

const nameOf = (prefix: string, log: string) => `casemate ledger ${prefix} ${log}`;

/** Undefined: nothing yet, or nothing that this console wrote. */
export function recall(memory: Memory, prefix: string, log: string): Remembered | undefined {
  let value: unknown;
  try {
    value = JSON.parse(memory.getItem(nameOf(prefix, log)) ?? 'null');
  } catch {
    return undefined;
  }
  const { vkey, from, since, cosigner, checkpoint } = (value ?? {}) as Partial<Remembered>;
  if (typeof vkey !== 'string' || (from !== 'paper' && from !== 'first sight') || typeof since !== 'string')
    return undefined;
  return {
    vkey,
    from,
    since,
    ...(typeof cosigner === 'string' ? { cosigner } : {}),
    ...(typeof checkpoint === 'string' ? { checkpoint } : {}),
  };
}

export function remember(memory: Memory, prefix: string, log: string, what: Remembered): void {
  memory.setItem(nameOf(prefix, log), JSON.stringify(what));
}
