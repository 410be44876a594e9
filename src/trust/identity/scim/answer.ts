/** SCIM over HTTP: what is read of a request and how answers are written. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseJson, readBody } from '#kernel/wire/body.ts';
import { parseMediaType } from '#kernel/wire/media-type.ts';
import { sendWhole } from '../send-whole.ts';
import type { Body } from './directory.ts';
import { invalidSyntax, invalidValue, ScimError } from './scim-error.ts';

export const SCIM_TYPE = 'application/scim+json';
const TYPES: ReadonlySet<string> = new Set([SCIM_TYPE, 'application/json']);

/** Two spellings of a name would be one attribute to the library, and either could win. */
function requireOnce(value: unknown): void {
  let level: readonly unknown[] = [value];
  while (level.length > 0) {
    const next: unknown[] = [];
    for (const one of level) {
      if (typeof one !== 'object' || one === null) continue;
      if (!Array.isArray(one)) {
        const names = Object.keys(one).map((name) => name.toLowerCase());
        const twice = names.find((name, index) => names.indexOf(name) !== index);
        if (twice !== undefined)
          throw invalidValue(`the attribute "${twice}" is there twice, in two spellings`);
        if (names.includes('__proto__')) throw invalidSyntax('there is no attribute "__proto__"');
      }
      next.push(...Object.values(one));
    }
    level = next;
  }
}

/** The body of a request as an object: bounded in size and depth. */
export async function readScimBody(incoming: IncomingMessage): Promise<Body> {
  const { type } = parseMediaType(incoming.headers['content-type'] ?? '');
  if (!TYPES.has(type)) throw new ScimError(415, undefined, `send ${SCIM_TYPE}`);
  const value = parseJson(await readBody(incoming));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidSyntax('the body must be one object');
  }
  requireOnce(value);
  return value as Body;
}

/** Writes an answer; resolves when it is sent or the client has gone. */
export function send(
  response: ServerResponse,
  code: number,
  body: object | undefined,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body), 'utf8');
  response.writeHead(code, {
    ...headers,
    'Cache-Control': 'no-store',
    ...(bytes === undefined ? {} : { 'Content-Type': SCIM_TYPE, 'Content-Length': bytes.length }),
  });
  return sendWhole(response, bytes);
}
