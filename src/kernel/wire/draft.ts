/**
 * Checks that what a client sent is the object that its path names, before anything else looks at it. Pure.
 */
import { badRequest, type StatusCause } from '../errors.ts';
import type { Kind } from '../kind.ts';
import type { DraftObject } from '../object.ts';
import { isObject } from './json-value.ts';

function mismatch(field: string, message: string, reason: StatusCause['reason'] = 'FieldValueInvalid') {
  return badRequest(`${field}: ${message}`, [{ reason, field, message }]);
}

/**
 * A body as a draft of that kind. Fills in apiVersion, kind and metadata.namespace where absent; throws 400 where they, or
 * `name` when given, say something else than the path.
 */
export function draftOf(
  kind: Kind,
  body: Record<string, unknown>,
  namespace: string | undefined,
  name?: string,
): DraftObject {
  if (body.apiVersion !== undefined && body.apiVersion !== kind.apiVersion) {
    throw mismatch(
      'apiVersion',
      `is ${JSON.stringify(body.apiVersion)}, but the path is of ${kind.apiVersion}`,
    );
  }
  if (body.kind !== undefined && body.kind !== kind.kind) {
    throw mismatch('kind', `is ${JSON.stringify(body.kind)}, but the path is of ${kind.kind}`);
  }
  const metadata = body.metadata ?? {};
  if (!isObject(metadata)) throw mismatch('metadata', 'must be an object', 'FieldValueTypeInvalid');
  const given = metadata.namespace === '' ? undefined : metadata.namespace;
  if (given !== undefined && typeof given !== 'string') {
    throw mismatch('metadata.namespace', 'must be a string', 'FieldValueTypeInvalid');
  }
  if (namespace === undefined && given !== undefined) {
    throw mismatch('metadata.namespace', `${kind.kind} belongs to the realm, not to a project; leave it out`);
  }
  if (given !== undefined && given !== namespace) {
    throw mismatch('metadata.namespace', `is "${given}", but the path is of the project "${namespace}"`);
  }
  const { namespace: _namespace, ...rest } = metadata;
  if (name !== undefined && metadata.name !== undefined && metadata.name !== name) {
    throw mismatch('metadata.name', `is ${JSON.stringify(metadata.name)}, but the path is of "${name}"`);
  }
  return {
    ...body,
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    metadata: {
      ...rest,
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
    },
  };
}
