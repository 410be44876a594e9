/** What the relay answers with: S3's documents in JSON, and objects as bytes that a browser stores, and neither shows nor runs. */
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { StatusError } from '#kernel/errors.ts';
import type { RouteRequest } from '#kernel/route.ts';
import { parseXml, type XmlElement } from '../s3/xml/parse.ts';

/** Of an answer that is a document, to be told in JSON. */
const DOCUMENT_BYTES_MAX = 8 * 2 ** 20;
const GIVEN: ReadonlySet<string> = new Set([
  'accept-ranges',
  'content-encoding',
  'content-language',
  'content-length',
  'content-range',
  'etag',
  'last-modified',
  'retry-after',
]);
const KEPT = ['content-type', 'cache-control', 'content-disposition', 'expires'] as const;
const HARMLESS = {
  'Content-Security-Policy': "default-src 'none'; sandbox",
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'private, no-store',
};
const BYTES = 'application/octet-stream';

export const wantsJson = ({ incoming }: RouteRequest, { headers }: IncomingMessage): boolean =>
  incoming.method !== 'HEAD' &&
  (incoming.headers.accept ?? '').includes('application/json') &&
  (headers['content-type'] ?? '').startsWith('application/xml');

export async function answerDocument(request: RouteRequest, answer: IncomingMessage): Promise<void> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > DOCUMENT_BYTES_MAX) throw new StatusError('InternalError', 'what S3 answers is too long');
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  const document = bytes.length === 0 ? {} : told(parseXml(bytes));
  return answerJson(request, answer.statusCode ?? 502, document, givenOf(answer, false));
}

/** An element by its name: text, or what is in it, always as a list. */
export type ToldDocument = {
  readonly name: string;
  readonly text?: string;
  readonly children?: readonly ToldDocument[];
};

const told = ({ name, text, children }: XmlElement): ToldDocument =>
  children.length === 0 ? { name, text } : { name, children: children.map(told) };

export async function answerBytes(
  { incoming, response }: RouteRequest,
  answer: IncomingMessage,
  isLink: boolean,
): Promise<void> {
  const type = answer.headers['content-type'];
  const disposition = answer.headers['content-disposition'] ?? '';
  const headers = {
    ...givenOf(answer, true),
    ...HARMLESS,
    ...(incoming.method === 'HEAD' && type !== undefined
      ? { 'Content-Type': type }
      : { 'Content-Type': BYTES }),
    'Content-Disposition': disposition.startsWith('attachment') ? disposition : 'attachment',
    ...(isLink ? {} : keptOf(answer)),
  };
  response.writeHead(answer.statusCode ?? 502, headers);
  await pipeline(answer, response);
}

/** What the object says of itself and a browser must not hear as said of the answer: `X-Object-Cache-Control`. */
function keptOf({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  const kept = KEPT.flatMap((name) => {
    const value = headers[name];
    return value === undefined ? [] : [[`X-Object-${name}`, value]];
  });
  return Object.fromEntries(kept);
}

function givenOf({ headers }: IncomingMessage, withLength: boolean): Record<string, string> {
  const given = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === 'string' &&
    (GIVEN.has(name) || name.startsWith('x-amz-')) &&
    (withLength || name !== 'content-length')
      ? [[name, value]]
      : [],
  );
  return Object.fromEntries(given);
}

export function answerJson(
  { response }: RouteRequest,
  code: number,
  value: object,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const body = Buffer.from(JSON.stringify(value));
  return new Promise((resolve) => {
    response.once('close', resolve);
    response.writeHead(code, {
      ...headers,
      ...HARMLESS,
      'Content-Type': 'application/json',
      'Content-Length': body.length,
    });
    response.end(body);
  });
}
