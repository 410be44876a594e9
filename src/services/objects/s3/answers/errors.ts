/** What an error looks like on the wire. */
import { S3Error } from '../errors.ts';
import { element, plainDocument } from '../xml/write.ts';
import type { Answer } from './answer.ts';

export interface ErrorContext {
  readonly requestId: string;
  /** The path that was asked for, decoded. */
  readonly resource: string;
  /** Answers to HEAD have no body. */
  readonly method: string;
}

/** Whatever is no S3Error is a fault of ours, which the caller logs; the client hears that and no more. */
export function errorAnswer(thrown: unknown, { requestId, resource, method }: ErrorContext): Answer {
  const error = thrown instanceof S3Error ? thrown : new S3Error('InternalError');
  if (method === 'HEAD' || error.status === 304) return { status: error.status, headers: error.headers };
  const body = plainDocument('Error', [
    element('Code', error.code),
    element('Message', error.message),
    ...Object.entries(error.details).map(([name, value]) => element(name, value)),
    element('Resource', resource),
    element('RequestId', requestId),
  ]);
  return { status: error.status, headers: { ...error.headers, 'content-type': 'application/xml' }, body };
}
