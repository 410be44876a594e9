/** How the bytes of a request are vouched for: the header `x-amz-content-sha256`. */
import { invalidArgument, notImplemented, S3Error } from '../errors.ts';
import type { WireRequest } from '../request.ts';
import type { Claim } from './claim.ts';

export type PayloadForm =
  | { readonly form: 'unsigned' }
  | { readonly form: 'hashed'; readonly sha256: string }
  /** `aws-chunked`. */
  | { readonly form: 'chunked'; readonly signed: boolean; readonly trailer: boolean };

const UNSIGNED = 'UNSIGNED-PAYLOAD';
const STREAMING: Readonly<Record<string, PayloadForm>> = {
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': { form: 'chunked', signed: true, trailer: false },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER': { form: 'chunked', signed: true, trailer: true },
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER': { form: 'chunked', signed: false, trailer: true },
};
const NAME = 'x-amz-content-sha256';

/** With the text that stands for the bytes in what was signed. Throws what is wrong with the header. */
export function payloadOf(
  request: WireRequest,
  claim: Claim | undefined,
): { readonly payload: PayloadForm; readonly canonical: string } {
  const header = request.headers.get(NAME);
  const inQuery = claim?.kind === 'presigned' ? request.query.get('X-Amz-Content-Sha256') : undefined;
  if (claim?.kind === 'header' && header === undefined)
    throw new S3Error(
      'InvalidRequest',
      `the header ${NAME} is missing; send the SHA-256 of the body, or ${UNSIGNED}`,
    );
  if (header !== undefined && inQuery !== undefined && header !== inQuery)
    throw invalidArgument(NAME, header, 'the header and the query say different things');
  const text = header ?? inQuery ?? UNSIGNED;
  const payload = formOf(text);
  if (!claim && payload.form === 'chunked' && payload.signed)
    throw invalidArgument(NAME, text, 'chunks are signed, and the request is not; sign it');
  // Older presigners sign UNSIGNED-PAYLOAD whatever the sender says later.
  const signs = claim?.kind !== 'presigned' || inQuery !== undefined || claim.signedHeaders.includes(NAME);
  return { payload, canonical: signs ? text : UNSIGNED };
}

function formOf(text: string): PayloadForm {
  if (text === UNSIGNED) return { form: 'unsigned' };
  if (/^[0-9a-f]{64}$/i.test(text)) return { form: 'hashed', sha256: text.toLowerCase() };
  const streaming = Object.hasOwn(STREAMING, text) ? STREAMING[text] : undefined;
  if (streaming) return streaming;
  if (text.startsWith('STREAMING-')) throw notImplemented(`${NAME}: ${text.slice(0, 64)}`);
  throw invalidArgument(
    NAME,
    text,
    `the SHA-256 of the body in hexadecimal, ${UNSIGNED}, or a STREAMING-… form`,
  );
}
