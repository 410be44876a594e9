/**
 * `/uploads/<name>`: the bytes of a bundle for a BundleImport that was made with `spec.upload`, so that nobody needs to be on the region's machine to bring one.
 * GET says how many came; `PUT …?offset=N` adds what its body brings, `&last=true` ends it. Whoever may make imports may do both; its beginning and its end are on record.
 */
import type { AccessLog, Actor, Authenticator, Authorizer } from '#kernel/access.ts';
import { fromAddress } from '#kernel/client-address.ts';
import { badRequest, conflict, notFound, StatusError, unavailable } from '#kernel/errors.ts';
import type { Realms } from '#kernel/realm.ts';
import { REGION } from '#kernel/realm-id.ts';
import type { RealmRoute, RouteRequest } from '#kernel/route.ts';
import { type RequestRecord, recordAllowed, recordFailure } from '#kernel/wire/access-recorder.ts';
import { addressed, authenticate, credentialsOf, presented } from '#kernel/wire/authenticate.ts';
import { authorize } from '#kernel/wire/authorize.ts';
import { BundleImport, type BundleImportObject } from './import-kind.ts';
import { NoSpaceError } from './receive.ts';
import { type Arrived, OffsetError, type Uploads } from './uploads.ts';

export const UPLOADS_SEGMENT = 'uploads';
/** Requests that bring bytes at the same time: each takes a little memory, and the disk is one. */
const AT_ONCE_MAX = 4;
const RETRY_S = 1;

export interface UploadRouteOptions {
  readonly uploads: Uploads;
  /** None is called before all services are made. */
  readonly realms: () => Realms;
  readonly authenticator: () => Authenticator;
  readonly authorizer: () => Authorizer;
  readonly accessLog: () => AccessLog;
}

export function uploadRoute(options: UploadRouteOptions): RealmRoute {
  let running = 0;
  return {
    segment: UPLOADS_SEGMENT,
    realms: ['region'],
    async handle(request) {
      const record: RequestRecord = {
        requestId: request.requestId,
        realm: REGION,
        actor: 'anonymous',
        credential: 'none',
        verb: 'create',
        resource: `${BundleImport.resource}/${UPLOADS_SEGMENT}`,
      };
      try {
        const { name, actor } = await whoAsks(request, record, options);
        const method = request.incoming.method ?? 'GET';
        if (method === 'GET') return answer(request, await look(name, options));
        if (method !== 'PUT')
          throw new StatusError('MethodNotAllowed', `${method} is nothing that an upload does`);
        if (running >= AT_ONCE_MAX) throw unavailable(`${AT_ONCE_MAX} uploads run already`, RETRY_S);
        running += 1;
        try {
          answer(request, await put(name, actor, request, record, options));
        } finally {
          running -= 1;
        }
      } catch (error) {
        if (error instanceof StatusError) {
          const { code, reason } = error.toStatus();
          recordFailure(options.accessLog(), record, code ?? 500, reason ?? 'InternalError');
        }
        throw error;
      }
    },
  };
}

async function whoAsks(
  { incoming, path }: RouteRequest,
  record: RequestRecord,
  { realms, authenticator, authorizer }: UploadRouteOptions,
): Promise<{ readonly name: string; readonly actor: Actor }> {
  const credentials = credentialsOf(incoming.socket, incoming.headers);
  record.credential = presented(credentials);
  Object.assign(record, fromAddress(incoming.socket));
  await realms().fresh(REGION);
  const actor = addressed(await authenticate(authenticator(), REGION, credentials), incoming.socket);
  record.actor = actor.name;
  record.credential = actor.credential;
  const [, name] = /^\/([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)$/.exec(path) ?? [];
  if (name === undefined) throw badRequest(`the path is /${UPLOADS_SEGMENT}/<name of a BundleImport>`);
  record.name = name;
  await authorize(authorizer(), REGION, actor, 'create', BundleImport, { name });
  return { name, actor };
}

async function importOf(name: string, { realms }: UploadRouteOptions): Promise<BundleImportObject> {
  const found = await realms().use(REGION, async ({ view }) => view.get(BundleImport, { name }));
  if (found?.spec.upload === true) return found;
  throw notFound({ group: BundleImport.group, kind: BundleImport.plural, name });
}

async function look(name: string, options: UploadRouteOptions): Promise<Arrived> {
  const { metadata, status } = await importOf(name, options);
  if (status?.upload !== undefined) return { bytes: status.upload.bytes, complete: true };
  return options.uploads.arrived(metadata.uid);
}

async function put(
  name: string,
  actor: Actor,
  request: RouteRequest,
  record: RequestRecord,
  options: UploadRouteOptions,
): Promise<Arrived> {
  const current = await importOf(name, options);
  const subject = { group: BundleImport.group, kind: BundleImport.plural, name };
  const query = new URL(request.incoming.url ?? '/', 'https://region').searchParams;
  const offset = Number(query.get('offset') ?? Number.NaN);
  const isLast = query.get('last') === 'true';
  if (!Number.isSafeInteger(offset) || offset < 0)
    throw badRequest('offset: how many bytes came before, such as offset=0');
  if (current.status?.upload !== undefined) throw conflict(subject, 'all of it has come');
  const log = options.accessLog();
  if (offset === 0 || isLast)
    await recordAllowed(log, { ...record, details: { offset: `${offset}`, last: `${isLast}` } }, 200);
  let arrived: Arrived;
  try {
    arrived = await options.uploads.add(current.metadata.uid, offset, request.incoming, isLast);
  } catch (error) {
    if (error instanceof OffsetError) throw conflict(subject, error.message);
    if (error instanceof NoSpaceError) throw unavailable(error.message, 60);
    if (error instanceof RangeError) throw new StatusError('RequestEntityTooLarge', error.message);
    // The body broke off; what came is kept.
    throw badRequest('the body broke off; what came is kept');
  }
  if (isLast) await end(current, arrived, actor, request.requestId, options);
  return arrived;
}

/** From now on the region reads it. */
async function end(
  { metadata }: BundleImportObject,
  { bytes }: Arrived,
  actor: Actor,
  requestId: string,
  { realms }: UploadRouteOptions,
): Promise<void> {
  await realms().use(REGION, ({ resources }) =>
    resources.modify(
      BundleImport,
      { name: metadata.name },
      { actor, via: UPLOADS_SEGMENT, requestId },
      (current) =>
        current.metadata.uid !== metadata.uid || current.status === undefined
          ? current
          : { ...current, status: { ...current.status, upload: { bytes } } },
      { subresource: 'status' },
    ),
  );
}

function answer({ response }: RouteRequest, arrived: Arrived): void {
  const body = Buffer.from(JSON.stringify(arrived));
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
  response.end(body);
}
