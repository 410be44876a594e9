/**
 * What can go wrong with Incus, as one class with stable codes that callers branch on. A message of Incus may name
 * engine objects (uids); it must never be shown to a tenant without a sentence of ours around it.
 */

export type IncusErrorCode =
  /** The object is not there (404). */
  | 'NotFound'
  /** An object of that name is there already. */
  | 'AlreadyExists'
  /** The object changed since it was read (412), or is busy with another operation. */
  | 'Conflict'
  /** The object is used by another one and cannot go yet. */
  | 'InUse'
  /** Incus refused the request's content (400): repeating it cannot help. */
  | 'Invalid'
  /** A project's restrictions, or our certificate, do not allow it (401, 403). */
  | 'Forbidden'
  /** The daemon cannot be reached, is starting, or all connections are taken: try again. */
  | 'Unavailable'
  /** It did not answer or finish within the bound. */
  | 'Timeout'
  /** This region has no Incus, and was not meant to: nothing of ours is there. */
  | 'Absent'
  /** This daemon lacks an API extension that the feature needs. */
  | 'Unsupported'
  /** Anything else: the operation ran and failed. */
  | 'Failed';

export class IncusError extends Error {
  override readonly name = 'IncusError';
  readonly code: IncusErrorCode;
  /** The HTTP status, 0 when there was none. */
  readonly status: number;

  constructor(code: IncusErrorCode, message: string, status = 0) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export function isIncusError(error: unknown, ...codes: readonly IncusErrorCode[]): error is IncusError {
  return error instanceof IncusError && (codes.length === 0 || codes.includes(error.code));
}

// Incus answers 400 or 500 with prose for many distinct causes; these phrases are the ones that change what we do next.
const PHRASES: readonly (readonly [pattern: RegExp, code: IncusErrorCode])[] = [
  [/already exists|already in use by another|UNIQUE constraint failed/i, 'AlreadyExists'],
  [/^in use$|currently in use|is in use|currently used|used by|must be empty|only empty projects/i, 'InUse'],
  [
    /not found|doesn't exist|no such (instance|project|network|image|snapshot|operation)|No root device/i,
    'NotFound',
  ],
  [/ETag doesn't match|busy running|operation is in progress|already (running|stopped)/i, 'Conflict'],
  [/not allowed|forbidden|restricted|not authorized/i, 'Forbidden'],
  [/daemon (is )?(starting|not ready|shutting down)|database is locked/i, 'Unavailable'],
];

const BY_STATUS: Readonly<Record<number, IncusErrorCode>> = {
  400: 'Invalid',
  401: 'Forbidden',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'AlreadyExists',
  412: 'Conflict',
  423: 'Conflict',
  503: 'Unavailable',
};

/** Sorts an error answer or a failed operation into a code. `status` is the HTTP status or the operation's error code. */
export function incusError(message: string, status: number): IncusError {
  const certain = status === 400 || status === 0 || status >= 500 ? undefined : BY_STATUS[status];
  const phrase = PHRASES.find(([pattern]) => pattern.test(message))?.[1];
  return new IncusError(certain ?? phrase ?? BY_STATUS[status] ?? 'Failed', message, status);
}
