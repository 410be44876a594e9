/**
 * Watch events as lines of JSON. A line is made once for each event and form and shared by all watchers, so that fan-out
 * costs writes only.
 */
import type { Entry } from '../realm.ts';
import type { ServedResource } from './catalogue.ts';
import { WATCH_LINES_MAX } from './limits.ts';
import type { Representation } from './media-type.ts';
import { type IncludeObject, partialMetadata, tableOf } from './table.ts';

export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface WatchEncoder {
  /** `shared`: others will need the same line soon. Not so for the state that a watch begins with. */
  event(type: EventType, entry: Entry, now_ms: number, shared: boolean): Buffer;
  bookmark(revision: number, initialEventsEnd: boolean): Buffer;
}

const INITIAL_EVENTS_END = { 'k8s.io/initial-events-end': 'true' };

/** The latest events' lines, oldest first. */
const lines = new Map<Entry, Map<string, Buffer>>();

function lineOf(entry: Entry, key: string, shared: boolean, make: () => Buffer): Buffer {
  if (!shared) return make();
  let forms = lines.get(entry);
  if (forms === undefined) {
    forms = new Map();
    lines.set(entry, forms);
    if (lines.size > WATCH_LINES_MAX) {
      for (const oldest of lines.keys()) {
        lines.delete(oldest);
        break;
      }
    }
  }
  let line = forms.get(key);
  if (line === undefined) {
    line = make();
    forms.set(key, line);
  }
  return line;
}

/** The names of a form's lines, made once for a watch and not for each event. */
const keysOf = (form: string): Readonly<Record<EventType, string>> => ({
  ADDED: `${form} ADDED`,
  MODIFIED: `${form} MODIFIED`,
  DELETED: `${form} DELETED`,
});

const END_OF_LINE = Buffer.from('}\n');

const line = (type: string, object: unknown) => Buffer.from(`${JSON.stringify({ type, object })}\n`);

function bookmarkMetadata(revision: number, initialEventsEnd: boolean) {
  return {
    resourceVersion: String(revision),
    creationTimestamp: null,
    ...(initialEventsEnd ? { annotations: INITIAL_EVENTS_END } : {}),
  };
}

/** An encoder for one watch. */
export function watchEncoder(
  resource: ServedResource,
  representation: Representation,
  includeObject: IncludeObject,
): WatchEncoder {
  const { kind } = resource;
  const { version } = representation;
  switch (representation.shape) {
    case 'Table':
      return tableEncoder(resource, version, includeObject);
    case 'PartialObjectMetadata':
    case 'PartialObjectMetadataList': {
      const keys = keysOf(`metadata ${version} ${kind.resource}`);
      return {
        event: (type, entry, _now_ms, shared) =>
          lineOf(entry, keys[type], shared, () =>
            line(type, partialMetadata(resource.present(entry).object(), version)),
          ),
        bookmark: (revision, end) =>
          line('BOOKMARK', {
            kind: 'PartialObjectMetadata',
            apiVersion: `meta.k8s.io/${version}`,
            metadata: bookmarkMetadata(revision, end),
          }),
      };
    }
    case 'Object': {
      const keys = keysOf(`object ${kind.resource}`);
      return {
        event: (type, entry, _now_ms, shared) =>
          lineOf(entry, keys[type], shared, () =>
            Buffer.concat([
              Buffer.from(`{"type":"${type}","object":`),
              resource.present(entry).bytes,
              END_OF_LINE,
            ]),
          ),
        bookmark: (revision, end) =>
          line('BOOKMARK', {
            kind: kind.kind,
            apiVersion: kind.apiVersion,
            metadata: bookmarkMetadata(revision, end),
          }),
      };
    }
  }
}

/** Tables carry ages, so their lines are not shared; columns come with the first event only. */
function tableEncoder(
  resource: ServedResource,
  version: 'v1' | 'v1beta1',
  includeObject: IncludeObject,
): WatchEncoder {
  const { kind } = resource;
  let first = true;
  return {
    event(type, entry, now_ms) {
      const metadata = { resourceVersion: String(entry.revision) };
      const options = { version, includeObject, now_ms };
      const table = tableOf(kind, [resource.present(entry)], metadata, options, first);
      first = false;
      return line(type, table);
    },
    bookmark(revision, end) {
      const metadata = bookmarkMetadata(revision, end);
      // A Table has no annotations of its own: the mark that ends the initial events sits in a row's object.
      const rows = end
        ? [
            {
              cells: [],
              object: { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata },
            },
          ]
        : [];
      return line('BOOKMARK', {
        kind: 'Table',
        apiVersion: `meta.k8s.io/${version}`,
        metadata: { resourceVersion: metadata.resourceVersion },
        columnDefinitions: [],
        rows,
      });
    },
  };
}
