/** Brings a bundle through the API: from a file of this machine or from standard input, and goes on where an earlier attempt stopped. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { BundleImport } from '#gap/import/import-kind.ts';
import type { Arrived } from '#gap/import/uploads.ts';
import type { ObjectOf } from '#kernel/kind.ts';
import { mebibytes, progressLine } from '../bundle/progress.ts';
import { ownCommand } from '../own-command.ts';
import { CliError, EXIT } from '../resources/errors.ts';
import type { AnyObject } from '../resources/objects.ts';
import type { Session } from '../resources/session.ts';

/** As much as the region takes in one request. */
const CHUNK_BYTES = 16 * 1024 * 1024;
/** A bundle ends with so many zeros, and no broken one is likely to. */
const END_BYTES = 1_024;

/** Whether more of it is to come through the API. */
export function isUploading(object: AnyObject): boolean {
  const { spec, status } = object as Partial<ObjectOf<typeof BundleImport>>;
  return spec?.upload === true && status?.phase === 'Receiving' && status.upload === undefined;
}

/** Sends what is missing. `file`: `-` for standard input, which begins at byte `from` of the bundle. Throws CliError when it ended too early; what came is kept. */
export async function upload(session: Session, name: string, file: string, from: number): Promise<void> {
  const path = `/uploads/${name}`;
  const before = await session.client.json<Arrived>({ path });
  if (before.complete) return;
  if (before.bytes < from) {
    throw new CliError(
      `${before.bytes} bytes have come; the stream begins at ${from}, so what is between is missing`,
    );
  }
  const total = file === '-' ? undefined : (await stat(file)).size;
  const progress = progressLine('sending');
  let at = before.bytes;
  let sent = false;
  try {
    for await (const { bytes, isLast } of chunks(streamOf(file, from, at), total === undefined)) {
      await session.client.json<Arrived>({
        method: 'PUT',
        path,
        query: { offset: at, ...(isLast ? { last: true } : {}) },
        bytes,
        contentType: 'application/octet-stream',
      });
      at += bytes.length;
      sent = isLast;
      progress.report(at, Math.max(total ?? at, at));
    }
  } finally {
    progress.done();
  }
  if (sent) return;
  throw new CliError(`the stream ended before the bundle did: ${mebibytes(at)} came, and are kept`, {
    exitCode: EXIT.error,
    hint: `bring it again, and it goes on there: ${ownCommand()} gap import ${file} --name ${name}`,
  });
}

/** The bundle from byte `at` on. */
async function* streamOf(file: string, from: number, at: number): AsyncGenerator<Buffer> {
  if (file !== '-') {
    yield* createReadStream(file, { start: at, highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>;
    return;
  }
  let skip = at - from;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    if (skip < chunk.length) yield chunk.subarray(skip);
    skip = Math.max(0, skip - chunk.length);
  }
}

/** In pieces of a request. `mayBreakOff`: the last one is only called so if it ends as a bundle does. */
async function* chunks(
  stream: AsyncIterable<Buffer>,
  mayBreakOff: boolean,
): AsyncGenerator<{ readonly bytes: Buffer; readonly isLast: boolean }> {
  let held: Buffer[] = [];
  let size = 0;
  let tail = Buffer.alloc(0);
  for await (const chunk of stream) {
    tail = Buffer.concat([tail, chunk]).subarray(-END_BYTES);
    for (let rest = chunk; rest.length > 0; ) {
      const part = rest.subarray(0, CHUNK_BYTES - size);
      held.push(part);
      size += part.length;
      rest = rest.subarray(part.length);
      if (size < CHUNK_BYTES) continue;
      yield { bytes: Buffer.concat(held), isLast: false };
      [held, size] = [[], 0];
    }
  }
  const isWhole = !mayBreakOff || (tail.length === END_BYTES && tail.every((byte) => byte === 0));
  if (isWhole || size > 0) yield { bytes: Buffer.concat(held), isLast: isWhole };
}
