/** An answer that is known whole: a status, headers, and a document or nothing. */
import { httpDate } from '../headers/dates.ts';

export interface Answer {
  readonly status: number;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export type Headers = Readonly<Record<string, string>>;

export function xmlAnswer(body: string, headers: Headers = {}): Answer {
  return { status: 200, headers: { 'content-type': 'application/xml', ...headers }, body };
}

/** 200, or 204 as deletions answer. */
export function emptyAnswer(status: 200 | 204 = 200, headers: Headers = {}): Answer {
  return { status, headers };
}

/** What every answer has. */
export function commonHeaders(requestId: string, now_ms: number): Headers {
  return { 'x-amz-request-id': requestId, date: httpDate(now_ms) };
}

/** ETags have quotes on the wire, in headers and in documents. */
export function quoted(etag: string): string {
  return `"${etag}"`;
}
