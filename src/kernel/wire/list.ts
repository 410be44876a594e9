/**
 * Lists: selectors, chunks, revisions, and their shapes. A list concatenates stored bytes; nothing is parsed unless a
 * selector, a table or a client's wish for YAML needs it.
 */
import { notFound, StatusError } from '../errors.ts';
import type { Entry, Realm } from '../realm.ts';
import { encodeAnswer } from './answer.ts';
import type { ServedResource } from './catalogue.ts';
import { type ContinueToken, decodeContinue, encodeContinue } from './continue-token.ts';
import { type FieldSelector, parseFieldSelector } from './field-selector.ts';
import { type LabelSelector, parseLabelSelector } from './label-selector.ts';
import { FUTURE_REVISION_WAIT_MS, LIST_CHUNK_BYTES } from './limits.ts';
import { parseListStart } from './list-options.ts';
import { JSON_TYPE, negotiate, type Shape } from './media-type.ts';
import type { Wire } from './options.ts';
import { parseBoolean } from './query.ts';
import type { Answer, WireRequest } from './request.ts';
import { byKey, entriesAt } from './rewind.ts';
import { parseIncludeObject, partialMetadata, tableOf } from './table.ts';

export interface Selection {
  readonly labels: LabelSelector | undefined;
  readonly fields: FieldSelector | undefined;
  matches(entry: Entry): boolean;
}

/** The selectors of a request. They see entries as the resource presents them. */
export function parseSelection(resource: ServedResource, request: WireRequest): Selection {
  const labels = parseLabelSelector(request.query.get('labelSelector'));
  const fields = parseFieldSelector(resource.kind, request.query.get('fieldSelector'));
  return {
    labels,
    fields,
    matches: (entry) =>
      (labels === undefined || labels(entry.labels)) &&
      (fields === undefined || fields.matches(resource.present(entry))),
  };
}

const LIST_SHAPES: readonly Shape[] = ['Table', 'PartialObjectMetadataList'];

/** Whether a list is asked for whole and as it is: with no parameter that says otherwise. */
function isWhole(query: URLSearchParams): boolean {
  for (const name of query.keys()) if (name !== 'timeoutSeconds') return false;
  return true;
}

/** Answers a list request. */
export async function listAnswer(
  wire: Wire,
  request: WireRequest,
  resource: ServedResource,
  namespace: string | undefined,
): Promise<Answer> {
  const representation = negotiate(request.accept, LIST_SHAPES);
  const { kind } = resource;
  if (isWhole(request.query) && representation.shape === 'Object' && representation.encoding === 'json') {
    const body = await wire.realms.use(resource.home(request.realm), (realm) =>
      wire.lists.get(realm, resource, namespace, () => {
        const { revision } = realm.view;
        const entries = [...realm.view.entries(resource.source, namespace)];
        return listBytes(resource, entries, { resourceVersion: String(revision) });
      }),
    );
    return { type: 'bytes', code: 200, contentType: JSON_TYPE, body };
  }
  const selection = parseSelection(resource, request);
  const page = await wire.realms.use(resource.home(request.realm), (realm) =>
    listPage(realm, request, resource, namespace, selection),
  );
  const { entries, metadata } = page;
  if (representation.shape === 'Object') {
    if (representation.encoding === 'json' && !parseBoolean(request.query, 'pretty')) {
      return {
        type: 'bytes',
        code: 200,
        contentType: JSON_TYPE,
        body: listBytes(resource, entries, metadata),
      };
    }
    const items = entries.map((entry) => resource.present(entry).object());
    const list = { apiVersion: kind.apiVersion, kind: `${kind.kind}List`, metadata, items };
    return encodeAnswer(request, representation, list);
  }
  const presented = entries.map((entry) => resource.present(entry));
  const { version } = representation;
  if (representation.shape === 'Table') {
    const includeObject = parseIncludeObject(request.query);
    const options = { version, includeObject, now_ms: wire.clock.now() };
    return encodeAnswer(request, representation, tableOf(kind, presented, metadata, options));
  }
  return encodeAnswer(request, representation, {
    kind: 'PartialObjectMetadataList',
    apiVersion: `meta.k8s.io/${version}`,
    metadata,
    items: presented.map((entry) => partialMetadata(entry.object(), version)),
  });
}

interface ListMetadata {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

interface Page {
  readonly entries: readonly Entry[];
  readonly metadata: ListMetadata;
}

/** One page of what a request selects. */
export async function listPage(
  realm: Realm,
  request: WireRequest,
  resource: ServedResource,
  namespace: string | undefined,
  selection: Selection,
): Promise<Page> {
  const start = parseListStart(request.query);
  const { revision, limit } = start;
  const token = start.continue === undefined ? undefined : decodeContinue(start.continue);
  if (revision !== undefined && revision > realm.view.revision) {
    await realm.waitFor(revision, FUTURE_REVISION_WAIT_MS);
  }
  if (token !== undefined && token.revision > realm.view.revision) {
    await realm.waitFor(token.revision, FUTURE_REVISION_WAIT_MS);
  }
  const exact = start.exact
    ? revision
    : token !== undefined && token.revision >= 0
      ? token.revision
      : undefined;
  const at = exact ?? realm.view.revision;
  const all = await candidates(realm, resource, namespace, selection, exact, token);
  const entries: Entry[] = [];
  let remaining = 0;
  const countable = selection.labels === undefined && selection.fields === undefined;
  let more = false;
  for (const entry of all) {
    if (token && byKey(entry, token) <= 0) continue;
    if (!selection.matches(entry)) continue;
    if (entries.length < limit) entries.push(entry);
    else {
      more = true;
      if (!countable) break;
      remaining += 1;
    }
  }
  const last = entries.at(-1);
  return {
    entries,
    metadata: {
      resourceVersion: String(at),
      ...(more && last
        ? { continue: encodeContinue({ revision: at, namespace: last.namespace ?? '', name: last.name }) }
        : {}),
      ...(more && countable ? { remainingItemCount: remaining } : {}),
    },
  };
}

async function candidates(
  realm: Realm,
  resource: ServedResource,
  namespace: string | undefined,
  selection: Selection,
  exact: number | undefined,
  token: ContinueToken | undefined,
): Promise<Iterable<Entry>> {
  const { source } = resource;
  if (exact !== undefined && exact < realm.view.revision) {
    try {
      return await entriesAt(realm, source, namespace, exact);
    } catch (error) {
      throw token ? withInconsistentContinue(error, token) : error;
    }
  }
  const name = selection.fields?.name;
  if (name !== undefined && (source.scope === 'Realm' || namespace !== undefined)) {
    const entry = realm.view.entry(source, { name, ...(namespace === undefined ? {} : { namespace }) });
    return entry ? [entry] : [];
  }
  return realm.view.entries(source, namespace);
}

/** As Kubernetes does: the refusal carries a token that goes on from the same place at the present revision. */
function withInconsistentContinue(error: unknown, token: ContinueToken): unknown {
  if (!(error instanceof StatusError) || error.reason !== 'Expired') return error;
  return new ExpiredContinueError(error.message, encodeContinue({ ...token, revision: -1 }));
}

class ExpiredContinueError extends StatusError {
  readonly #continue: string;

  constructor(message: string, next: string) {
    super(
      'Expired',
      `${message}; or go on with metadata.continue of this answer, which may miss or repeat objects`,
    );
    this.#continue = next;
  }

  override toStatus() {
    return {
      ...super.toStatus(),
      metadata: { continue: this.#continue } as unknown as Record<string, never>,
    };
  }
}

const COMMA = Buffer.from(',');

/** The list's JSON, in pieces of about LIST_CHUNK_BYTES. */
function listBytes(resource: ServedResource, entries: readonly Entry[], metadata: ListMetadata): Buffer[] {
  const { kind } = resource;
  const head = JSON.stringify({ apiVersion: kind.apiVersion, kind: `${kind.kind}List`, metadata });
  const chunks: Buffer[] = [];
  let parts: Buffer[] = [Buffer.from(`${head.slice(0, -1)},"items":[`)];
  let size = parts[0]?.length ?? 0;
  entries.forEach((entry, index) => {
    const { bytes } = resource.present(entry);
    if (index > 0) parts.push(COMMA);
    parts.push(bytes);
    size += bytes.length + 1;
    if (size >= LIST_CHUNK_BYTES) {
      chunks.push(Buffer.concat(parts));
      parts = [];
      size = 0;
    }
  });
  parts.push(Buffer.from(']}'));
  chunks.push(Buffer.concat(parts));
  return chunks;
}

/** The entry that a request names. Throws 404. */
export function entryOf(
  realm: Realm,
  resource: ServedResource,
  namespace: string | undefined,
  name: string,
): Entry {
  const entry = realm.view.entry(resource.source, {
    name,
    ...(namespace === undefined ? {} : { namespace }),
  });
  if (entry === undefined) {
    throw notFound({ group: resource.kind.group, kind: resource.kind.plural, name });
  }
  return entry;
}

/** Waits for the revision that a `get` asks for, if this replica has not seen it yet. */
export async function waitForRevision(realm: Realm, revision: number | undefined): Promise<void> {
  if (revision !== undefined && revision > realm.view.revision) {
    await realm.waitFor(revision, FUTURE_REVISION_WAIT_MS);
  }
}
