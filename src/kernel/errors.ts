/**
 * Every error a caller can meet is a StatusError: an HTTP code, a stable Kubernetes reason, a message that says
 * what to do, and causes that name fields. Whatever else is thrown is a fault of ours and answers 500 without detail.
 */

export type StatusReason =
  | 'BadRequest'
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Expired'
  | 'Gone'
  | 'RequestEntityTooLarge'
  | 'UnsupportedMediaType'
  | 'Invalid'
  | 'TooManyRequests'
  | 'InternalError'
  | 'ServiceUnavailable'
  | 'Timeout';

const HTTP_CODE: Readonly<Record<StatusReason, number>> = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Expired: 410,
  Gone: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
};

/** One thing that is wrong. `field` is a path such as `spec.networks[0].name`. */
export interface StatusCause {
  readonly reason:
    | 'FieldValueInvalid'
    | 'FieldValueRequired'
    | 'FieldValueDuplicate'
    | 'FieldValueNotSupported'
    | 'FieldValueForbidden'
    | 'FieldValueTooLong'
    | 'FieldValueTypeInvalid'
    | 'FieldManagerConflict'
    | 'ResourceVersionTooLarge'
    | 'UnexpectedServerResponse';
  readonly message: string;
  readonly field?: string;
}

/** What the error is about, in the terms of the API. */
export interface StatusSubject {
  readonly group?: string;
  /** The kind, or the plural where no kind is known; clients print it. */
  readonly kind?: string;
  readonly name?: string;
  readonly uid?: string;
}

export interface StatusDetails extends StatusSubject {
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** The wire form, `v1 Status`. */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Record<string, never>;
  readonly status: 'Failure' | 'Success';
  readonly message?: string;
  readonly reason?: StatusReason;
  readonly details?: StatusDetails;
  readonly code: number;
}

/** What a client sent is said back to it, but not at any length. */
const MESSAGE_LENGTH_MAX = 32_768;
const NAME_LENGTH_MAX = 253;

const clip = (text: string, length_max: number) =>
  text.length <= length_max ? text : `${text.slice(0, length_max)}…`;

function clipName(details: StatusDetails | undefined): StatusDetails | undefined {
  const name = details?.name;
  return name === undefined || name.length <= NAME_LENGTH_MAX
    ? details
    : { ...details, name: clip(name, NAME_LENGTH_MAX) };
}

export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly code: number;
  readonly reason: StatusReason;
  readonly details: StatusDetails | undefined;

  constructor(reason: StatusReason, message: string, details?: StatusDetails) {
    super(clip(message, MESSAGE_LENGTH_MAX));
    this.reason = reason;
    this.code = HTTP_CODE[reason];
    this.details = clipName(details);
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

function label(subject: StatusSubject): string {
  const kind = subject.kind ?? 'object';
  const qualified = subject.group ? `${kind}.${subject.group}` : kind;
  return subject.name ? `${qualified} "${clip(subject.name, NAME_LENGTH_MAX)}"` : qualified;
}

export const badRequest = (message: string, causes?: readonly StatusCause[]) =>
  new StatusError('BadRequest', message, causes ? { causes } : undefined);

export const unauthorized = (message: string) => new StatusError('Unauthorized', message);

export const forbidden = (subject: StatusSubject, message: string) =>
  new StatusError('Forbidden', `${label(subject)} is forbidden: ${message}`, subject);

export const notFound = (subject: StatusSubject) =>
  new StatusError('NotFound', `${label(subject)} not found`, subject);

export const alreadyExists = (subject: StatusSubject) =>
  new StatusError('AlreadyExists', `${label(subject)} already exists`, subject);

export const conflict = (subject: StatusSubject, message: string) =>
  new StatusError('Conflict', `operation cannot be fulfilled on ${label(subject)}: ${message}`, subject);

/** 422: the object was understood but breaks a rule; each cause names a field. */
export function invalid(subject: StatusSubject, causes: readonly StatusCause[]): StatusError {
  const list = causes.map((cause) => (cause.field ? `${cause.field}: ${cause.message}` : cause.message));
  const text = list.length === 1 ? list[0] : `[${list.join(', ')}]`;
  return new StatusError('Invalid', `${label(subject)} is invalid: ${text}`, { ...subject, causes });
}

export const expired = (message: string) => new StatusError('Expired', message);

export const unavailable = (message: string, retryAfterSeconds: number) =>
  new StatusError('ServiceUnavailable', message, { retryAfterSeconds });

export function isStatusError(error: unknown, reason?: StatusReason): error is StatusError {
  return error instanceof StatusError && (reason === undefined || error.reason === reason);
}
