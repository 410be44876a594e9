/** Reads objects from the server: one, all of a type in portions, or changes as they come. */
import type { ApiClient, Query } from './client.ts';
import { collectionPath, objectPath, type ResourceType } from './discovery.ts';
import { ApiError, CliError, isNotFound } from './errors.ts';
import type { AnyObject, ObjectList } from './objects.ts';
import { suggestions } from './suggest.ts';
import type { Table } from './table.ts';

const PORTION = 500;
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

export interface Selection {
  readonly labels?: string;
  readonly fields?: string;
}

const selectors = (selection: Selection): Query => ({
  labelSelector: selection.labels,
  fieldSelector: selection.fields,
});

async function* portions<T extends { readonly metadata?: { readonly continue?: string } }>(
  client: ApiClient,
  path: string,
  query: Query,
  accept: string,
): AsyncGenerator<T> {
  let token: string | undefined;
  do {
    const portion = await client.json<T>({
      path,
      query: { ...query, limit: PORTION, continue: token },
      accept,
    });
    yield portion;
    token = portion.metadata?.continue || undefined;
  } while (token !== undefined);
}

/** All objects of a type, and the revision they were read at. Lists leave out what each item is; it is filled in. */
export async function listObjects(
  client: ApiClient,
  type: ResourceType,
  project: string | undefined,
  selection: Selection = {},
) {
  const items: AnyObject[] = [];
  let resourceVersion = '';
  const path = collectionPath(type, project);
  for await (const portion of portions<ObjectList>(client, path, selectors(selection), 'application/json')) {
    resourceVersion = portion.metadata?.resourceVersion ?? '';
    const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`;
    items.push(...portion.items.map((item) => ({ ...item, apiVersion, kind: type.kind })));
  }
  return { items, resourceVersion };
}

/** All objects of a type as the server's table. */
export async function listTable(
  client: ApiClient,
  type: ResourceType,
  project: string | undefined,
  selection: Selection = {},
): Promise<Table> {
  let whole: Table | undefined;
  for await (const portion of portions<Table>(
    client,
    collectionPath(type, project),
    selectors(selection),
    TABLE,
  )) {
    // Only the first portion says what the columns are.
    whole = whole
      ? { ...portion, columnDefinitions: whole.columnDefinitions, rows: [...whole.rows, ...portion.rows] }
      : portion;
  }
  return whole ?? { kind: 'Table', columnDefinitions: [], rows: [] };
}

export const getTable = (
  client: ApiClient,
  type: ResourceType,
  project: string | undefined,
  name: string,
): Promise<Table> =>
  withNearNames(
    client,
    type,
    project,
    name,
    client.json<Table>({ path: objectPath(type, project, name), accept: TABLE }),
  );

export const getObject = (
  client: ApiClient,
  type: ResourceType,
  project: string | undefined,
  name: string,
): Promise<AnyObject> =>
  withNearNames(
    client,
    type,
    project,
    name,
    client.json<AnyObject>({ path: objectPath(type, project, name) }),
  );

/** As `getObject`, but undefined when there is none. */
export async function findObject(
  client: ApiClient,
  type: ResourceType,
  project: string | undefined,
  name: string,
) {
  try {
    return await client.json<AnyObject>({ path: objectPath(type, project, name) });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Adds names that may have been meant to a "not found". */
export async function withNearNames<T>(
  client: ApiClient,
  type: ResourceType,
  project: string | undefined,
  name: string,
  answer: Promise<T>,
): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const near = suggestions(name, await existingNames(client, type, project));
    const hint = near.length === 0 ? '' : `; did you mean ${near.map((one) => `"${one}"`).join(' or ')}?`;
    throw new ApiError({ ...error.status, message: `${error.message}${hint}` });
  }
}

/** Names of a type's objects, the first portion; none when they may not be listed. */
export async function existingNames(
  client: ApiClient,
  type: ResourceType,
  project: string | undefined,
): Promise<string[]> {
  try {
    const list = await client.json<ObjectList>({
      path: collectionPath(type, project),
      query: { limit: PORTION },
    });
    return list.items.map((item) => item.metadata.name);
  } catch {
    return [];
  }
}

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

interface RawEvent<T> {
  readonly type: ChangeType | 'BOOKMARK' | 'ERROR';
  readonly object: T;
}

export interface WatchRequest {
  readonly type: ResourceType;
  readonly project: string | undefined;
  readonly selection: Selection;
  readonly resourceVersion: string;
  readonly asTable: boolean;
  readonly signal?: AbortSignal;
}

function revisionOf(
  object: { readonly metadata?: { readonly resourceVersion?: string } } & Partial<Pick<Table, 'rows'>>,
) {
  return object.rows?.[0]?.object?.metadata.resourceVersion ?? object.metadata?.resourceVersion;
}

/**
 * Changes after a revision, forever: resumes where a watch ended. Throws an ApiError with code 410 when history no longer
 * reaches back; then list again.
 */
export async function* watchChanges<T extends AnyObject | Table>(
  client: ApiClient,
  request: WatchRequest,
): AsyncGenerator<{ readonly type: ChangeType; readonly object: T }> {
  let { resourceVersion } = request;
  for (;;) {
    const lines = client.lines({
      path: collectionPath(request.type, request.project),
      query: { ...selectors(request.selection), watch: true, allowWatchBookmarks: true, resourceVersion },
      accept: request.asTable ? TABLE : 'application/json',
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    for await (const line of lines) {
      const { type, object } = JSON.parse(line) as RawEvent<T>;
      if (type === 'ERROR') throw new ApiError(object as unknown as ApiError['status']);
      resourceVersion = revisionOf(object) ?? resourceVersion;
      if (type !== 'BOOKMARK') yield { type, object };
    }
  }
}

/**
 * Waits until an object is as wanted. `isDone` sees it as it is now and after each change; undefined when it is gone. Throws when
 * it takes longer than `limit_ms`, with what `describe` says of the last state.
 */
export async function waitForObject(
  client: ApiClient,
  target: { readonly type: ResourceType; readonly project: string | undefined; readonly name: string },
  limit_ms: number,
  isDone: (object: AnyObject | undefined) => boolean,
  describe: (object: AnyObject | undefined) => string,
): Promise<AnyObject | undefined> {
  const { type, project, name } = target;
  const signal = AbortSignal.timeout(limit_ms);
  const fields = `metadata.name=${name}`;
  let last: AnyObject | undefined;
  try {
    for (;;) {
      const { items, resourceVersion } = await listObjects(client, type, project, { fields });
      last = items[0];
      if (isDone(last)) return last;
      const request = { type, project, selection: { fields }, resourceVersion, asTable: false, signal };
      try {
        for await (const change of watchChanges<AnyObject>(client, request)) {
          last = change.type === 'DELETED' ? undefined : change.object;
          if (isDone(last)) return last;
        }
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 410) throw error;
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new CliError(`${type.singular} "${name}" took longer than ${limit_ms / 1000} s: ${describe(last)}`);
  }
}
