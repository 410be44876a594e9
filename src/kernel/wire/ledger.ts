/**
 * A realm's logs over HTTP as C2SP tlog-tiles: `<prefix>/ledger/<changes|access>/{checkpoint,tile/…,key,checkpoints,cosigned,search,personal/…,bodies/…,body/…}`, for
 * those who may `get` the virtual resource `ledgers` of the core group, named after the log.
 */
import { notFound, StatusError } from '../errors.ts';
import type { LogName } from '../keys.ts';
import type { RequestRecord } from './access-recorder.ts';
import { jsonAnswer, textAnswer } from './answer.ts';
import { authorize } from './authorize.ts';
import { ledgerBodyAnswer } from './ledger-body.ts';
import { ledgerSearchAnswer } from './ledger-search.ts';
import type { Wire } from './options.ts';
import type { Answer, WireRequest } from './request.ts';

/** The virtual resource that permissions name. */
export const LEDGERS = { group: '', version: 'v1', plural: 'ledgers' } as const;

const FULL_TILE_CACHE = 'private, max-age=31536000, immutable';
/** What entries say of persons, 256 at once. */
const PERSONAL = /^personal\/(0|[1-9][0-9]{0,12})$/;
/** Of the changes log: digests of the bodies that are there, 256 leaves at once; and one body. */
const BODIES = /^(bodies|body)\/(0|[1-9][0-9]{0,12})$/;
const PARTIAL_TILE = /\.p\/\d+$/;

/** Answers a ledger request. Throws 403, 404, 405, or 503 in a region that keeps no ledger source. */
export async function ledgerAnswer(
  wire: Wire,
  request: WireRequest,
  log: string,
  path: string,
  record: RequestRecord,
): Promise<Answer> {
  await authorize(wire.authorizer, request.realm, request.actor, 'get', LEDGERS, { name: log });
  if (request.method !== 'GET') {
    throw new StatusError(
      'MethodNotAllowed',
      `${request.method} is not allowed on a ledger: it only grows by changes`,
    );
  }
  if (!isLogName(log)) throw notFound({ kind: LEDGERS.plural, name: log });
  const { ledger } = wire;
  if (ledger === undefined) throw new StatusError('ServiceUnavailable', 'this server does not serve ledgers');
  const { realm } = request;
  switch (path) {
    case 'checkpoint':
      return textAnswer(await ledger.checkpoint(realm, log));
    case 'key':
      return textAnswer(`${(await ledger.key(realm, log)).trimEnd()}\n`);
    case 'checkpoints':
      if (ledger.checkpoints === undefined) throw nothingAt(log, path);
      return jsonAnswer({ items: await ledger.checkpoints(realm, log) });
    case 'cosigned':
      if (ledger.cosigned === undefined) throw nothingAt(log, path);
      return jsonAnswer({ items: await ledger.cosigned(realm, log) });
    case 'search':
      return ledgerSearchAnswer(ledger, request, log);
    default: {
      const bundle = PERSONAL.exec(path)?.[1];
      if (bundle !== undefined && ledger.personal !== undefined) {
        return jsonAnswer(await ledger.personal(realm, log, Number(bundle)));
      }
      const [, what, index] = BODIES.exec(path) ?? [];
      if (what === 'body' && log === 'changes') {
        return ledgerBodyAnswer(wire, request, Number(index), record);
      }
      if (what === 'bodies' && log === 'changes' && ledger.bodies !== undefined) {
        return jsonAnswer(await ledger.bodies(realm, Number(index)));
      }
      const tile = await ledger.tile(realm, log, path);
      if (tile === undefined) throw nothingAt(log, path);
      return {
        type: 'bytes',
        code: 200,
        contentType: 'application/octet-stream',
        body: Buffer.from(tile.buffer, tile.byteOffset, tile.byteLength),
        // A full tile never changes; a partial one is soon replaced.
        headers: PARTIAL_TILE.test(path) ? {} : { 'Cache-Control': FULL_TILE_CACHE },
      };
    }
  }
}

const nothingAt = (log: LogName, path: string) =>
  notFound({ kind: 'ledger resource', name: `${log}/${path}` });

function isLogName(log: string): log is LogName {
  return log === 'changes' || log === 'access';
}
