/** The body of a witness's `add-checkpoint` (C2SP tlog-witness): what a log sends to have a checkpoint cosigned. Pure. */
import { LogError } from './log-error.ts';
import { HASH_BYTES } from './merkle.ts';
import { NOTE_BYTES_MAX } from './note.ts';

/** Lines of proof that a client may send. */
export const PROOF_LINES_MAX = 63;
/** The most that a body may take: the lines of a proof and a signed checkpoint. */
export const ADD_CHECKPOINT_BYTES_MAX = NOTE_BYTES_MAX + 4 * 1024;
/** Content type of the answer that says which size the witness has. */
export const SIZE_CONTENT_TYPE = 'text/x.tlog.size';

export interface AddCheckpoint {
  /** Size of the checkpoint that the witness cosigned last, 0 for none. */
  readonly oldSize: number;
  /** From that size to the checkpoint's. */
  readonly proof: readonly Buffer[];
  /** The signed checkpoint. */
  readonly checkpoint: string;
}

export function formatAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpoint): string {
  return [`old ${oldSize}`, ...proof.map((hash) => hash.toString('base64')), '', checkpoint].join('\n');
}

const malformed = (message: string) => new LogError('MALFORMED_PROOF', message);

/** Reads hashes, one a line. Throws a LogError that names the line. */
export function parseHashLines(lines: readonly string[]): Buffer[] {
  return lines.map((line, position) => {
    const hash = Buffer.from(line, 'base64');
    if (hash.length !== HASH_BYTES || hash.toString('base64') !== line) {
      throw malformed(`proof line ${position + 1}: not the base64 of ${HASH_BYTES} bytes`);
    }
    return hash;
  });
}

/** Reads such a body. Verifies nothing. Throws a LogError that says what is wrong. */
export function parseAddCheckpoint(body: string): AddCheckpoint {
  const split = body.indexOf('\n\n');
  if (split < 0) throw malformed('no empty line between the proof and the checkpoint');
  const [old = '', ...lines] = body.slice(0, split).split('\n');
  const [, sizeText] = /^old (0|[1-9][0-9]{0,15})$/.exec(old) ?? [];
  if (sizeText === undefined || !Number.isSafeInteger(Number(sizeText))) {
    throw malformed('the first line should be "old <size>"');
  }
  if (lines.length > PROOF_LINES_MAX) throw malformed(`more than ${PROOF_LINES_MAX} lines of proof`);
  return { oldSize: Number(sizeText), proof: parseHashLines(lines), checkpoint: body.slice(split + 2) };
}
