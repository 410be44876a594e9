/** An upload by a form: it is signed in its fields, and is a PutObject from there on, until it answers as the form asks. */
import type { CallOf } from '../s3/calls.ts';
import { type FormCall, formCall, postedAnswer } from '../s3/form/form-call.ts';
import { readForm } from '../s3/form/form-data.ts';
import { stripQuotes } from '../s3/headers/conditions.ts';
import type { Authenticated, Authenticating, Secret } from '../s3/signature/authenticate.ts';
import { locationOf } from './location.ts';
import type { Reply } from './reply.ts';
import type { Session } from './session.ts';

/** What of it takes the place of what the request's head says. */
export interface OpenForm<H extends Secret> {
  readonly who: Pick<Extract<Authenticated<H>, { signed: true }>, 'accessKey' | 'holder'> | undefined;
  readonly call: CallOf<'PutObject'>;
  readonly body: AsyncIterable<Uint8Array>;
  readonly success: FormCall<H>['success'];
}

export async function openForm<H extends Secret>(
  body: AsyncIterable<Uint8Array>,
  { bucket, boundary, expectedOwner }: CallOf<'PostObject'>,
  authenticating: Authenticating<H>,
): Promise<OpenForm<H>> {
  const { by, call, bytes, success } = await formCall(await readForm(body, boundary), bucket, authenticating);
  return {
    who: by,
    call: { ...call, ...(expectedOwner === undefined ? {} : { expectedOwner }) },
    body: bytes,
    success,
  };
}

export function formReply(session: Session, { call, success }: OpenForm<Secret>, { headers }: Reply): Reply {
  const { bucket, key } = call;
  const etag = stripQuotes(headers.etag ?? '');
  return postedAnswer(success, { location: locationOf(session, bucket, key), bucket, key, etag }, headers);
}
