/** Reads what an ACME client sent: JSON in a bounded body. */
import type { IncomingMessage } from 'node:http';
import { BODY_BYTES_MAX } from './limits.ts';
import { malformed } from './problem.ts';

const TYPE = 'application/jose+json';

/** Throws malformed with 413 and 415. */
export async function readBody(incoming: IncomingMessage): Promise<unknown> {
  const [type = ''] = (incoming.headers['content-type'] ?? '').split(';', 1);
  if (type.trim().toLowerCase() !== TYPE) throw malformed(`send the request as ${TYPE}`, 415);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > BODY_BYTES_MAX) break;
      chunks.push(chunk);
    }
  } catch {
    throw malformed('the request broke off before its end');
  }
  if (bytes > BODY_BYTES_MAX) throw malformed(`the request is larger than ${BODY_BYTES_MAX} bytes`, 413);
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw malformed('the request is not JSON');
  }
}
