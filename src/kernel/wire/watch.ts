/**
 * Watches: a stream of changes that starts where the client left off, in commit order, each change once.
 */
import { StatusError } from '../errors.ts';
import type { Realm } from '../realm.ts';
import type { ServedResource } from './catalogue.ts';
import { guard } from './guard.ts';
import { FUTURE_REVISION_WAIT_MS, WATCH_DURATION_MIN_MS, WATCH_TIMEOUT_SECONDS_MAX } from './limits.ts';
import { parseSelection, type Selection } from './list.ts';
import { parseWatchStart, type WatchStart } from './list-options.ts';
import { JSON_TYPE, negotiate } from './media-type.ts';
import type { Wire } from './options.ts';
import type { ResourceTarget } from './path.ts';
import { parseCount } from './query.ts';
import type { Answer, WireRequest } from './request.ts';
import { parseIncludeObject } from './table.ts';
import { watchEncoder } from './watch-encoder.ts';
import { responseSink, type WatchSink } from './watch-sink.ts';
import { type WatchSource, WatchStream } from './watch-stream.ts';

/** How long the watch lasts, in milliseconds. Throws 400. */
function parseDuration(wire: Pick<Wire, 'random'>, query: URLSearchParams): number {
  const timeout_s = parseCount(query, 'timeoutSeconds');
  return timeout_s === undefined || timeout_s === 0
    ? WATCH_DURATION_MIN_MS + wire.random.below(WATCH_DURATION_MIN_MS)
    : Math.min(timeout_s, WATCH_TIMEOUT_SECONDS_MAX) * 1_000;
}

export interface OpenWatch {
  /** Sends until the watch ends, however it does. Once. */
  run(sink: WatchSink): Promise<void>;
  /** Gives back what the watch holds, whether it ran or not. Once. */
  close(): void;
}

/** Opens a watch. What is wrong before it begins is thrown; later it is an ERROR event. */
export async function openWatch(
  wire: Wire,
  request: WireRequest,
  resource: ServedResource,
  { namespace, name }: Pick<ResourceTarget, 'namespace' | 'name'>,
): Promise<OpenWatch> {
  const representation = negotiate(request.accept, [
    'Table',
    'PartialObjectMetadata',
    'PartialObjectMetadataList',
  ]);
  if (representation.encoding !== 'json') {
    throw new StatusError('NotAcceptable', 'a watch is given as application/json only');
  }
  const selection = parseSelection(resource, name === undefined ? request : ofOne(request, name));
  const encoder = watchEncoder(resource, representation, parseIncludeObject(request.query));
  const start = parseWatchStart(request.query);
  const duration_ms = parseDuration(wire, request.query);
  const release = wire.watches.take(`${request.realm} ${request.actor.name}`);
  let lease: Awaited<ReturnType<Wire['realms']['acquire']>> | undefined;
  let source: WatchSource;
  try {
    lease = await wire.realms.acquire(resource.home(request.realm));
    source = await open(lease.realm, resource, namespace, selection, start);
  } catch (error) {
    lease?.release();
    release();
    throw error;
  }
  const held = lease;
  const { watch } = source;
  return {
    run: async (sink) => {
      const unguard = guard(wire, request, (reason) => stream.end(reason));
      const cancel = wire.clock.after(duration_ms, () => watch.close());
      const stream = new WatchStream(wire, request, sink, source, {
        encoder,
        selection,
        bookmarks: start.bookmarks,
        initialEventsEnd: start.initialEventsEnd,
      });
      try {
        await stream.run();
      } finally {
        unguard();
        cancel();
      }
    },
    close() {
      watch.close();
      held.release();
      release();
    },
  };
}

/** A watch by an object's own path sees that name alone. */
function ofOne(request: WireRequest, name: string): WireRequest {
  const query = new URLSearchParams(request.query);
  const given = query.get('fieldSelector');
  query.set('fieldSelector', `${given ? `${given},` : ''}metadata.name=${name}`);
  return { ...request, query };
}

/** Answers a watch over HTTP: a line for each event. */
export async function watchAnswer(...asked: Parameters<typeof openWatch>): Promise<Answer> {
  const watch = await openWatch(...asked);
  return {
    type: 'stream',
    run: async (response) => {
      try {
        response.writeHead(200, { 'Content-Type': JSON_TYPE, 'Transfer-Encoding': 'chunked' });
        response.flushHeaders();
        await watch.run(responseSink(response));
      } finally {
        watch.close();
      }
    },
  };
}

async function open(
  realm: Realm,
  resource: ServedResource,
  namespace: string | undefined,
  selection: Selection,
  start: WatchStart,
): Promise<WatchSource> {
  const scope = {
    kind: resource.source,
    ...(namespace === undefined ? {} : { namespace }),
  };
  if (start.notOlderThan !== undefined && start.notOlderThan > realm.view.revision) {
    await realm.waitFor(start.notOlderThan, FUTURE_REVISION_WAIT_MS);
  }
  if (start.afterRevision !== undefined) {
    const revision = start.afterRevision;
    return { watch: await realm.watch({ ...scope, afterRevision: revision }), initial: [], revision };
  }
  // No await between these: what the watch gives follows exactly on what the view held.
  const { revision } = realm.view;
  const initial = start.initialState
    ? [...realm.view.entries(resource.source, namespace)].filter((entry) => selection.matches(entry))
    : [];
  return { watch: await realm.watch({ ...scope, afterRevision: revision }), initial, revision };
}
