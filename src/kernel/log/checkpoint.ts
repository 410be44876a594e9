/**
 * Checkpoints (C2SP tlog-checkpoint): a log's signed statement of its size and root. A checkpoint must never be
 * believed before `openCheckpoint` has verified it.
 */
import type { LogSigner } from '../keys.ts';
import { LogError } from './log-error.ts';
import { assertTreeSize, EMPTY_ROOT, HASH_BYTES } from './merkle.ts';
import { isKeyName, type NoteVerifier, openNote, parseNote, signNote } from './note.ts';

export interface Checkpoint {
  /** The log's name: `<region>.casemate.internal/orgs/<org>/changes`. */
  readonly origin: string;
  /** Leaves in the tree. */
  readonly size: number;
  readonly root: Buffer;
}

/** `origin`, `size` and base64 `root`, a line each. */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  if (!isKeyName(checkpoint.origin)) {
    throw new LogError('MALFORMED_CHECKPOINT', `"${checkpoint.origin}" cannot be the origin of a log`);
  }
  assertTreeSize(checkpoint.size);
  if (checkpoint.root.length !== HASH_BYTES) {
    throw new LogError(
      'MALFORMED_CHECKPOINT',
      `a root has ${HASH_BYTES} bytes, not ${checkpoint.root.length}`,
    );
  }
  return `${checkpoint.origin}\n${checkpoint.size}\n${checkpoint.root.toString('base64')}\n`;
}

/** Signs the state of the signer's own log; gives the text that is stored and served. */
export function signCheckpoint(signer: LogSigner, size: number, root: Uint8Array): string {
  return signNote(formatCheckpoint({ origin: signer.origin, size, root: Buffer.from(root) }), signer);
}

/** Reads the text of a note as a checkpoint. Extension lines are allowed and ignored, as the standard asks. */
export function parseCheckpointText(text: string): Checkpoint {
  const [origin, sizeText, rootText, ...rest] = text.split('\n');
  if (origin === undefined || origin === '' || sizeText === undefined || rootText === undefined) {
    throw new LogError('MALFORMED_CHECKPOINT', 'a checkpoint has three lines: origin, size, root');
  }
  // What follows the last newline is empty; an empty line before that would be no extension.
  if (rest.at(-1) !== '' || rest.slice(0, -1).includes('')) {
    throw new LogError(
      'MALFORMED_CHECKPOINT',
      'lines after the root are not empty, and the last ends in a newline',
    );
  }
  if (!/^(0|[1-9][0-9]{0,15})$/.test(sizeText) || !Number.isSafeInteger(Number(sizeText))) {
    throw new LogError('MALFORMED_CHECKPOINT', `size: ${JSON.stringify(sizeText)} is not a number of leaves`);
  }
  const root = Buffer.from(rootText, 'base64');
  if (root.length !== HASH_BYTES || root.toString('base64') !== rootText) {
    throw new LogError(
      'MALFORMED_CHECKPOINT',
      `root: ${JSON.stringify(rootText)} is not the base64 of ${HASH_BYTES} bytes`,
    );
  }
  const size = Number(sizeText);
  if (size === 0 && !root.equals(EMPTY_ROOT)) {
    throw new LogError('MALFORMED_CHECKPOINT', 'root: a log of size 0 has the root of the empty tree');
  }
  return { origin, size, root };
}

/** Reads a checkpoint WITHOUT verifying its signature: to show it, or to learn which key would verify it. */
export function readUnverifiedCheckpoint(note: string): Checkpoint {
  return parseCheckpointText(parseNote(note).text);
}

/** Verifies a signed checkpoint of the log that `verifier` is the key of. Throws a LogError that says what is wrong. */
export function openCheckpoint(note: string, verifier: NoteVerifier): Checkpoint {
  const checkpoint = parseCheckpointText(openNote(note, verifier).text);
  if (checkpoint.origin !== verifier.name) {
    throw new LogError(
      'WRONG_LOG',
      `the checkpoint is of "${checkpoint.origin}", the key of "${verifier.name}"`,
    );
  }
  return checkpoint;
}

/** All stored checkpoints of a log in one text, an empty line between them: what `…/checkpoints` serves, newest last. */
export function formatCheckpointList(notes: readonly string[]): string {
  return notes.join('\n');
}

/** Takes such a text apart again. Verifies nothing. */
export function parseCheckpointList(text: string): string[] {
  const notes: string[] = [];
  let lines: string[] = [];
  let inSignatures = false;
  for (const line of text.split('\n')) {
    const isSignature = line.startsWith('— ');
    if (inSignatures && !isSignature) {
      notes.push(`${lines.join('\n')}\n`);
      lines = [];
    }
    inSignatures = isSignature;
    // The empty line between two notes belongs to neither; the one inside a note follows its text.
    if (line !== '' || lines.length > 0) lines.push(line);
  }
  if (lines.length > 0)
    throw new LogError('MALFORMED_CHECKPOINT', 'the list of checkpoints ends inside one of them');
  return notes;
}
