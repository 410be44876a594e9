/**
 * How commands fail: what is printed and with which exit code. One place, so that scripts can rely on it
 * (`casemate --help` prints the table).
 */
import type { Status, StatusReason } from '#kernel/errors.ts';

export const EXIT = {
  ok: 0,
  error: 1,
  usage: 2,
  notFound: 3,
  refused: 4,
  conflict: 5,
} as const;

export const EXIT_CODES_TEXT = `
Exit codes:
  0  done
  1  something went wrong
  2  the command was not understood
  3  there is no such object
  4  not signed in, or not allowed
  5  the object exists already, or was changed by somebody else
  exec and ssh: the exit code of the remote command`;

/** A command that cannot go on. `hint` says what the person can do. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;
  readonly hint: string | undefined;

  constructor(message: string, options: { readonly exitCode?: number; readonly hint?: string } = {}) {
    super(message);
    this.exitCode = options.exitCode ?? EXIT.error;
    this.hint = options.hint;
  }
}

export const usageError = (message: string, hint?: string) =>
  new CliError(message, { exitCode: EXIT.usage, ...(hint === undefined ? {} : { hint }) });

/** The server refused a request and said why. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: Pick<Status, 'message' | 'reason' | 'details' | 'code'>;

  constructor(status: Pick<Status, 'message' | 'reason' | 'details' | 'code'>) {
    super(status.message ?? `the server answered ${status.code}`);
    this.status = status;
  }

  get code(): number {
    return this.status.code;
  }
}

export const isNotFound = (error: unknown): error is ApiError =>
  error instanceof ApiError && error.code === 404;

const EXIT_OF_REASON: Partial<Record<StatusReason, number>> = {
  NotFound: EXIT.notFound,
  Unauthorized: EXIT.refused,
  Forbidden: EXIT.refused,
  AlreadyExists: EXIT.conflict,
  Conflict: EXIT.conflict,
};

const EXIT_OF_CODE: Readonly<Record<number, number>> = {
  401: EXIT.refused,
  403: EXIT.refused,
  404: EXIT.notFound,
  409: EXIT.conflict,
};

export function exitCodeOf(error: unknown): number {
  if (error instanceof CliError) return error.exitCode;
  if (error instanceof ApiError) {
    const { reason, code } = error.status;
    return (reason && EXIT_OF_REASON[reason]) ?? EXIT_OF_CODE[code] ?? EXIT.error;
  }
  return EXIT.error;
}

const FILE_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  ENOTDIR: 'lies below something that is no folder',
  EISDIR: 'is a folder',
  EEXIST: 'is there already',
  EACCES: 'is not yours to use',
  EPERM: 'is not yours to use',
  EROFS: 'lies where nothing can be written',
  ENOSPC: 'does not fit: the disk is full',
};

/** What Node says of a file (`ENOENT: no such file or directory, open 'recipe.yaml'`), alone or behind a colon, as a person would. */
export function plainly(message: string): string {
  const [all = '', before = '', code = '', path = ''] =
    /^(?:(.*): )?(E[A-Z]+): [^']*, [a-z]+ '([^']*)'$/s.exec(message) ?? [];
  const what = FILE_PROBLEMS[code];
  if (all === '' || what === undefined) return message;
  if (before === '' || before === path) return `${path} ${what}`;
  return `${before}: ${before.endsWith(path) ? 'it' : path} ${what}`;
}

/** The lines that tell a person what went wrong. Causes of a Status go one to a line, by field. */
export function describeError(error: unknown): string[] {
  if (error instanceof ApiError) {
    const { message, details } = error.status;
    const causes = details?.causes ?? [];
    // A Status repeats its causes in its message; one to a line they are easier to read.
    const text = message ?? error.message;
    const head = causes.length > 0 ? text.replace(/ is invalid: .*$/s, ' is invalid:') : text;
    return [
      `error: ${head}`,
      ...causes
        .filter((cause) => !head.includes(cause.message))
        .map((cause) => `  ${cause.field ? `${cause.field}: ` : ''}${cause.message}`),
      ...(error.code === 401
        ? [
            '  the kubeconfig’s credential is not (or no longer) valid here; whoever has an account signs in with casemate login',
          ]
        : []),
    ];
  }
  const message = plainly(error instanceof Error ? error.message : String(error));
  const hint = error instanceof CliError ? error.hint : undefined;
  return [`error: ${message}`, ...(hint === undefined ? [] : [`  ${hint}`])];
}

/**
 * Makes an action of a command that reports its own errors: prints to stderr and sets the exit code. What it throws
 * never reaches commander.
 */
export function reporting<Arguments extends unknown[]>(
  action: (...args: Arguments) => Promise<void>,
): (...args: Arguments) => Promise<void> {
  return async (...args) => {
    try {
      await action(...args);
    } catch (error) {
      process.stderr.write(`${describeError(error).join('\n')}\n`);
      if (process.env.CASEMATE_DEBUG !== undefined && error instanceof Error)
        process.stderr.write(`${error.stack}\n`);
      process.exitCode = exitCodeOf(error);
    }
  };
}
