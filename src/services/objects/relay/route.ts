/**
 * `/orgs/<org>/objects/<bucket>/<key>`: objects for whoever has a token of the API and no access key, such as a page of the console, at the API's own address. A request is
 * taken as S3 has it, signed with a key that is made for it alone, and handed to what serves objects; that one decides and puts on record, with the person's name and address.
 * A name that a browser would take for a way through folders (`../a`) comes as `x-key=`, in place of the path.
 * `x-link=1` of an object answers with a link to it, for a browser that is to store it; the link holds for some minutes and needs no token.
 *
 * What comes back is other people's bytes at the console's own origin: a browser is told to store them, never to show or to run them.
 */

import type { IncomingMessage } from 'node:http';
import { Agent, request as askHttps } from 'node:https';
import { finished } from 'node:stream/promises';
import type { AccessLog, Actor, Authenticator } from '#kernel/access.ts';
import { fromAddress } from '#kernel/client-address.ts';
import type { Clock } from '#kernel/clock.ts';
import { badRequest, forbidden, StatusError, unavailable } from '#kernel/errors.ts';
import type { Realms } from '#kernel/realm.ts';
import type { RealmRoute, RouteRequest } from '#kernel/route.ts';
import { type RequestRecord, recordFailure } from '#kernel/wire/access-recorder.ts';
import { addressed, authenticate, credentialsOf, presented } from '#kernel/wire/authenticate.ts';
import { Bucket } from '../bucket/bucket.ts';
import { percentEncodePath } from '../s3/uri.ts';
import { answerBytes, answerDocument, answerJson, wantsJson } from './answer.ts';
import type { RelayedKeys } from './relayed-key.ts';
import { signedHeaders, signedTarget } from './sign.ts';

export const OBJECTS_SEGMENT = 'objects';
/** Requests on their way at once: what many people store and fetch goes through the S3 endpoint itself. */
const AT_ONCE_MAX = 64;
const RETRY_S = 1;
/** A key is used at once; what it began goes on. */
const KEY_MS = 60_000;
const LINK_S = 300;
const LINK = 'x-link';
const KEY = 'x-key';
const SIGNATURE = 'X-Amz-Signature';
const PATH = /^\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?<key>\/.+)?\/?$/s;

/** Handed on; of S3's own, all but what signs. */
const TAKEN: ReadonlySet<string> = new Set([
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-md5',
  'content-type',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-unmodified-since',
  'range',
]);
const OWN: ReadonlySet<string> = new Set(['x-amz-content-sha256', 'x-amz-date', 'x-amz-security-token']);
export interface RelayOptions {
  readonly keys: RelayedKeys;
  /** The region's own, `https://host:port`, and PEM of who signed its certificate. */
  readonly endpoint: string;
  readonly certificateAuthority: () => Promise<string>;
  readonly realms: () => Pick<Realms, 'fresh'>;
  readonly authenticator: () => Authenticator;
  readonly accessLog: () => AccessLog;
  readonly clock: Pick<Clock, 'now'>;
}

export function relayRoute(options: RelayOptions): RealmRoute {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE_MAX });
  let running = 0;
  return {
    segment: OBJECTS_SEGMENT,
    realms: ['organization'],
    async handle(request) {
      if (running >= AT_ONCE_MAX)
        throw unavailable(`${AT_ONCE_MAX} others fetch or store objects at this moment`, RETRY_S);
      running += 1;
      try {
        await relay(request, agent, options);
      } finally {
        running -= 1;
      }
    },
  };
}

async function relay(request: RouteRequest, agent: Agent, options: RelayOptions): Promise<void> {
  const { incoming } = request;
  const method = incoming.method ?? 'GET';
  const [, asked = ''] = /\?(.*)$/s.exec(incoming.url ?? '') ?? [];
  const named = new URLSearchParams(asked).get(KEY);
  const path =
    named === null ? request.path : `${request.path.replace(/\/$/, '')}/${percentEncodePath(named)}`;
  const query = named === null ? asked : without(asked, KEY);
  const key = PATH.exec(path)?.groups?.key;
  if (!PATH.test(path) || (named !== null && PATH.exec(request.path)?.groups?.key !== undefined))
    throw badRequest(
      `the path is /${OBJECTS_SEGMENT}/<bucket>/<key>, or /${OBJECTS_SEGMENT}/<bucket>?${KEY}=<key>`,
    );
  const parameters = new URLSearchParams(query);
  const target = targetOf(path, query);
  const { host } = new URL(options.endpoint);
  if (parameters.has(SIGNATURE)) {
    // What serves objects finds out whether the signature is ours.
    if (method !== 'GET' || key === undefined) throw forbidden({ kind: 'link' }, 'a link opens one object');
    return send(request, agent, options, { target, headers: { ...partOf(incoming), host }, isLink: true });
  }
  const actor = await whoAsks(request, options);
  if (key === undefined && method !== 'GET')
    throw new StatusError(
      'MethodNotAllowed',
      'what is set on a bucket is the spec of the Bucket: change that',
    );
  const time_ms = options.clock.now();
  if (parameters.has(LINK)) {
    const signing = { method: 'GET', target: targetOf(path, without(query, LINK)), host, time_ms };
    const made = await options.keys.make(actor, time_ms, LINK_S * 1_000);
    const signed = signedTarget(signing, LINK_S, made);
    const link =
      named === null
        ? signed
        : `${request.path}?${KEY}=${encodeURIComponent(named)}&${signed.slice(signed.indexOf('?') + 1)}`;
    return answerJson(request, 200, { url: `${request.prefix}/${OBJECTS_SEGMENT}${link}` }, {});
  }
  const made = await options.keys.make(actor, time_ms, KEY_MS);
  const headers = signedHeaders({ method, target, host, time_ms }, takenOf(incoming), made);
  return send(request, agent, options, { target, headers, isLink: false });
}

async function whoAsks(
  { incoming, realm, requestId }: RouteRequest,
  { realms, authenticator, accessLog }: RelayOptions,
): Promise<Actor> {
  // Nothing that a browser adds by itself, as it would a certificate to another site's request.
  const { bearerToken } = credentialsOf(incoming.socket, incoming.headers);
  const credentials = bearerToken === undefined ? {} : { bearerToken };
  const record: RequestRecord = {
    requestId,
    realm,
    actor: 'anonymous',
    credential: presented(credentials),
    ...fromAddress(incoming.socket),
    verb: incoming.method === 'GET' || incoming.method === 'HEAD' ? 'get' : 'update',
    resource: `${Bucket.resource}/objects`,
  };
  try {
    await realms().fresh(realm);
    return addressed(await authenticate(authenticator(), realm, credentials), incoming.socket);
  } catch (error) {
    if (error instanceof StatusError) recordFailure(accessLog(), record, error.code, error.reason);
    throw error;
  }
}

const targetOf = (path: string, query: string): string => (query === '' ? path : `${path}?${query}`);

function without(query: string, name: string): string {
  const rest = new URLSearchParams(query);
  rest.delete(name);
  return rest.toString().replaceAll('+', '%20');
}

function takenOf({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  const taken = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === 'string' && !OWN.has(name) && (TAKEN.has(name) || name.startsWith('x-amz-'))
      ? [[name, value]]
      : [],
  );
  return Object.fromEntries(taken);
}

/** What a browser adds that goes on with a download. */
function partOf({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  const { range, 'if-match': match } = headers;
  return { ...(range !== undefined && { range }), ...(match !== undefined && { 'if-match': match }) };
}

interface Sending {
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly isLink: boolean;
}

async function send(
  request: RouteRequest,
  agent: Agent,
  { endpoint, certificateAuthority }: RelayOptions,
  { target, headers, isLink }: Sending,
): Promise<void> {
  const { incoming, signal } = request;
  const { hostname, port } = new URL(endpoint);
  const asked = askHttps({
    method: incoming.method ?? 'GET',
    host: hostname.replace(/^\[|\]$/g, ''),
    port,
    path: target,
    headers,
    agent,
    ca: await certificateAuthority(),
    signal,
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    asked.once('response', resolve);
    asked.on('error', (error) =>
      reject(unavailable(`objects are not served at the moment: ${error.message}`, RETRY_S)),
    );
  });
  incoming.pipe(asked);
  const answer = await answered;
  if (wantsJson(request, answer)) await answerDocument(request, answer);
  else await answerBytes(request, answer, isLink);
  if (incoming.complete) return;
  // An answer before the body's end, such as a refusal, is the answer. What is left of the body is read, or the browser's next request on this connection waits behind it for ever.
  incoming.unpipe(asked);
  asked.destroy();
  incoming.resume();
  await finished(incoming).catch(() => undefined);
}
