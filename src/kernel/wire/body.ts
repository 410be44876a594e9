/**
 * Reads a request's body: bounded, inflated within the same bound, JSON or YAML, of bounded depth. Bodies are read only
 * after the request was authorized. Never trusts a declared length.
 */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { parse as parseYaml } from 'yaml';
import { badRequest, StatusError } from '../errors.ts';
import { BODY_BYTES_MAX, BODY_DEPTH_MAX, YAML_ALIASES_MAX } from './limits.ts';
import { JSON_TYPE, parseMediaType } from './media-type.ts';
import { PROTOBUF_TYPE, parseProtobufBody } from './protobuf-body.ts';

const tooLarge = () =>
  new StatusError('RequestEntityTooLarge', `the request body is larger than ${BODY_BYTES_MAX} bytes`);

/** The whole body as bytes, decompressed. Throws 413 past the bound and 415 for an unknown Content-Encoding. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES_MAX) throw tooLarge();
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') {
    try {
      return await collect(request);
    } catch (error) {
      throw error instanceof StatusError ? error : badRequest('the request body broke off before its end');
    }
  }
  if (encoding !== 'gzip') {
    throw new StatusError(
      'UnsupportedMediaType',
      `Content-Encoding "${encoding}" is not supported; send gzip or no encoding`,
    );
  }
  const gunzip = createGunzip();
  request.on('error', (error) => gunzip.destroy(error));
  try {
    return await collect(request.pipe(gunzip));
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw badRequest('the request body is not gzip, as its Content-Encoding says');
  } finally {
    request.unpipe(gunzip);
    gunzip.destroy();
  }
}

/** By events: an async iterator costs more than all the rest that a small body does. */
function collect(stream: Readable): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const brokenOff = () => {
      if (!stream.readableEnded) reject(new Error('the stream ended early'));
    };
    if (stream.destroyed) brokenOff();
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= BODY_BYTES_MAX) {
        chunks.push(chunk);
        return;
      }
      // What is left is not read; to destroy the request would take the connection from under the answer.
      chunks.length = 0;
      stream.pause();
      reject(tooLarge());
    });
    stream.on('end', () => {
      const [only] = chunks;
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, size));
    });
    stream.on('error', reject);
    stream.on('close', brokenOff);
  });
}

const JSON_TYPES = new Set([JSON_TYPE, '']);
const YAML_TYPES = new Set(['application/yaml', 'application/x-yaml', 'text/yaml']);

/** Parses a body that holds an object. Throws 415 for other types and 400 for what does not parse. */
export function parseObjectBody(bytes: Buffer, contentType: string | undefined): Record<string, unknown> {
  const type = contentType === JSON_TYPE ? JSON_TYPE : parseMediaType(contentType ?? '').type;
  let value: unknown;
  if (JSON_TYPES.has(type)) value = parseJson(bytes);
  else if (YAML_TYPES.has(type)) value = parseYamlText(bytes);
  else if (type === PROTOBUF_TYPE) return parseProtobufBody(bytes);
  else {
    throw new StatusError(
      'UnsupportedMediaType',
      `Content-Type "${type}" is not supported here; send application/json or application/yaml`,
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badRequest('the request body must be an object');
  }
  return value as Record<string, unknown>;
}

/** Parses JSON of bounded depth without `__proto__` keys. Throws 400. */
export function parseJson(bytes: Buffer): unknown {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    const detail = error instanceof SyntaxError ? error.message : 'nested too deeply';
    throw badRequest(`the request body is not JSON: ${detail}`);
  }
  checkStructure(value);
  return value;
}

/** Parses one YAML document into JSON's types, with bounded aliases and depth. Throws 400. */
export function parseYamlText(bytes: Buffer): unknown {
  let value: unknown;
  try {
    value = parseYaml(bytes.toString('utf8'), { maxAliasCount: YAML_ALIASES_MAX, schema: 'core' });
  } catch (error) {
    const detail = error instanceof Error ? error.message.split('\n', 1)[0] : 'nested too deeply';
    throw badRequest(`the request body is not YAML: ${detail}`);
  }
  checkStructure(value);
  return value;
}

/** Level by level rather than recursive, so that depth cannot exhaust the stack. */
function checkStructure(root: unknown): void {
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > BODY_DEPTH_MAX)
      throw badRequest(`the request body is nested deeper than ${BODY_DEPTH_MAX} levels`);
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue;
      if (Object.hasOwn(value, '__proto__')) throw badRequest('the request body has a key "__proto__"');
      for (const child of Object.values(value)) {
        if (typeof child === 'object' && child !== null) next.push(child);
      }
    }
    level = next;
  }
}
