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
import { parseCount } from './query.ts';
import type { Answer, WireRequest } from './request.ts';
import { parseIncludeObject } from './table.ts';
import { watchEncoder } from './watch-encoder.ts';
import { type WatchSource, WatchStream } from './watch-stream.ts';

/** How long the watch lasts, in milliseconds. Throws 400. */
function parseDuration(wire: Pick<Wire, 'random'>, query: URLSearchParams): number {
  const timeout_s = parseCount(query, 'timeoutSeconds');
  return timeout_s === undefined || timeout_s === 0
    ? WATCH_DURATION_MIN_MS + wire.random.below(WATCH_DURATION_MIN_MS)
    : Math.min(timeout_s, WATCH_TIMEOUT_SECONDS_MAX) * 1_000;
}

/** Answers a watch. What is wrong before the stream begins is an HTTP error; later it is an ERROR event. */
export async function watchAnswer(
  wire: Wire,
  request: WireRequest,
  resource: ServedResource,
  namespace: string | undefined,
): Promise<Answer> {
  const representation = negotiate(request.accept, [
    'Table',
    'PartialObjectMetadata',
    'PartialObjectMetadataList',
  ]);
  if (representation.encoding !== 'json') {
    throw new StatusError('NotAcceptable', 'a watch is given as application/json only');
  }
  const selection = parseSelection(resource, request);
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
    type: 'stream',
    run: async (response) => {
      const unguard = guard(wire, request, (reason) => stream.end(reason));
      const cancel = wire.clock.after(duration_ms, () => watch.close());
      const stream = new WatchStream(wire, request, response, source, {
        encoder,
        selection,
        bookmarks: start.bookmarks,
        initialEventsEnd: start.initialEventsEnd,
      });
      try {
        response.writeHead(200, { 'Content-Type': JSON_TYPE, 'Transfer-Encoding': 'chunked' });
        response.flushHeaders();
        await stream.run();
      } finally {
        unguard();
        cancel();
        watch.close();
        held.release();
        release();
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
