/**
 * `<prefix>/console/…`: the web console. Files only: whoever asks may have them, and they hold nothing of anybody. What the console shows it asks
 * the API for, with the token of who signed in. Operators and each organization have consoles of their own, at paths of their own, whose
 * sessions have nothing to do with one another (SecNumCloud 9.6.b).
 */
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { notFound, StatusError } from '#kernel/errors.ts';
import { REGION } from '#kernel/realm-id.ts';
import type { RealmRoute, RouteRequest } from '#kernel/route.ts';
import { PROGRAM_FOLDER } from '../program-folder.ts';
import { ConsoleFiles } from './files.ts';

const SEGMENT = 'console';
export const CONSOLE_FOLDER = join(PROGRAM_FOLDER, 'console/dist');
/** Names of these files change with what is in them. */
const ASSETS = 'assets/';
const ASSETS_CACHE = 'public, max-age=31536000, immutable';

/** Everything from this very server, and no script that a page could write by itself. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

export function consoleRoute(folder: string = CONSOLE_FOLDER): RealmRoute {
  const files = new ConsoleFiles(folder);
  return {
    segment: SEGMENT,
    realms: ['region', 'organization'],
    async handle(request) {
      const { path, prefix, incoming } = request;
      if (incoming.method !== 'GET' && incoming.method !== 'HEAD')
        throw new StatusError('MethodNotAllowed', `${incoming.method} is nothing that a page does`);
      const base = `${prefix}/${SEGMENT}/`;
      if (path === '') return send(request, 308, { Location: base });
      const name = path.slice(1);
      const accepted = String(incoming.headers['accept-encoding'] ?? '');
      const file = name.endsWith('.html') ? undefined : await files.read(name, accepted);
      if (file !== undefined) {
        const cache = name.startsWith(ASSETS) ? ASSETS_CACHE : 'no-cache';
        const encoding = file.encoding === undefined ? {} : { 'Content-Encoding': file.encoding };
        const headers = { 'Content-Type': file.contentType, 'Cache-Control': cache, Vary: 'Accept-Encoding' };
        return send(request, 200, { ...headers, ...encoding }, file.bytes);
      }
      if (name.startsWith(ASSETS)) throw notFound({ kind: 'page', name: path });
      // Every other address is a place within the console.
      const page = files.page(request.realm === REGION ? 'operator.html' : 'tenant.html', base);
      const isPacked = /\bgzip\b/.test(accepted);
      return send(
        request,
        200,
        {
          'Content-Type': 'text/html; charset=utf-8',
          'Cache-Control': 'no-cache',
          'Content-Security-Policy': CONTENT_SECURITY_POLICY,
          Vary: 'Accept-Encoding',
          ...(isPacked ? { 'Content-Encoding': 'gzip' } : {}),
        },
        isPacked ? gzipSync(page) : page,
      );
    },
  };
}

function send(
  { incoming, response }: RouteRequest,
  code: number,
  headers: Readonly<Record<string, string>>,
  body: Buffer = Buffer.alloc(0),
): Promise<void> {
  return new Promise((resolve) => {
    response.once('close', resolve);
    response.writeHead(code, {
      'X-Content-Type-Options': 'nosniff',
      ...headers,
      'Content-Length': body.length,
    });
    response.end(incoming.method === 'HEAD' ? undefined : body);
  });
}
