/**
 * Actions: a POST to a subresource that asks an object to do something. Checked by the subresource's own schema, and on record before it
 * happens, with what the kind declares to be recorded of the request.
 */
import type { ActionConnector, ConnectRequest } from '../connect.ts';
import { type ActionDefinition, RECORDED_LENGTH_MAX } from '../kind.ts';
import { type RequestRecord, recordAllowed } from './access-recorder.ts';
import { jsonAnswer } from './answer.ts';
import { parseObjectBody } from './body.ts';
import type { Wire } from './options.ts';
import type { Answer, WireRequest } from './request.ts';
import type { ConnectTarget } from './resource-request.ts';
import { type Fields, readBySchema } from './schema-reader.ts';

/** What of a request goes on record; undefined when nothing does. */
function detailsOf(action: ActionDefinition, body: Fields): Readonly<Record<string, string>> | undefined {
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
  const subject = { kind: object.kind, name: object.metadata.name };
  const body = readBySchema(action.request, '', sent, subject);
  const details = detailsOf(action, body);
  if (details) record.details = details;
  await recordAllowed(wire.accessLog, record, 200);
  const { realm, actor, query, signal, id } = request;
  const connect: ConnectRequest = { realm, actor, object, query, signal };
  return jsonAnswer(await connector.call({ ...connect, body, requestId: id }));
}
