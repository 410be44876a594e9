/**
 * Answers requests for what the mirror serves: GET and HEAD, one path one file, in pieces, whole or from any byte on. A path is looked up in the tree and leads nowhere else:
 * nothing of a request becomes the name of a file. Who asks makes no difference, as everything here is public in the region.
 */
import { type FileHandle, open } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import {
  CONNECTIONS_MAX,
  CONNECTIONS_OF_ONE_MAX,
  HEADER_BYTES_MAX,
  IDLE_LIMIT_MS,
  PATH_LENGTH_MAX,
  PIECE_BYTES,
  REQUEST_LIMIT_MS,
} from './limits.ts';
import { originsOf } from './origins.ts';
import { readRange } from './range.ts';
import { fileOf, type MirrorFolders, type ServedFile, type Tree } from './tree.ts';

const { createServer } = process.getBuiltinModule('node:http');

export interface ServeOptions {
  readonly folders: MirrorFolders;
  /** As it is at this moment. */
  readonly tree: () => Tree;
  /** Something that is served cannot be read. */
  readonly onFault: (message: string) => void;
}

/** Listens to nothing yet. */
export function mirrorServer(options: ServeOptions): Server {
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      requestTimeout: REQUEST_LIMIT_MS,
      headersTimeout: REQUEST_LIMIT_MS,
      connectionsCheckingInterval: REQUEST_LIMIT_MS,
      keepAliveTimeout: IDLE_LIMIT_MS,
    },
    (request, response) => {
      response.on('error', () => response.destroy());
      answer(options, request, response).catch((error: unknown) => {
        options.onFault(`${request.url?.slice(0, 200)}: ${error instanceof Error ? error.message : error}`);
        if (response.headersSent) response.destroy();
        else say(response, 500, 'the mirror cannot give this now; try again');
      });
    },
  );
  server.maxConnections = CONNECTIONS_MAX;
  server.timeout = IDLE_LIMIT_MS;
  server.on('clientError', (_error, socket) => socket.destroy());
  boundConnections(server);
  return server;
}

/** No address holds more than its share. */
function boundConnections(server: Server): void {
  const held = new Map<string, number>();
  server.prependListener('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const count = held.get(address) ?? 0;
    if (count >= CONNECTIONS_OF_ONE_MAX) {
      socket.destroy();
      return;
    }
    held.set(address, count + 1);
    socket.once('close', () => {
      const left = (held.get(address) ?? 1) - 1;
      if (left > 0) held.set(address, left);
      else held.delete(address);
    });
  });
}

async function answer(
  { folders, tree }: ServeOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // Nothing that is served asks for a body; whoever sends one is not waited for.
  request.resume();
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return say(response, 405, 'the mirror only gives');
  }
  const path = pathOf(request.url ?? '');
  if (path === undefined) return say(response, 400, 'this is no path of the mirror');
  const now = tree();
  const file = Object.hasOwn(now.files, path) ? now.files[path] : undefined;
  if (file !== undefined) return give(folders, file, request, response);
  const origins = originsOf(now, path);
  if (origins === undefined)
    return say(response, 404, 'this was not imported into the region, or is spelled in another way');
  const text = `${JSON.stringify(origins, null, 2)}\n`;
  response.writeHead(200, {
    ...HEADERS,
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}

const HEADERS = { 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-cache' } as const;

function say(response: ServerResponse, code: number, message: string): void {
  response.writeHead(code, {
    ...HEADERS,
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(message) + 1,
  });
  response.end(response.req.method === 'HEAD' ? undefined : `${message}\n`);
}

/** `/npm/@scope%2fname?x` is `/npm/@scope/name`; undefined for what no client writes. */
function pathOf(target: string): string | undefined {
  const [path = ''] = target.split('?', 1);
  if (!path.startsWith('/') || path.length > PATH_LENGTH_MAX) return undefined;
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

async function give(
  folders: MirrorFolders,
  file: ServedFile,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { size, type, sha256 } = file;
  const tag = `"${sha256}"`;
  const modified = new Date(file.modified_ms).toUTCString();
  const common = { ...HEADERS, ETag: tag, 'Last-Modified': modified, 'Accept-Ranges': 'bytes' };
  if (isKnown(request, tag, modified)) {
    response.writeHead(304, common).end();
    return;
  }
  const range = readRange(request.headers, size, tag, modified);
  if (range === 'beyond') {
    response.writeHead(416, { ...common, 'Content-Range': `bytes */${size}` }).end();
    return;
  }
  const { first, last } = range ?? { first: 0, last: size - 1 };
  const source = await open(fileOf(folders, file), 'r');
  try {
    if ((await source.stat()).size !== size) throw new Error(`${sha256} has another size on the disk`);
    response.writeHead(range === undefined ? 200 : 206, {
      ...common,
      'Content-Type': type,
      'Content-Length': last - first + 1,
      ...(range === undefined ? {} : { 'Content-Range': `bytes ${first}-${last}/${size}` }),
    });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    let next = readPiece(source, first, last);
    for (let at = first; at <= last; ) {
      const piece = await next;
      at += piece.length;
      // Read while the one before is on its way.
      if (at <= last) next = readPiece(source, at, last);
      next.catch(() => {});
      if (!response.write(piece) && !(await drained(response))) {
        await next.catch(() => {});
        return;
      }
    }
    response.end();
  } finally {
    await source.close();
  }
}

/** As much as there is from `at` on, at most one piece. Throws at the end of the file. */
async function readPiece(source: FileHandle, at: number, last: number): Promise<Buffer> {
  const room = Buffer.allocUnsafe(Math.min(PIECE_BYTES, last - at + 1));
  const { bytesRead } = await source.read(room, 0, room.length, at);
  if (bytesRead === 0) throw new Error(`the file ends at ${at} on the disk`);
  return room.subarray(0, bytesRead);
}

/** False: whoever asked is gone. */
function drained(response: ServerResponse): Promise<boolean> {
  if (response.destroyed) return Promise.resolve(false);
  return new Promise((resolve) => {
    const settle = (goesOn: boolean) => () => {
      response.off('drain', onDrain);
      response.off('close', onClose);
      resolve(goesOn);
    };
    const [onDrain, onClose] = [settle(true), settle(false)];
    response.on('drain', onDrain);
    response.on('close', onClose);
  });
}

/** RFC 9110, 13.1: by the tag, or where none is given by the time. */
function isKnown({ headers }: IncomingMessage, tag: string, modified: string): boolean {
  const tags = headers['if-none-match'];
  if (tags !== undefined) return tags.split(',').some((one) => one.trim().replace(/^W\//, '') === tag);
  const since = Date.parse(headers['if-modified-since'] ?? '');
  return Number.isFinite(since) && Date.parse(modified) <= since;
}
