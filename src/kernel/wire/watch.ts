/**
 * Watches: a stream of changes that starts where the client left off, in commit order, each change once. A client that cannot keep up
 * is disconnected and resumes; an event is never dropped silently.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { expired, isStatusError, StatusError } from '../errors.ts';
import type { Entry, Realm, Watch, WatchEvent } from '../realm.ts';
import { errorStatus } from './answer.ts';
import type { ServedResource } from './catalogue.ts';
import { writeChunk } from './chunk.ts';
import { guard } from './guard.ts';
import {
  FUTURE_REVISION_WAIT_MS,
  SLOW_CLIENT_LIMIT_MS,
  WATCH_BOOKMARK_INTERVAL_MS,
  WATCH_DURATION_MIN_MS,
  WATCH_TIMEOUT_SECONDS_MAX,
} from './limits.ts';
import { parseSelection, type Selection } from './list.ts';
import { parseWatchStart, type WatchStart } from './list-options.ts';
import { JSON_TYPE, negotiate } from './media-type.ts';
import type { Wire } from './options.ts';
import { parseCount } from './query.ts';
import type { Answer, WireRequest } from './request.ts';
import { parseIncludeObject } from './table.ts';
import { type EventType, type WatchEncoder, watchEncoder } from './watch-encoder.ts';

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
  let opened: Opened;
  try {
    lease = await wire.realms.acquire(resource.home(request.realm));
    opened = await open(lease.realm, resource, namespace, selection, start);
  } catch (error) {
    lease?.release();
    release();
    throw error;
  }
  const held = lease;
  const { watch } = opened;
  return {
    type: 'stream',
    run: async (response) => {
      const stop = () => watch.close();
      let lost: unknown;
      const unguard = guard(wire, request, (reason) => {
        lost = reason;
        stop();
      });
      const cancel = wire.clock.after(duration_ms, stop);
      request.signal.addEventListener('abort', stop, { once: true });
      if (request.signal.aborted) stop();
      try {
        await stream(wire, request, response, encoder, selection, start, opened, () => lost);
      } finally {
        unguard();
        cancel();
        request.signal.removeEventListener('abort', stop);
        watch.close();
        held.release();
        release();
      }
    },
  };
}

interface Opened {
  readonly watch: Watch;
  readonly initial: readonly Entry[];
  /** Everything up to here is in `initial` or was known to the client. */
  readonly revision: number;
}

async function open(
  realm: Realm,
  resource: ServedResource,
  namespace: string | undefined,
  selection: Selection,
  start: WatchStart,
): Promise<Opened> {
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

/** What a change is to a client that sees only what it selected. Undefined: nothing. */
export function selectedType(
  event: Exclude<WatchEvent, { type: 'BOOKMARK' }>,
  selection: Pick<Selection, 'matches'>,
): EventType | undefined {
  if (event.type === 'DELETED') {
    return selection.matches(event.previous ?? event.entry) ? 'DELETED' : undefined;
  }
  const is = selection.matches(event.entry);
  const was = event.type === 'MODIFIED' && event.previous !== undefined && selection.matches(event.previous);
  if (is) return was ? 'MODIFIED' : 'ADDED';
  return was ? 'DELETED' : undefined;
}

class SlowClient extends Error {}

async function stream(
  wire: Wire,
  request: WireRequest,
  response: ServerResponse,
  encoder: WatchEncoder,
  selection: Selection,
  start: WatchStart,
  { watch, initial, revision }: Opened,
  lost: () => unknown,
): Promise<void> {
  response.writeHead(200, { 'Content-Type': JSON_TYPE, 'Transfer-Encoding': 'chunked' });
  response.flushHeaders();
  const write = (chunk: Buffer) => writeOrDrop(wire, request, response, chunk);
  let seen = revision;
  let bookmarked_ms = wire.clock.now();
  try {
    for (const entry of initial) await write(encoder.event('ADDED', entry, wire.clock.now(), false));
    if (start.initialEventsEnd) await write(encoder.bookmark(revision, true));
    for (;;) {
      const events = await watch.next();
      if (events === undefined) break;
      const now_ms = wire.clock.now();
      const parts: Buffer[] = [];
      let idle = false;
      for (const event of events) {
        if (event.type === 'BOOKMARK') {
          idle = true;
          seen = Math.max(seen, event.revision);
          continue;
        }
        seen = event.entry.revision;
        const type = selectedType(event, selection);
        if (type !== undefined) parts.push(encoder.event(type, event.entry, now_ms, true));
      }
      if (start.bookmarks && (idle || now_ms - bookmarked_ms >= WATCH_BOOKMARK_INTERVAL_MS)) {
        parts.push(encoder.bookmark(seen, false));
        bookmarked_ms = now_ms;
      }
      if (parts.length > 0) await write(parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts));
    }
    const reason = lost();
    if (reason !== undefined) throw reason;
    response.end();
  } catch (error) {
    if (error instanceof SlowClient || request.signal.aborted) {
      response.destroy();
      return;
    }
    if (!isStatusError(error)) wire.logger.error({ err: error, requestId: request.id }, 'a watch failed');
    const reason = isStatusError(error, 'NotFound') ? expired('this realm is gone') : error;
    response.end(`${JSON.stringify({ type: 'ERROR', object: errorStatus(reason, request.id) })}\n`);
  }
}

/** Writes; when the client's buffer is full, waits for it to drain, but not for ever. */
async function writeOrDrop(
  wire: Wire,
  request: WireRequest,
  response: ServerResponse,
  chunk: Buffer,
): Promise<void> {
  if (response.destroyed) throw new SlowClient();
  const full = writeChunk(response, chunk);
  if (full === undefined) return;
  const slow = new AbortController();
  const cancel = wire.clock.after(SLOW_CLIENT_LIMIT_MS, () => slow.abort());
  try {
    await once(full, 'drain', { signal: AbortSignal.any([slow.signal, request.signal]) });
  } catch {
    throw new SlowClient();
  } finally {
    cancel();
  }
}
