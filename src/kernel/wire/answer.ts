/**
 * Makes answers: objects, Status, errors. JSON by default, YAML when asked.
 */
import { stringify as stringifyYaml } from 'yaml';
import { type Status, StatusError } from '../errors.ts';
import type { Entry } from '../realm.ts';
import type { ServedResource } from './catalogue.ts';
import { WARNING_LENGTH_MAX, WARNINGS_MAX } from './limits.ts';
import { JSON_TYPE, negotiate, type Representation, type Shape, YAML_TYPE } from './media-type.ts';
import { parseBoolean } from './query.ts';
import type { Answer, WireRequest } from './request.ts';
import { parseIncludeObject, partialMetadata, tableOf } from './table.ts';

type Headers = Readonly<Record<string, string | readonly string[]>>;

/** JSON without negotiation. */
export function jsonAnswer(value: unknown, code = 200, headers?: Headers): Answer {
  const body = Buffer.from(JSON.stringify(value));
  return { type: 'bytes', code, contentType: JSON_TYPE, body, ...(headers ? { headers } : {}) };
}

export function textAnswer(text: string, code = 200, contentType = 'text/plain; charset=utf-8'): Answer {
  return { type: 'bytes', code, contentType, body: Buffer.from(text) };
}

/** A value in the encoding that was negotiated. */
export function encodeAnswer(
  request: WireRequest,
  representation: Representation,
  value: unknown,
  code = 200,
  headers?: Headers,
): Answer {
  if (representation.encoding === 'yaml') {
    const body = Buffer.from(stringifyYaml(value));
    return { type: 'bytes', code, contentType: YAML_TYPE, body, ...(headers ? { headers } : {}) };
  }
  const indent = parseBoolean(request.query, 'pretty') ? 2 : undefined;
  const body = Buffer.from(JSON.stringify(value, null, indent));
  return { type: 'bytes', code, contentType: JSON_TYPE, body, ...(headers ? { headers } : {}) };
}

export const OBJECT_SHAPES: readonly Shape[] = ['Table', 'PartialObjectMetadata'];

/** One stored object as the client wants to see it. */
export function entryAnswer(
  request: WireRequest,
  resource: ServedResource,
  stored: Entry,
  now_ms: number,
  code = 200,
): Answer {
  const representation = negotiate(request.accept, OBJECT_SHAPES);
  const entry = resource.present(stored);
  const plain = representation.encoding === 'json' && !parseBoolean(request.query, 'pretty');
  if (representation.shape === 'Object') {
    if (plain) return { type: 'bytes', code, contentType: JSON_TYPE, body: entry.bytes };
    return encodeAnswer(request, representation, entry.object(), code);
  }
  const value =
    representation.shape === 'Table'
      ? tableOf(
          resource.kind,
          [entry],
          { resourceVersion: String(entry.revision) },
          { version: representation.version, includeObject: parseIncludeObject(request.query), now_ms },
        )
      : partialMetadata(entry.object(), representation.version);
  return encodeAnswer(request, representation, value, code);
}

/** `Warning` header fields (RFC 9111 in the form Kubernetes clients print). */
export function warningHeaders(warnings: readonly string[]): Headers | undefined {
  if (warnings.length === 0) return undefined;
  const quoted = warnings.slice(0, WARNINGS_MAX).map((warning) => {
    const text = warning
      .slice(0, WARNING_LENGTH_MAX)
      .replace(/[^\x20-\x7e]/g, '?')
      .replace(/(["\\])/g, '\\$1');
    return `299 - "${text}"`;
  });
  return { Warning: quoted };
}

export function statusAnswer(status: Status): Answer {
  const retryAfter = status.details?.retryAfterSeconds;
  return jsonAnswer(
    status,
    status.code,
    retryAfter === undefined ? undefined : { 'Retry-After': String(retryAfter) },
  );
}

/** Any error as a Status. Faults of ours say nothing but the request's id. */
export function errorStatus(error: unknown, requestId: string): Status {
  if (error instanceof StatusError) return error.toStatus();
  return new StatusError(
    'InternalError',
    `the region failed to answer; its operator finds the cause in the log under request ${requestId}`,
  ).toStatus();
}
