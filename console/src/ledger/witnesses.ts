/**
 * Witnesses whose keys somebody gave this browser: it remembers them for all logs of this realm, and believes only those. Who else cosigned is named, and no more:
 * what a region says of its own witnesses proves nothing.
 */
import { type CosignerKey, parseCosigner } from './cosignature.ts';
import { ProofError } from './problem.ts';
import type { Memory } from './remembered.ts';

/** A quorum is of a few. */
export const WITNESS_KEYS_MAX = 32;
const VKEY_CHARACTERS_MAX = 4_096;

const nameOf = (prefix: string) => `casemate witnesses ${prefix}`;

function recallVkeys(memory: Memory, prefix: string): readonly string[] {
  try {
    const value: unknown = JSON.parse(memory.getItem(nameOf(prefix)) ?? '[]');
    if (!Array.isArray(value)) return [];
    return value.filter((one): one is string => typeof one === 'string').slice(0, WITNESS_KEYS_MAX);
  } catch {
    return [];
  }
}

/** Those that are remembered; what is no key is not. */
export async function recallWitnesses(memory: Memory, prefix: string): Promise<readonly CosignerKey[]> {
  const keys = await Promise.all(
    recallVkeys(memory, prefix).map((vkey) =>
      parseCosigner(vkey).catch((error: unknown) => {
        if (error instanceof ProofError) return undefined;
        throw error;
      }),
    ),
  );
  return keys.filter((key) => key !== undefined);
}

/** Remembers the keys in a text: what `casemate witness key` prints, or a policy's `witness <name> <vkey>`. Gives how many are new. Throws ProofError. */
export async function trustWitnesses(memory: Memory, prefix: string, text: string): Promise<number> {
  const words = text.split(/\s+/).filter((word) => word.includes('+') && word.length <= VKEY_CHARACTERS_MAX);
  const keys = await Promise.all(
    words.map(async (word) => {
      const key = await parseCosigner(word);
      if (key === undefined)
        throw new ProofError('key', `${word.slice(0, 80)} is the key of a log, not of a witness`);
      return key;
    }),
  );
  if (keys.length === 0)
    throw new ProofError('key', 'there is no key in it: it looks like <name>+<8 hex digits>+<base64>');
  const known = recallVkeys(memory, prefix);
  const all = [...new Set([...known, ...keys.map(({ vkey }) => vkey)])];
  if (all.length > WITNESS_KEYS_MAX)
    throw new ProofError('key', `this browser remembers at most ${WITNESS_KEYS_MAX} keys of witnesses`);
  memory.setItem(nameOf(prefix), JSON.stringify(all));
  return all.length - known.length;
}

export function forgetWitness(memory: Memory, prefix: string, vkey: string): void {
  memory.setItem(nameOf(prefix), JSON.stringify(recallVkeys(memory, prefix).filter((one) => one !== vkey)));
}
