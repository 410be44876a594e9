/**
 * What a witness answers to `add-checkpoint` (C2SP tlog-witness), from the body, the logs it follows and what it cosigned last. Pure: it neither
 * keeps nor signs anything.
 */
import { type AddCheckpoint, parseAddCheckpoint } from '#kernel/log/add-checkpoint.ts';
import { type Checkpoint, openCheckpoint, readUnverifiedCheckpoint } from '#kernel/log/checkpoint.ts';
import { isLogError } from '#kernel/log/log-error.ts';
import { EMPTY_ROOT } from '#kernel/log/merkle.ts';
import { isSignatureOf, type NoteVerifier, withSignatures } from '#kernel/log/note.ts';
import { impliedOldRoot, verifyConsistency } from '#kernel/log/proof.ts';
import { formatSplitView } from '../ledger/split-view.ts';

/** `evidence`: text that proves that the log told two histories. */
export type Refusal =
  | {
      readonly type: 'refuse';
      readonly code: 400 | 403 | 404 | 422;
      readonly message: string;
      readonly evidence?: string;
    }
  /** `size` of what was cosigned last. */
  | { readonly type: 'conflict'; readonly size: number; readonly evidence?: string };

/** `cosign`: a note to be kept and cosigned, with no signatures but the log's own. */
export type Decision = { readonly type: 'cosign'; readonly note: string } | Refusal;

const refuse = (code: 400 | 403 | 404 | 422, message: string, evidence?: string): Refusal => ({
  type: 'refuse',
  code,
  message,
  ...(evidence === undefined ? {} : { evidence }),
});

export const NOT_FOLLOWED: Refusal = refuse(404, 'this witness does not follow that log');

/** The origin a body is about, so that its state can be read; a refusal when it cannot be read. */
export function readRequest(
  body: string,
): { readonly request: AddCheckpoint; readonly origin: string } | { readonly refusal: Refusal } {
  try {
    const request = parseAddCheckpoint(body);
    return { request, origin: readUnverifiedCheckpoint(request.checkpoint).origin };
  } catch (error) {
    if (!isLogError(error)) throw error;
    return { refusal: refuse(400, error.message) };
  }
}

/** `verifiers` of the log that the checkpoint names, none when it is not followed. `latest`: the signed checkpoint that was cosigned last. */
export function decide(
  request: AddCheckpoint,
  verifiers: readonly NoteVerifier[],
  latest: string | undefined,
): Decision {
  if (verifiers.length === 0) return NOT_FOLLOWED;
  const { oldSize, proof } = request;
  const checkpoint = openByAny(request.checkpoint, verifiers);
  if (checkpoint === undefined)
    return refuse(403, 'no signature by a key that this witness knows of the log');
  if (oldSize > checkpoint.size) return refuse(400, 'the old size is larger than the checkpoint');
  // What others signed beside the log is not this witness's to keep.
  const own = verifiers.map(isSignatureOf);
  const note = withSignatures(request.checkpoint, (signature) => own.some((isOwn) => isOwn(signature)));
  const known = latest === undefined ? { size: 0, root: EMPTY_ROOT } : readUnverifiedCheckpoint(latest);
  if (oldSize !== known.size) return { type: 'conflict', size: known.size };
  if (oldSize === checkpoint.size && !checkpoint.root.equals(known.root)) {
    const notes = latest === undefined ? undefined : ([latest, note] as const);
    return { type: 'conflict', size: known.size, ...(notes ? { evidence: formatSplitView({ notes }) } : {}) };
  }
  const claim = { oldSize, newSize: checkpoint.size, newRoot: checkpoint.root, proof };
  if (!verifyConsistency({ ...claim, oldRoot: known.root })) {
    // A proof that holds, but from another tree than the one that was cosigned, gives the log away.
    const root = impliedOldRoot(claim);
    const isSplit = root !== undefined && latest !== undefined && !root.equals(known.root);
    const evidence = isSplit
      ? formatSplitView({ notes: [latest, note], prefix: { root, proof } })
      : undefined;
    return refuse(
      422,
      `the proof does not show that the first ${oldSize} leaves stayed as they were`,
      evidence,
    );
  }
  return { type: 'cosign', note };
}

/** Opens a checkpoint if any of the keys signed it. */
function openByAny(note: string, verifiers: readonly NoteVerifier[]): Checkpoint | undefined {
  for (const verifier of verifiers) {
    try {
      return openCheckpoint(note, verifier);
    } catch (error) {
      if (!isLogError(error)) throw error;
    }
  }
  return undefined;
}
