/**
 * A bucket as a tar: its objects as they are, in the order of their keys, each with the headers that it is written again with. Small ones are asked for ahead, so that a bucket of
 * many does not wait for each; memory is bounded by that.
 */
import { TAR_END, tarHeader, tarPadding } from '#kernel/tar-header.ts';
import { ClusterError } from '#services/objects/blobs/s3/client.ts';
import type { BucketClient, FoundObject, ListedObject } from './client.ts';

/** Where objects are in the tar; a key is bytes like others, and may look like a path that leads out. */
export const OBJECTS_FOLDER = 'objects/';
/** A pax record of ours: the headers as JSON. */
export const HEADERS_RECORD = 'CASEMATE.headers';

const AHEAD_MAX = 16;
const SMALL_BYTES_MAX = 128 * 1024;
/** Objects that cannot be read; more are no exception, and the backup is none. */
const SKIPPED_MAX = 1_000;
const NAMED_MAX = 3;
/** Encrypted with a key that only who wrote it has; not this one's to read. */
const NOT_OURS: readonly number[] = [400, 403];

type Fetched =
  | { readonly type: 'small'; readonly found: Omit<FoundObject, 'body'>; readonly content: Buffer }
  | { readonly type: 'large'; readonly found: FoundObject }
  | { readonly type: 'gone' }
  | { readonly type: 'unreadable'; readonly why: string };

interface Ahead {
  readonly listed: ListedObject;
  readonly fetched: Promise<Fetched> | undefined;
}

/** `first`: what the tar begins with. `warn` is told once of what was left out. */
export async function* bucketTar(
  client: BucketClient,
  first: Buffer,
  warn: (text: string) => void,
): AsyncGenerator<Buffer> {
  yield first;
  const skipped: string[] = [];
  let skippedCount = 0;
  const ahead: Ahead[] = [];
  const listing = client.list();
  let isListed = false;
  for (;;) {
    while (!isListed && ahead.length < AHEAD_MAX) {
      const { value, done } = await listing.next();
      if (done === true) isListed = true;
      else ahead.push(begin(client, value));
    }
    const next = ahead.shift();
    if (next === undefined) break;
    const { key } = next.listed;
    const fetched = await (next.fetched ?? fetch(client, key, false));
    if (fetched.type === 'gone') continue;
    if (fetched.type === 'unreadable') {
      skippedCount += 1;
      if (skippedCount > SKIPPED_MAX)
        throw new Error(`more than ${SKIPPED_MAX} objects cannot be read: ${fetched.why}`);
      if (skipped.length < NAMED_MAX) skipped.push(`${JSON.stringify(key)} (${fetched.why})`);
      continue;
    }
    const { size, headers } = fetched.found;
    const records = Object.keys(headers).length === 0 ? {} : { [HEADERS_RECORD]: JSON.stringify(headers) };
    yield tarHeader({ name: `${OBJECTS_FOLDER}${key}`, size, records });
    if (fetched.type === 'small') yield fetched.content;
    else yield* exactly(fetched.found, key);
    yield tarPadding(size);
  }
  if (skippedCount > 0)
    warn(`${skippedCount} objects could not be read and are not saved: ${skipped.join(', ')}`);
  yield TAR_END;
}

function begin(client: BucketClient, listed: ListedObject): Ahead {
  if (listed.size > SMALL_BYTES_MAX) return { listed, fetched: undefined };
  const fetched = fetch(client, listed.key, true);
  // Whoever comes to it hears of it.
  fetched.catch(() => {});
  return { listed, fetched };
}

async function fetch(client: BucketClient, key: string, small: boolean): Promise<Fetched> {
  let found: FoundObject | undefined;
  try {
    found = await client.get(key);
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    if (!NOT_OURS.includes(error.status) && !/damaged/.test(error.message)) throw error;
    return { type: 'unreadable', why: error.message };
  }
  if (found === undefined) return { type: 'gone' };
  // It may have become another one since it was listed.
  if (!small || found.size > SMALL_BYTES_MAX) return { type: 'large', found };
  const chunks: Buffer[] = [];
  for await (const chunk of exactly(found, key)) chunks.push(chunk);
  return { type: 'small', found, content: Buffer.concat(chunks) };
}

async function* exactly({ body, size }: FoundObject, key: string): AsyncGenerator<Buffer> {
  let read = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    read += chunk.length;
    yield chunk;
  }
  if (read !== size) throw new Error(`${JSON.stringify(key)} broke off after ${read} of ${size} bytes`);
}
