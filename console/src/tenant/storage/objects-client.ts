/**
 * Asks for objects of a bucket, at the API's own address and with the token of who is signed in (docs/decisions/0040). Documents of S3 come as JSON. What was refused is an
 * ApiError with S3's own words.
 */
import { ApiError, Unreachable } from '../../api/client.ts';
import { connection } from '../../api/connection.ts';
import { place } from '../../session/place.ts';
import { accessToken, renew } from '../../session/session.ts';
import { type ToldDocument, textOf } from './document.ts';
import { encodedKey, isUnaddressable } from './keys.ts';

export interface AskedObject {
  readonly method?: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

const BUSY = 503;
const BUSY_TRIES_MAX = 5;
const BUSY_MS = 500;

/** Below this page's origin. */
export function objectPath(bucket: string, key = '', query: Readonly<Record<string, string>> = {}): string {
  const isInPath = !isUnaddressable(key);
  const pairs = Object.entries(isInPath ? query : { ...query, 'x-key': key }).map(([name, value]) =>
    value === '' ? encodeURIComponent(name) : `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  );
  const path = key === '' || !isInPath ? bucket : `${bucket}/${encodedKey(key)}`;
  return `${place.prefix}/objects/${path}${pairs.length === 0 ? '' : `?${pairs.join('&')}`}`;
}

/** Throws ApiError, Unreachable, or what the signal was aborted with. */
export async function askObjects(bucket: string, asked: AskedObject): Promise<Response> {
  for (let tries = 1; ; tries++) {
    const answer = await send(bucket, asked);
    const again = answer.status === 401 && (await renew()) ? await send(bucket, asked) : answer;
    if (again.status === 401) connection.sessionEnded();
    if (again.ok) return again;
    if (again.status !== BUSY || tries >= BUSY_TRIES_MAX)
      throw refusalOf(again.status, await again.json().catch(() => ({})));
    await new Promise((resolve) => setTimeout(resolve, tries * BUSY_MS));
  }
}

export async function askDocument(bucket: string, asked: AskedObject): Promise<ToldDocument> {
  return (await (await askObjects(bucket, asked)).json()) as ToldDocument;
}

/** From S3's `<Error>`, or from a Status of the API. */
export function refusalOf(code: number, said: object): ApiError {
  const document = said as ToldDocument;
  if (document.name !== 'Error') return new ApiError(code, said);
  return new ApiError(code, {
    message: textOf(document, 'Message'),
    reason: textOf(document, 'Code') as never,
  });
}

async function send(
  bucket: string,
  { method = 'GET', key, query, headers, body, signal }: AskedObject,
): Promise<Response> {
  try {
    const token = await accessToken();
    const answer = await fetch(objectPath(bucket, key, query), {
      method,
      headers: { Authorization: `Bearer ${token ?? ''}`, Accept: 'application/json', ...headers },
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
      cache: 'no-store',
    });
    connection.reached();
    return answer;
  } catch (error) {
    signal?.throwIfAborted();
    connection.lost();
    throw new Unreachable('the region does not answer', { cause: error });
  }
}
