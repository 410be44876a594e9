/** Holds a signed checkpoint against a policy: who signed, who cosigned and when, whether that is enough. Pure. */
import { type Checkpoint, parseCheckpointText } from '#kernel/log/checkpoint.ts';
import { cosignatureTime } from '#kernel/log/cosignature.ts';
import { isLogError, LogError } from '#kernel/log/log-error.ts';
import { isSignatureOf, type Note, type NoteVerifier, openNote, parseNote } from '#kernel/log/note.ts';
import { describeRule, isMet, type Policy } from './policy.ts';

export interface Cosigned {
  /** As the policy calls the witness. */
  readonly witness: string;
  /** When it says it cosigned: seconds since the Unix epoch. */
  readonly time_s: number;
}

export interface Judged {
  readonly checkpoint: Checkpoint;
  /** Witnesses of the policy whose cosignatures verify, in the policy's order. */
  readonly cosigned: readonly Cosigned[];
  /** Whether they are the quorum. */
  readonly isMet: boolean;
}

/**
 * Opens a checkpoint by the policy's logs. Throws a LogError when none of them signed it, when it is of another log, and (as signed-note
 * asks) when any signature by a key that the policy knows does not verify, be it only a witness's.
 */
export function judgeCheckpoint(text: string, policy: Policy): Judged {
  const note = parseNote(text);
  const checkpoint = signedBy(note, text, policy.logs);
  const cosigned: Cosigned[] = [];
  for (const { name, verifier } of policy.witnesses) {
    const own = note.signatures.filter(isSignatureOf(verifier));
    if (own.length === 0) continue;
    openNote(text, verifier);
    const times = own.map(cosignatureTime).filter((time_s) => time_s !== undefined);
    cosigned.push({ witness: name, time_s: Math.max(...times) });
  }
  const names = new Set(cosigned.map(({ witness }) => witness));
  return { checkpoint, cosigned, isMet: isMet(policy.quorum, names) };
}

function signedBy(note: Note, text: string, logs: readonly NoteVerifier[]): Checkpoint {
  let unknown: unknown = new LogError('UNKNOWN_KEY', 'the policy lists no log');
  let isSigned = false;
  const checkpoint = parseCheckpointText(note.text);
  for (const verifier of logs) {
    try {
      openNote(text, verifier);
      if (checkpoint.origin !== verifier.name) {
        throw new LogError(
          'WRONG_LOG',
          `the checkpoint is of "${checkpoint.origin}", the key of "${verifier.name}"`,
        );
      }
      isSigned = true;
    } catch (error) {
      if (!isLogError(error, 'UNKNOWN_KEY')) throw error;
      unknown = error;
    }
  }
  if (!isSigned) throw unknown;
  return checkpoint;
}

/** As `judgeCheckpoint`, and throws a LogError when the quorum is not there. */
export function requireQuorum(text: string, policy: Policy): Judged {
  const judged = judgeCheckpoint(text, policy);
  if (!judged.isMet) throw new LogError('NO_QUORUM', missingText(judged, policy));
  return judged;
}

/** Who is missing, in words. */
export function missingText({ checkpoint, cosigned }: Judged, policy: Policy): string {
  const there = cosigned.length === 0 ? 'none' : cosigned.map(({ witness }) => witness).join(', ');
  return `the checkpoint of ${checkpoint.size} leaves has to be cosigned by ${describeRule(policy.quorum)}; those who did: ${there}`;
}
