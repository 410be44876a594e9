/**
 * The body that a leaf of the `changes` log recorded, as it was stored: for those who may `get` the object itself, besides the ledger. Bodies of
 * secret kinds are given to nobody: they are sealed for the region alone, and reading a secret is on record where it is read.
 */
import { expired, forbidden, notFound } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { bodyJson } from '../log/body.ts';
import type { KubeObject } from '../object.ts';
import { realmType } from '../realm-id.ts';
import { isServed } from '../registry.ts';
import type { RecordedBody } from '../store/realm-logs.ts';
import { type RequestRecord, recordAllowed } from './access-recorder.ts';
import { authorize } from './authorize.ts';
import type { Wire } from './options.ts';
import type { Answer, WireRequest } from './request.ts';

const WHY_GONE = {
  dropped: 'was dropped by retention',
  erased: 'was erased; a later leaf says by whom and why',
} as const;

/** What was erased of the leaf may still stand in the body. */
function nameIn(kind: Kind, body: RecordedBody['body']): string {
  if (typeof body === 'string' || kind.secret) return '';
  const object: KubeObject = JSON.parse(Buffer.from(bodyJson(body)).toString('utf8'));
  return object.metadata.name;
}

/** Throws 403 when the body is not for the reader, 404 when the leaf is of no object, 410 when the body is gone. */
export async function ledgerBodyAnswer(
  wire: Wire,
  { realm, actor }: WireRequest,
  index: number,
  record: RequestRecord,
): Promise<Answer> {
  const { change, body } = (await wire.ledger?.body?.(realm, index)) ?? {};
  const kind = change && wire.registry.resource(change.resource);
  if (!change || !body || !kind || !isServed(kind, realmType(realm))) {
    throw notFound({ kind: 'body', name: String(index) });
  }
  const { namespace } = change;
  const name = change.name || nameIn(kind, body);
  // On record, and refused, as the object that it is of.
  record.resource = kind.resource;
  record.name = name;
  if (namespace !== undefined) record.namespace = namespace;
  await authorize(wire.authorizer, realm, actor, 'get', kind, {
    name,
    ...(namespace === undefined ? {} : { namespace }),
  });
  if (kind.secret) {
    const subject = { ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.plural, name };
    throw forbidden(subject, `the body of leaf ${index} is sealed, as those of all ${kind.plural} are`);
  }
  if (typeof body === 'string') throw expired(`the body of leaf ${index} ${WHY_GONE[body]}`);
  if (actor.onRecord === true) await recordAllowed(wire.accessLog, record, 200);
  return {
    type: 'bytes',
    code: 200,
    contentType: 'application/octet-stream',
    body: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
  };
}
