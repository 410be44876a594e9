/** Asks the API of this console's realm: with the token of who is signed in, once more with a new one when it was refused. */
import type { Status } from '../../../src/kernel/errors.ts';
import { place } from '../session/place.ts';
import { accessToken, renew } from '../session/session.ts';
import { connection } from './connection.ts';

/** What the API refused, and why. */
export class ApiError extends Error {
  readonly status: Partial<Status>;
  readonly code: number;

  constructor(code: number, status: Partial<Status>) {
    super(status.message ?? `the region answered ${code}`);
    this.code = code;
    this.status = status;
  }
}

/** Nobody answered: the connection is lost, or the region is. */
export class Unreachable extends Error {}

export interface Asked {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal;
}

/** `path` below the realm: `/apis/…`. Throws ApiError, Unreachable, or what the signal was aborted with. */
export async function ask(path: string, asked: Asked = {}): Promise<Response> {
  const answer = await send(path, asked);
  const again = answer.status === 401 && (await renew()) ? await send(path, asked) : answer;
  if (again.status === 401) connection.sessionEnded();
  if (again.ok) return again;
  throw new ApiError(again.status, await again.json().catch(() => ({})));
}

export async function askJson<T>(path: string, asked: Asked = {}): Promise<T> {
  return (await (await ask(path, asked)).json()) as T;
}

async function send(
  path: string,
  { method = 'GET', body, contentType, accept, signal }: Asked,
): Promise<Response> {
  const token = await accessToken();
  const isRaw = typeof body === 'string' || body instanceof Blob;
  const request = new Request(`${place.prefix}${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      Accept: accept ?? 'application/json',
      ...(body === undefined ? {} : { 'Content-Type': contentType ?? 'application/json' }),
    },
    ...(body === undefined ? {} : { body: isRaw ? body : JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
    cache: 'no-store',
  });
  try {
    const answer = await fetch(request);
    connection.reached();
    return answer;
  } catch (error) {
    signal?.throwIfAborted();
    connection.lost();
    throw new Unreachable('the region does not answer', { cause: error });
  }
}
