/** Errors in SCIM's own form (RFC 7644, 3.12), and what our errors are in it. */
import { isStatusError, type StatusError } from '#kernel/errors.ts';

export const ERROR_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:Error';

/** RFC 7644, table 9. */
export type ScimType =
  | 'invalidFilter'
  | 'invalidPath'
  | 'invalidSyntax'
  | 'invalidValue'
  | 'mutability'
  | 'noTarget'
  | 'tooMany'
  | 'uniqueness';

export class ScimError extends Error {
  override readonly name = 'ScimError';
  readonly code: number;
  readonly scimType: ScimType | undefined;
  readonly retryAfter_s: number | undefined;

  constructor(code: number, scimType: ScimType | undefined, detail: string, retryAfter_s?: number) {
    super(detail);
    this.code = code;
    this.scimType = scimType;
    this.retryAfter_s = retryAfter_s;
  }

  toBody(): object {
    return {
      schemas: [ERROR_SCHEMA],
      status: String(this.code),
      ...(this.scimType === undefined ? {} : { scimType: this.scimType }),
      detail: this.message,
    };
  }
}

export const invalidValue = (detail: string) => new ScimError(400, 'invalidValue', detail);
export const invalidSyntax = (detail: string) => new ScimError(400, 'invalidSyntax', detail);
export const notThere = (type: string, id: string) =>
  new ScimError(404, undefined, `there is no ${type} "${id.slice(0, 64)}" that this client provisions`);

function ofStatus(error: StatusError): ScimError {
  const { code, reason, message, details } = error;
  if (reason === 'Invalid') return invalidValue(message);
  if (reason === 'AlreadyExists') return new ScimError(409, 'uniqueness', message);
  return new ScimError(code, undefined, message, details?.retryAfterSeconds);
}

/** The library's own errors carry a status and a type. */
interface LibraryError extends Error {
  readonly status: number;
  readonly scimType?: ScimType;
}

const isLibraryError = (error: unknown): error is LibraryError =>
  error instanceof Error && typeof (error as Partial<LibraryError>).status === 'number';

/** What an error is to a client; undefined for a fault of ours. */
export function asScimError(error: unknown): ScimError | undefined {
  if (error instanceof ScimError) return error;
  if (isStatusError(error)) return ofStatus(error);
  if (isLibraryError(error)) return new ScimError(error.status, error.scimType, error.message);
  return undefined;
}
