/** What comes back from Incus: the envelope of every answer, and errors in the forms that they take. Bodies are bounded, and never logged. */
import type { Readable } from 'node:stream';
import { IncusError, incusError } from './errors.ts';

const ERROR_TEXT_MAX = 2000;

export interface Envelope {
  readonly type: 'sync' | 'async' | 'error';
  readonly operation?: string;
  readonly error?: string;
  readonly error_code?: number;
  readonly metadata?: unknown;
}

// What OpenSSL finds wrong with a certificate that it was not given: X509_verify_cert_error_string(3).
const NOT_TRUSTED =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|ERR_TLS_CERT)|pinned/;

export function unreachable(error: Error & { code?: string }): IncusError {
  const what = error.code ?? error.message;
  return NOT_TRUSTED.test(what)
    ? new IncusError('Unavailable', `Incus shows a certificate that is not the one trusted here (${what})`)
    : new IncusError('Unavailable', `Incus cannot be reached (${what}); is its daemon running?`);
}

export async function readAll(stream: Readable, bytes_max: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bytes_max) throw new IncusError('Failed', `Incus sent more than ${bytes_max} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export function errorFrom(body: Buffer, status: number): IncusError {
  try {
    const envelope = JSON.parse(body.toString('utf8')) as Envelope;
    return incusError(envelope.error ?? `HTTP ${status}`, envelope.error_code ?? status);
  } catch {
    return incusError(body.toString('utf8', 0, ERROR_TEXT_MAX) || `HTTP ${status}`, status);
  }
}

export function parseEnvelope(body: Buffer, status: number): Envelope {
  if (status >= 400) throw errorFrom(body, status);
  let envelope: Envelope;
  try {
    envelope = JSON.parse(body.toString('utf8')) as Envelope;
  } catch {
    throw new IncusError('Failed', `Incus answered HTTP ${status} with something that is not JSON`, status);
  }
  if (envelope.type === 'error') throw errorFrom(body, envelope.error_code ?? status);
  return envelope;
}
