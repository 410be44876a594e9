/**
 * Has a witness cosign a log's checkpoint: asks, tells it what it missed since it last cosigned, and takes only cosignatures that verify.
 */
import { formatAddCheckpoint, SIZE_CONTENT_TYPE } from '#kernel/log/add-checkpoint.ts';
import { isLogError } from '#kernel/log/log-error.ts';
import { isSignatureOf, type NoteVerifier, openNote, parseNote, signatureLine } from '#kernel/log/note.ts';
import { consistencyProof, type HashReader } from '#kernel/log/proof.ts';
import type { WitnessReply } from './client.ts';

/** A first try, and another once it said what it has; a third when somebody else was faster in between. */
const TRIES_MAX = 3;

export type Submitted =
  /** Signature lines that verify. */
  | { readonly outcome: 'cosigned'; readonly lines: readonly string[] }
  /** It has cosigned more already than this checkpoint has: a later one will do. */
  | { readonly outcome: 'ahead'; readonly size: number }
  | {
      readonly outcome: 'refused';
      readonly reason: 'NotFollowed' | 'KeyUnknown' | 'OtherHistory' | 'Refused' | 'BadCosignature';
      readonly message: string;
    };

export interface Submission {
  readonly note: string;
  readonly size: number;
  readonly origin: string;
  /** Hashes of the log. */
  readonly read: HashReader;
  readonly keys: readonly NoteVerifier[];
  /** What it had last time, as far as is known. */
  readonly lastSize: number;
  send(body: string): Promise<WitnessReply>;
}

export async function submit(submission: Submission): Promise<Submitted> {
  const { note, size, read, send } = submission;
  let oldSize = Math.min(submission.lastSize, size);
  for (let attempt = 0; attempt < TRIES_MAX; attempt++) {
    const proof = await consistencyProof(oldSize, size, read);
    const { code, contentType, body } = await send(formatAddCheckpoint({ oldSize, proof, checkpoint: note }));
    if (code === 200) return takeCosignatures(submission, body);
    const known = code === 409 && contentType === SIZE_CONTENT_TYPE ? readSize(body) : undefined;
    if (known === undefined) return refusal(submission.origin, code);
    if (known > size) return { outcome: 'ahead', size: known };
    // Where it has what was said, what it has is not ours.
    if (known === oldSize) return refusal(submission.origin, code);
    oldSize = known;
  }
  return { outcome: 'refused', reason: 'Refused', message: 'it answers another size each time' };
}

function readSize(body: string): number | undefined {
  const [, size] = /^(0|[1-9][0-9]{0,15})\n$/.exec(body) ?? [];
  return size === undefined || !Number.isSafeInteger(Number(size)) ? undefined : Number(size);
}

function refusal(origin: string, code: number): Submitted {
  const refused = (
    reason: 'NotFollowed' | 'KeyUnknown' | 'OtherHistory' | 'Refused',
    message: string,
  ): Submitted => ({
    outcome: 'refused',
    reason,
    message,
  });
  if (code === 404) {
    return refused('NotFollowed', `it does not follow ${origin}: give it what "casemate ledger key" prints`);
  }
  if (code === 403) return refused('KeyUnknown', `it knows another key of ${origin} than the one that signs`);
  if (code === 409 || code === 422) {
    return refused(
      'OtherHistory',
      `it was shown another history of ${origin} than this one: compare what it saw (casemate ledger compare), and trust neither until you know why`,
    );
  }
  return refused('Refused', `it answered ${code}`);
}

function takeCosignatures({ note, keys }: Submission, body: string): Submitted {
  const bad = (message: string): Submitted => ({ outcome: 'refused', reason: 'BadCosignature', message });
  try {
    const { text } = parseNote(note);
    const answered = `${text}\n${body}`;
    const lines = keys.flatMap((key) => {
      const own = parseNote(answered).signatures.filter(isSignatureOf(key));
      if (own.length > 0) openNote(answered, key);
      return own.slice(0, 1).map(signatureLine);
    });
    if (lines.length === 0) return bad('it cosigned with other keys than spec.keys');
    return { outcome: 'cosigned', lines };
  } catch (error) {
    if (!isLogError(error)) throw error;
    return bad(
      error.code === 'BAD_SIGNATURE' ? 'its cosignature does not verify' : 'its answer is no cosignature',
    );
  }
}
