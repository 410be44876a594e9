/** Reading the document that a call came with. */
import { readSmallBody } from '../../s3/body.ts';
import { DOCUMENT_BYTES_MAX } from '../../s3/documents/bounds.ts';
import type { BodyExpectations } from '../../s3/parameters.ts';
import type { Session } from '../session.ts';

/** All of it, checked against what was said of it. */
export function documentOf(
  { body, payload, chain, call }: Session,
  { body: expected }: { readonly body: BodyExpectations },
): Promise<Buffer> {
  const max = DOCUMENT_BYTES_MAX[call.call as keyof typeof DOCUMENT_BYTES_MAX];
  return readSmallBody(body, { expected, payload, ...(chain === undefined ? {} : { chain }) }, max);
}
