/**
 * Waits for what Incus does in the background. An operation that is forgotten (the daemon restarted) throws
 * `Unavailable`: the caller reads the state again and repeats its step, which is idempotent.
 */
import { IncusError, incusError, isIncusError } from './errors.ts';
import type { IncusTransport, Method, RequestOptions } from './transport.ts';
import type { IncusOperation } from './types.ts';

export const OPERATION_LIMIT_MS = 120_000;
/** How much longer than Incus' own limit we wait for its answer. */
const GRACE_MS = 5_000;

export interface WaitOptions {
  readonly limit_ms?: number;
  readonly signal?: AbortSignal;
  /** As of a request (`transport.ts`). */
  readonly isPatient?: boolean;
}

/** Resolves when the operation succeeded; throws IncusError with its error, or `Timeout` (it goes on in the background). */
export async function waitFor(
  transport: IncusTransport,
  operation: IncusOperation,
  options: WaitOptions = {},
): Promise<IncusOperation> {
  const limit_ms = options.limit_ms ?? OPERATION_LIMIT_MS;
  try {
    const { value } = await transport.wait<IncusOperation>(`/1.0/operations/${operation.id}/wait`, {
      query: { timeout: Math.ceil(limit_ms / 1000) },
      timeout_ms: limit_ms + GRACE_MS,
      ...(options.signal ? { signal: options.signal } : {}),
      ...(options.isPatient ? { isPatient: true } : {}),
    });
    if (value.status_code === 200) return value;
    if (value.status_code < 200) {
      throw new IncusError(
        'Timeout',
        `Incus is still busy after ${limit_ms} ms; it goes on in the background`,
      );
    }
    throw incusError(value.err || value.status, 0);
  } catch (error) {
    if (isIncusError(error, 'NotFound') && error.status === 404) {
      throw new IncusError('Unavailable', 'Incus forgot an operation: its daemon restarted meanwhile');
    }
    throw error;
  }
}

/** Sends a change and, when Incus works on it in the background, waits for that. */
export async function change(
  transport: IncusTransport,
  method: Method,
  path: string,
  body: unknown,
  options: RequestOptions & WaitOptions = {},
): Promise<void> {
  const { operation } = await transport.send(method, path, body, options);
  if (operation) await waitFor(transport, operation, options);
}
