/**
 * The way of every request: path → realm → authentication → route → authorization → body → operation → answer. Whatever is
 * refused on the way is a Status, and on record.
 */
import type { IncomingMessage } from 'node:http';
import { fromAddress } from '../client-address.ts';
import { isStatusError, type Status, StatusError } from '../errors.ts';
import { type RequestRecord, recordAllowed, recordFailure } from './access-recorder.ts';
import { addressed, authenticate, credentialsOf, presented, refuseImpersonation } from './authenticate.ts';
import { readBody } from './body.ts';
import { documentAnswer, healthAnswer } from './documents.ts';
import { LEDGERS, ledgerAnswer } from './ledger.ts';
import { URL_LENGTH_MAX } from './limits.ts';
import type { Wire } from './options.ts';
import { type ParsedPath, parsePath, type Target } from './path.ts';
import type { Answer, WireRequest } from './request.ts';
import { resourceAnswer } from './resource-request.ts';
import { routeAnswer, routeOf } from './routes.ts';

export function newRecord(requestId: string): RequestRecord {
  return { requestId, realm: undefined, actor: 'anonymous', credential: 'none', verb: '', resource: '' };
}

/** Records a refusal, and logs what is a fault of ours. */
export function reportFailure(wire: Wire, record: RequestRecord, status: Status, error: unknown): void {
  // Who asks too often must not fill the log by it.
  if (status.code === 429) return;
  if (status.code !== 401 || wire.strangers.admit(record.requestId)) {
    recordFailure(wire.accessLog, record, status.code, status.reason ?? 'InternalError');
  }
  if (!isStatusError(error))
    wire.logger.error({ err: error, requestId: record.requestId }, 'a request failed');
}

function splitUrl(url: string): { readonly path: ParsedPath | undefined; readonly query: URLSearchParams } {
  if (url.length > URL_LENGTH_MAX) {
    throw new StatusError('BadRequest', `the URL is longer than ${URL_LENGTH_MAX} characters`);
  }
  const mark = url.indexOf('?');
  const pathname = mark < 0 ? url : url.slice(0, mark);
  return { path: parsePath(pathname), query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)) };
}

export interface Identified {
  readonly request: WireRequest;
  readonly prefix: string;
  readonly target: Target;
}

/** Finds the realm and who asks. Throws 401; a path that can name nothing is a 401 too, so that it tells no more than others. */
export async function identify(
  wire: Wire,
  incoming: IncomingMessage,
  id: string,
  record: RequestRecord,
  signal: AbortSignal,
  parsed = splitUrl(incoming.url ?? '/'),
): Promise<Identified> {
  const method = incoming.method ?? 'GET';
  // A path that names nothing is the region's to refuse, after it knows who asks.
  const { realm, prefix, target }: ParsedPath = parsed.path ?? {
    realm: '/',
    prefix: '',
    target: { type: 'unknown' },
  };
  record.realm = realm;
  record.verb = method.toLowerCase();
  record.resource = target.type === 'resource' ? target.plural : target.type;
  const credentials = credentialsOf(incoming.socket, incoming.headers);
  record.credential = presented(credentials);
  Object.assign(record, fromAddress(incoming.socket));
  // Who may do what, and what there is, are read after this: so both are as of now, whichever process changed them.
  await wire.realms.fresh(realm);
  const actor = addressed(await authenticate(wire.authenticator, realm, credentials), incoming.socket);
  await wire.rates.admit(actor);
  record.actor = actor.name;
  record.credential = actor.credential;
  refuseImpersonation(incoming);
  const request: WireRequest = {
    id,
    realm,
    actor,
    method,
    query: parsed.query,
    accept: incoming.headers.accept,
    contentType: incoming.headers['content-type'],
    userAgent: incoming.headers['user-agent'],
    body: () => readBody(incoming),
    recheck: async () =>
      addressed(
        await authenticate(wire.authenticator, realm, { ...credentials, isOpen: true }),
        incoming.socket,
      ),
    signal,
  };
  return { request, prefix, target };
}

/** Answers a request. Throws what `reportFailure` and `statusAnswer` then make of it. */
export async function answerRequest(
  wire: Wire,
  incoming: IncomingMessage,
  id: string,
  record: RequestRecord,
  signal: AbortSignal,
): Promise<Answer> {
  const parsed = splitUrl(incoming.url ?? '/');
  const probe = parsed.path?.target;
  if (probe?.type === 'health' && incoming.method === 'GET') return healthAnswer(wire, probe.probe);
  await wire.shares.enter(parsed.path?.realm ?? '/', incoming.method ?? 'GET');
  const route = await routeOf(wire, parsed.path);
  if (route !== undefined && parsed.path !== undefined) {
    const { realm, prefix } = parsed.path;
    const [pathname = ''] = (incoming.url ?? '/').split('?', 1);
    const path = pathname.slice(prefix.length + route.segment.length + 1);
    return routeAnswer(wire, route, { realm, prefix, path, requestId: id, incoming, signal });
  }
  const { request, prefix, target } = await identify(wire, incoming, id, record, signal, parsed);
  const release = wire.requests.take(`${request.realm} ${request.actor.name}`);
  try {
    switch (target.type) {
      case 'resource':
        return await resourceAnswer(wire, request, target, record);
      case 'ledger':
        record.verb = 'get';
        record.resource = LEDGERS.plural;
        record.name = target.log;
        return await ledgerAnswer(wire, request, target.log, target.path, record);
      default:
        if (request.actor.onRecord === true) await recordAllowed(wire.accessLog, record, 200);
        return await documentAnswer(wire, request, prefix, target);
    }
  } finally {
    release();
  }
}
