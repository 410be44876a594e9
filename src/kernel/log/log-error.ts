/**
 * What is wrong with a piece of a log: a checkpoint, a tile, a leaf, a key, a proof. Not a StatusError: a log is also
 * read by people with no server, from files. `code` is stable; the message says what was found and what would be right.
 */

export type LogErrorCode =
  | 'MALFORMED_NOTE'
  | 'MALFORMED_KEY'
  | 'MALFORMED_CHECKPOINT'
  | 'MALFORMED_LEAF'
  | 'MALFORMED_TILE'
  | 'MALFORMED_PROOF'
  | 'MALFORMED_POLICY'
  | 'UNKNOWN_KEY'
  | 'NO_QUORUM'
  | 'BAD_SIGNATURE'
  | 'WRONG_LOG'
  | 'OUT_OF_RANGE';

export class LogError extends Error {
  override readonly name = 'LogError';
  readonly code: LogErrorCode;

  constructor(code: LogErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export function isLogError(error: unknown, code?: LogErrorCode): error is LogError {
  return error instanceof LogError && (code === undefined || error.code === code);
}
