/**
 * What never became a whole request: header fields past their bounds, broken framing, a request that does not come to its end. It is
 * answered as everything is, by a Status, if the connection is not in the midst of another answer, and the connection ends.
 */
import type { Duplex } from 'node:stream';
import type { Status } from '../errors.ts';
import { HEADER_BYTES_MAX, REQUEST_TIMEOUT_MS } from './limits.ts';

interface Refusal {
  readonly code: number;
  readonly phrase: string;
  readonly message: string;
}

const BROKEN: Refusal = { code: 400, phrase: 'Bad Request', message: 'this is no HTTP/1.1 request' };

/** By the codes of Node's parser. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: {
    code: 431,
    phrase: 'Request Header Fields Too Large',
    message: `the header fields of the request are larger than ${HEADER_BYTES_MAX} bytes`,
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    code: 413,
    phrase: 'Payload Too Large',
    message: 'the chunks of the request body have extensions, and too many of them',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    code: 408,
    phrase: 'Request Timeout',
    message: `the request did not come to its end within ${REQUEST_TIMEOUT_MS / 1000} seconds`,
  },
};

/** Answers a `clientError` of the HTTP server, and ends the connection. `midst`: part of an answer is on its way over it. */
export function answerClientError(error: { readonly code?: string }, socket: Duplex, midst: boolean): void {
  if (midst || !socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const { code, phrase, message } = REFUSALS[error.code ?? ''] ?? BROKEN;
  const status: Status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason: code === 413 ? 'RequestEntityTooLarge' : code === 408 ? 'Timeout' : 'BadRequest',
    code,
  };
  const body = JSON.stringify(status);
  socket.end(
    `HTTP/1.1 ${code} ${phrase}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
