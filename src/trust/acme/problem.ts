/** What ACME refuses, and how it says so: problem documents (RFC 7807) of the types of RFC 8555 §6.7. */

const STATUS = {
  accountDoesNotExist: 400,
  alreadyRevoked: 400,
  badCSR: 400,
  badNonce: 400,
  badPublicKey: 400,
  badRevocationReason: 400,
  badSignatureAlgorithm: 400,
  connection: 400,
  externalAccountRequired: 403,
  incorrectResponse: 403,
  invalidContact: 400,
  malformed: 400,
  orderNotReady: 403,
  rateLimited: 429,
  rejectedIdentifier: 403,
  serverInternal: 500,
  unauthorized: 403,
  unsupportedContact: 400,
  unsupportedIdentifier: 400,
} as const;

export type ProblemType = keyof typeof STATUS;

export interface ProblemOptions {
  /** Another HTTP status than the type's own: 404, 405, 409, 413, 415. */
  readonly status?: number;
  readonly retryAfter_s?: number;
  /** Algorithms that would do, of badSignatureAlgorithm. */
  readonly algorithms?: readonly string[];
  /** Of a conflict: where the account is. */
  readonly location?: string;
}

/** A refusal. `detail` says what was wrong and what would be right. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly type: ProblemType;
  readonly status: number;
  readonly options: ProblemOptions;

  constructor(type: ProblemType, detail: string, options: ProblemOptions = {}) {
    super(detail);
    this.type = type;
    this.status = options.status ?? STATUS[type];
    this.options = options;
  }

  toJSON(): Readonly<Record<string, unknown>> {
    return {
      type: `urn:ietf:params:acme:error:${this.type}`,
      detail: this.message,
      status: this.status,
      ...(this.options.algorithms ? { algorithms: this.options.algorithms } : {}),
    };
  }
}

export const malformed = (detail: string, status?: number) =>
  new Problem('malformed', detail, status === undefined ? {} : { status });
