/** Reads what a form sent: `application/x-www-form-urlencoded`, bounded. */
import type { IncomingMessage } from 'node:http';
import { badRequest, StatusError } from '#kernel/errors.ts';

/** A passkey's answer with its certificate is under 8 KiB. */
export const FORM_BYTES_MAX = 32_768;
const FIELDS_MAX = 32;

/** The fields by name, each the first of its name. Throws 413, 415 and 400. */
export async function readForm(
  incoming: IncomingMessage,
  bytes_max = FORM_BYTES_MAX,
): Promise<ReadonlyMap<string, string>> {
  const [type = ''] = (incoming.headers['content-type'] ?? '').split(';', 1);
  if (type.trim().toLowerCase() !== 'application/x-www-form-urlencoded') {
    throw new StatusError('UnsupportedMediaType', 'send the form as application/x-www-form-urlencoded');
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > bytes_max) break;
      chunks.push(chunk);
    }
  } catch {
    throw badRequest('the form broke off before its end');
  }
  if (bytes > bytes_max) {
    throw new StatusError('RequestEntityTooLarge', `the form is larger than ${bytes_max} bytes`);
  }
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(Buffer.concat(chunks).toString('utf8'))) {
    if (fields.size >= FIELDS_MAX) throw badRequest(`the form has more than ${FIELDS_MAX} fields`);
    if (!fields.has(name)) fields.set(name, value);
  }
  return fields;
}
