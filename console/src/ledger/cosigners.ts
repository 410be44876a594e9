/**
 * Who else put their name below a log's checkpoints, and what of it holds here: those whose keys this browser was given are verified, against this very log. Which of
 * them are enough, a policy says (`casemate ledger verify --policy`).
 */
import { type CosignerKey, checkCosignature, cosignedAt } from './cosignature.ts';
import { verifyConsistency } from './merkle.ts';
import { type Checkpoint, type NoteSignature, parseCheckpoint, parseNote } from './note.ts';
import { ProofError } from './problem.ts';
import { consistencyProof, type LogSource, TreeReader } from './proof.ts';

export interface Cosigner {
  readonly name: string;
  readonly keyId: string;
  /** When they saw the log, as they say. */
  readonly at: Date;
  /** How many leaves it had then. */
  readonly size: number;
  /**
   * `verified`: with a key that this browser was given, and of this log. `named`: it was given none. `no-algorithm`: it was, and cannot check it. `wrong`: it does not fit
   * the key. `other-history`: they saw another log than this one.
   */
  readonly state: 'verified' | 'named' | 'no-algorithm' | 'wrong' | 'other-history';
}

export interface Cosigners {
  /** The last word of each, newest first. */
  readonly cosigners: readonly Cosigner[];
  /** Whose keys this browser has, and who is not among them. */
  readonly silent: readonly CosignerKey[];
}

/** Of a witness that was asked twice, its last words alone are looked at. */
interface Word {
  readonly text: string;
  readonly checkpoint: Checkpoint;
  readonly signature: NoteSignature;
  readonly at: Date;
}

function wordsIn(notes: readonly string[], own: string): readonly Word[] {
  const last = new Map<string, Word>();
  for (const note of notes) {
    try {
      const { text, signatures } = parseNote(note);
      const checkpoint = parseCheckpoint(text);
      for (const signature of signatures) {
        const at = cosignedAt(signature);
        // What the log itself signs is another matter.
        if (at === undefined || signature.name === own) continue;
        const key = `${signature.name}+${signature.keyId}`;
        const before = last.get(key);
        if (before === undefined || before.at <= at) last.set(key, { text, checkpoint, signature, at });
      }
    } catch (error) {
      // One that cannot be read says nothing.
      if (!(error instanceof ProofError)) throw error;
    }
  }
  return [...last.values()].toSorted((one, other) => other.at.getTime() - one.at.getTime());
}

/** Whether the log of now begins with what they saw. */
async function isOfThisLog(source: LogSource, seen: Checkpoint, now: Checkpoint): Promise<boolean> {
  if (seen.origin !== now.origin || seen.size > now.size) return false;
  if (seen.size === 0) return true;
  return verifyConsistency({
    oldSize: seen.size,
    oldRoot: seen.root,
    newSize: now.size,
    newRoot: now.root,
    proof: await consistencyProof(new TreeReader(source, now.size), seen.size, now.size),
  });
}

/** Checkpoints that others cosigned, as the log gives them. To be read before the one that they are held against: the log grows meanwhile. */
export async function readCosigned(source: LogSource): Promise<readonly string[]> {
  const bytes = await source.read('cosigned');
  const { items = [] } = (bytes === undefined ? {} : JSON.parse(new TextDecoder().decode(bytes))) as {
    items?: readonly string[];
  };
  return items;
}

/** `note`: the checkpoint that was verified here. `witnesses`: whose keys this browser was given. */
export async function cosignersIn(
  source: LogSource,
  items: readonly string[],
  note: string,
  witnesses: readonly CosignerKey[],
): Promise<Cosigners> {
  const now = parseCheckpoint(parseNote(note).text);
  const words = wordsIn([...items, note], now.origin);
  const cosigners = await Promise.all(
    words.map(async ({ text, checkpoint, signature, at }): Promise<Cosigner> => {
      const { name, keyId } = signature;
      const common = { name, keyId, at, size: checkpoint.size };
      const key = witnesses.find((one) => one.name === name && one.keyId === keyId);
      if (key === undefined) return { ...common, state: 'named' };
      const checked = await checkCosignature(key, signature, text);
      if (checked === 'no-algorithm') return { ...common, state: 'no-algorithm' };
      if (checked === 'bad') return { ...common, state: 'wrong' };
      const isOurs = await isOfThisLog(source, checkpoint, now);
      return { ...common, state: isOurs ? 'verified' : 'other-history' };
    }),
  );
  return {
    cosigners,
    silent: witnesses.filter(
      (key) => !cosigners.some(({ name, keyId }) => name === key.name && keyId === key.keyId),
    ),
  };
}
