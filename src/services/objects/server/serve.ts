/** One request from the wire to its answer: who asks, what for, whether they may; the call; its record; the bytes. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { addressOf } from '#kernel/client-address.ts';
import type { Logger } from '#kernel/logger.ts';
import { organizationRealm, type RealmId } from '#kernel/realm-id.ts';
import type { GateAccessRecord, KeyHolder } from '../gate/protocol.ts';
import { type Answer, commonHeaders } from '../s3/answers/answer.ts';
import { errorAnswer } from '../s3/answers/errors.ts';
import type { ParsedCall } from '../s3/calls.ts';
import { S3Error } from '../s3/errors.ts';
import { parseCall } from '../s3/parse-call.ts';
import { readRequest, type WireRequest } from '../s3/request.ts';
import { authenticate } from '../s3/signature/authenticate.ts';
import type { SigningKeys } from '../s3/signature/signing-keys.ts';
import { crossOriginHeaders, passedPreflight, presignedRealm } from './cross-origin.ts';
import { dispatch } from './dispatch.ts';
import { formReply, type OpenForm, openForm } from './form.ts';
import { incomingBody } from './incoming-body.ts';
import { recordedOperation } from './operations.ts';
import { endpointOf, type Parts } from './parts.ts';
import type { Recorder } from './recorder.ts';
import type { Reply } from './reply.ts';
import { Session } from './session.ts';
import { begun, letGo, sendBytes } from './streaming.ts';

export interface ServeOptions {
  readonly parts: Parts;
  readonly keys: SigningKeys;
  readonly recorder: Recorder;
  readonly logger: Logger;
}

/** Of a request whose body nobody wants any more: what is still read of it, so that its sender hears the answer. */
const UNWANTED_BYTES_MAX = 16 * 2 ** 20;
const DETAIL_MAX = 1_024;
const NOBODY = { signed: false, payload: { form: 'unsigned' } } as const;

export async function serve(
  incoming: IncomingMessage,
  response: ServerResponse,
  options: ServeOptions,
): Promise<void> {
  const requestId = randomUUID();
  const gone = new AbortController();
  response.once('close', () => response.writableFinished || gone.abort(new Error('the client went away')));
  const served: Served = { requestId, address: addressOf(incoming.socket) };
  try {
    await respond(incoming, response, options, served, gone.signal);
  } finally {
    served.session?.end();
  }
}

async function respond(
  incoming: IncomingMessage,
  response: ServerResponse,
  options: ServeOptions,
  served: Served,
  signal: AbortSignal,
): Promise<void> {
  const { requestId } = served;
  let reply: Reply;
  try {
    reply = await begun(await answer(incoming, signal, served, options));
  } catch (error) {
    if (!(error instanceof S3Error) || error.cause !== undefined) {
      if (!signal.aborted) options.logger.error({ err: error, requestId }, 'a call of S3 failed');
    }
    const resource = served.request?.path ?? '/';
    reply = errorAnswer(error, { requestId, resource, method: incoming.method ?? 'GET' });
    served.problem = error instanceof S3Error ? error : new S3Error('InternalError');
  }
  try {
    await record(served, reply.status, options);
  } catch (error) {
    options.logger.error(
      { err: error, requestId },
      'an access could not be put on record, so it is not answered',
    );
    await letGo(reply);
    reply = errorAnswer(new S3Error('ServiceUnavailable'), {
      requestId,
      resource: '/',
      method: incoming.method ?? 'GET',
    });
  }
  await send(
    incoming,
    response,
    reply,
    { ...commonHeaders(requestId, options.parts.clock.now()), ...served.cors },
    signal,
  );
}

/** What becomes known of a request while it is served, for its record. */
interface Served {
  readonly requestId: string;
  address: string | undefined;
  request?: WireRequest;
  parsed?: ParsedCall;
  realm?: RealmId;
  holder?: KeyHolder;
  session?: Session;
  problem?: S3Error;
  cors?: Readonly<Record<string, string>>;
}

async function answer(
  incoming: IncomingMessage,
  signal: AbortSignal,
  served: Served,
  { parts, keys }: ServeOptions,
): Promise<Reply> {
  const request = readRequest(incoming.method ?? 'GET', incoming.url ?? '/', incoming.rawHeaders);
  served.request = request;
  const parsed = parseCall(request, endpointOf(parts.domain));
  served.parsed = parsed;
  const { organization } = parsed;
  if (organization !== undefined) served.realm = organizationRealm(organization);
  const incomingBytes = incomingBody(incoming);
  const authenticating = {
    lookup: (accessKey: string) => parts.answers.holder(accessKey),
    keys,
    now_ms: parts.clock.now(),
  };
  const form =
    parsed.call.call === 'PostObject'
      ? await openForm(incomingBytes, parsed.call, authenticating)
      : undefined;
  const call = form?.call ?? parsed.call;
  served.parsed = { ...parsed, call };
  if (call.call === 'Preflight') {
    const realm = served.realm ?? (await presignedRealm(request, parts));
    if (realm === undefined) return passedPreflight(call);
    served.realm = realm;
  }
  const who = form
    ? whoSignedForm(form)
    : call.call === 'Preflight'
      ? NOBODY
      : await authenticate(request, authenticating);
  if (who.signed) {
    if (served.realm !== undefined && who.holder.realm !== served.realm)
      throw new S3Error('InvalidAccessKeyId', 'the access key is another organization’s');
    served.holder = who.holder;
    served.realm = who.holder.realm;
    // It is the region itself that connects here for whoever comes through the API.
    served.address = who.holder.address ?? served.address;
  }
  const { realm } = served;
  if (realm === undefined)
    throw new S3Error(
      'AccessDenied',
      'the request is not signed; sign it with an access key of your organization',
    );
  const session = new Session({
    parts,
    realm,
    call,
    requestId: served.requestId,
    ...(served.address === undefined ? {} : { address: served.address }),
    ...(who.signed ? { by: { accessKey: who.accessKey, holder: who.holder } } : {}),
    ...('chain' in who ? { chain: who.chain } : {}),
    payload: who.payload,
    body: form?.body ?? incomingBytes,
    isAborted: signal,
  });
  served.session = session;
  if (
    'expectedOwner' in call &&
    call.expectedOwner !== undefined &&
    call.expectedOwner !== session.organization
  )
    throw new S3Error('AccessDenied', 'x-amz-expected-bucket-owner names another organization');
  const isHeld = organization === undefined && 'presigned' in who && !who.presigned;
  served.cors = await crossOriginHeaders(session, call, request, isHeld);
  const reply = await dispatch(session, call);
  return form ? formReply(session, form, reply) : reply;
}

/** The policy speaks for the fields alone: nothing does for the bytes of its file. */
function whoSignedForm({ who }: OpenForm<KeyHolder>) {
  const payload = { form: 'unsigned' } as const;
  return who ? { signed: true as const, ...who, payload } : { signed: false as const, payload };
}

/** Every access is on record, but of who is nobody of no realm: there is nowhere to record it. */
async function record(served: Served, code: number, { recorder }: ServeOptions): Promise<void> {
  const { realm, holder, parsed, session, problem, address, requestId } = served;
  if (realm === undefined || (holder === undefined && session === undefined)) return;
  const call = parsed?.call;
  const { verb, subresource = '' } = recordedOperation(call?.call);
  const details: Record<string, string> = { call: call?.call ?? '' };
  if (call && 'key' in call && call.key !== '') details.key = call.key.slice(0, DETAIL_MAX);
  if (call && 'versionId' in call && call.versionId !== undefined)
    details.version = call.versionId.slice(0, DETAIL_MAX);
  if (call && 'source' in call)
    details.source = `${call.source.bucket}/${call.source.key}`.slice(0, DETAIL_MAX);
  const entry: GateAccessRecord = {
    realm,
    actor: holder?.name ?? '',
    credential: holder?.credential ?? '',
    ...(address === undefined ? {} : { address }),
    verb,
    subresource,
    ...(session?.project === undefined ? {} : { project: session.project }),
    ...(call && 'bucket' in call && call.bucket !== '' ? { bucket: call.bucket } : {}),
    details,
    decision: decisionOf(holder, problem, code),
    ...(problem === undefined ? {} : { reason: `${problem.code}: ${problem.message}`.slice(0, DETAIL_MAX) }),
    code,
    requestId,
  };
  await recorder.record(entry);
}

function decisionOf(
  holder: KeyHolder | undefined,
  problem: S3Error | undefined,
  code: number,
): GateAccessRecord['decision'] {
  if (problem?.status === 403) return holder === undefined ? 'unauthenticated' : 'denied';
  return code >= 400 ? 'failed' : 'allowed';
}

async function send(
  incoming: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
  common: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return letGo(reply);
  const isRead = incoming.complete || incoming.readableEnded;
  const headers = { ...common, ...reply.headers, ...(isRead ? {} : { connection: 'close' }) };
  if ('bytes' in reply) {
    response.writeHead(reply.status, headers);
    try {
      await sendBytes(response, reply.bytes);
    } catch (error) {
      // The head is sent already: a connection that breaks off tells the client that bytes are missing.
      response.destroy();
      if (!signal.aborted) throw error;
    }
    return;
  }
  const { body = '' } = reply as Answer;
  const length =
    body === '' && reply.headers['content-length'] !== undefined
      ? {}
      : { 'content-length': String(Buffer.byteLength(body)) };
  response.writeHead(
    reply.status,
    reply.status === 304 || reply.status === 204 ? headers : { ...headers, ...length },
  );
  const bytes = incoming.method === 'HEAD' ? '' : body;
  if (isRead) {
    response.end(bytes);
    return;
  }
  // Who sends still hears the answer only while it is read: a connection that is closed over unread bytes is reset, and the answer is lost with it.
  if (bytes === '') response.flushHeaders();
  else response.write(bytes);
  await drained(incoming);
  response.end();
}

/** Resolves once it has come to its end, or is too much. */
function drained(incoming: IncomingMessage): Promise<void> {
  let left = UNWANTED_BYTES_MAX;
  return new Promise((resolve) => {
    incoming.on('data', (chunk: Uint8Array) => {
      left -= chunk.length;
      if (left < 0) incoming.destroy();
    });
    incoming.once('end', resolve).once('close', resolve);
    if (incoming.destroyed || incoming.readableEnded) resolve();
    // Whoever read some of it may have left it standing.
    incoming.resume();
  });
}
