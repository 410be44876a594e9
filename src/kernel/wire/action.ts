/**
 * Actions: a POST to a subresource that asks an object to do something. Checked by the subresource's own schema, and on record before it
 * happens, with what the kind declares to be recorded of the request.
 */
import type { ActionConnector, ConnectRequest } from '../connect.ts';
import { invalid } from '../errors.ts';
import { type ActionDefinition, RECORDED_LENGTH_MAX } from '../kind.ts';
import { withDefaults } from '../schema/defaults.ts';
import { isRecord } from '../schema/field-path.ts';
import { checker } from '../schema/kind-schema.ts';
import { keywordsOf } from '../schema/schema-form.ts';
import { prune } from '../schema/unknown-fields.ts';
import { type RequestRecord, recordAllowed } from './access-recorder.ts';
import { jsonAnswer } from './answer.ts';
import { parseObjectBody } from './body.ts';
import type { Wire } from './options.ts';
import type { Answer, WireRequest } from './request.ts';
import type { ConnectTarget } from './resource-request.ts';

type Body = Readonly<Record<string, unknown>>;
type Reader = (
  value: Record<string, unknown>,
  resource: { readonly kind: string; readonly name: string },
) => Body;

const readers = new WeakMap<ActionDefinition, Reader>();

/** Reads a request as the schema says: defaults filled in. Throws 422 with a cause for each field that is wrong or unknown. */
function readerOf(action: ActionDefinition): Reader {
  const known = readers.get(action);
  if (known) return known;
  const keywords = keywordsOf(action.request);
  // Actions carry plaintexts and keys: what is wrong is said without the value.
  const check = checker(action.request, '', { showValues: false });
  const reader: Reader = (value, resource) => {
    const { unknown } = prune(keywords, value, '');
    const body = withDefaults(keywords, value);
    const causes = [
      ...unknown.map(({ path }) => ({
        reason: 'FieldValueForbidden' as const,
        field: path,
        message: 'unknown field; see the OpenAPI document for those there are',
      })),
      ...check(body),
    ];
    if (causes.length > 0 || !isRecord(body)) throw invalid(resource, causes);
    return body;
  };
  readers.set(action, reader);
  return reader;
}

/** What of a request goes on record; undefined when nothing does. */
function detailsOf(action: ActionDefinition, body: Body): Readonly<Record<string, string>> | undefined {
  const names = (action.recorded ?? []).filter((name) => body[name] !== undefined);
  if (names.length === 0) return undefined;
  return Object.fromEntries(names.map((name) => [name, String(body[name]).slice(0, RECORDED_LENGTH_MAX)]));
}

/** Answers a POST to an action. Throws 400, 413, 415, 422, and what the connector throws. */
export async function actionAnswer(
  wire: Wire,
  request: WireRequest,
  record: RequestRecord,
  action: ActionDefinition,
  { connector, object }: ConnectTarget & { readonly connector: ActionConnector },
): Promise<Answer> {
  const bytes = await request.body();
  const sent = bytes.length === 0 ? {} : parseObjectBody(bytes, request.contentType);
  const body = readerOf(action)(sent, { kind: object.kind, name: object.metadata.name });
  const details = detailsOf(action, body);
  if (details) record.details = details;
  await recordAllowed(wire.accessLog, record, 200);
  const { realm, actor, query, signal, id } = request;
  const connect: ConnectRequest = { realm, actor, object, query, signal };
  return jsonAnswer(await connector.call({ ...connect, body, requestId: id }));
}
