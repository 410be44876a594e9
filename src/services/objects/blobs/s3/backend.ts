/**
 * Blobs in a bucket of any S3 cluster. What is put is whole in the cluster before it is acknowledged; what comes back is checked block by block. One process at a time may have the bucket, and
 * nothing else is in it.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { XmlElement } from '../../s3/xml/parse.ts';
import { escapeXml } from '../../s3/xml/write.ts';
import {
  type BlobBackend,
  type BlobId,
  type ByteRange,
  DamagedBlobError,
  MissingBlobError,
  type ScrubResult,
  type StoredBlob,
} from '../backend.ts';
import { gathered, streamed } from '../bytes.ts';
import { Cluster, ClusterError, type ClusterOptions, TRIED_MS_MAX } from './client.ts';
import { BLOCK_BYTES, blockIn, FRAME_BYTES, framed, framesOf, plainSize } from './frames.ts';

const FOLDER = 'blobs/';
const NAME = /^s-([0-9a-f]{32})$/;
const NAME_BYTES = 16;
/** S3's smallest part: what a large put holds in memory. */
const PART_BYTES = 5 * 2 ** 20;
/** Puts that hold a part at a time; others wait. */
const LARGE_PUTS_MAX = 32;
const DELETES_AT_ONCE = 16;
const LIST_PAGE = 1_000;
/** An answer that breaks off is asked for again, from the block on that is missing. */
const READS_MAX = 4;
const UNKNOWN = 404;
const BEYOND_END = 416;

export async function s3Backend(options: ClusterOptions): Promise<BlobBackend> {
  const cluster = new Cluster(options);
  try {
    await abortUploads(cluster);
  } catch (error) {
    cluster.close();
    throw error;
  }
  const turns = new Turns(LARGE_PUTS_MAX);
  return {
    name: 's3',
    put: (bytes, { signal } = {}) =>
      put(cluster, turns, bytes instanceof Uint8Array ? streamed(bytes) : bytes, signal),
    get: (id, range) => get(cluster, id, range),
    getWhole: (id) => gathered(get(cluster, id)),
    async isThere(id) {
      const name = NAME.exec(id)?.[1];
      if (name === undefined) return false;
      try {
        await cluster.ask({ method: 'HEAD', key: FOLDER + name });
        return true;
      } catch (error) {
        isGone(error);
        return false;
      }
    },
    async delete(ids) {
      const names = ids.flatMap((id) => NAME.exec(id)?.[1] ?? []);
      for (let at = 0; at < names.length; at += DELETES_AT_ONCE) {
        const some = names.slice(at, at + DELETES_AT_ONCE);
        await Promise.all(
          some.map((name) => cluster.ask({ method: 'DELETE', key: FOLDER + name }).catch(isGone)),
        );
      }
    },
    async *list() {
      for await (const { id, size, stored_ms } of list(cluster, '')) {
        yield { id, size: size ?? 0, stored_ms: size === undefined ? 0 : stored_ms };
      }
    },
    async *scrub({ after = '', signal } = {}): AsyncGenerator<ScrubResult> {
      for await (const { id, size } of list(cluster, after)) {
        signal?.throwIfAborted();
        const fault = await faultOf(get(cluster, id));
        yield { id, size: size ?? 0, ...(fault === undefined ? {} : { fault }) };
      }
    },
    close: async () => cluster.close(),
  };
}

/** So many at a time; the others in the order in which they came. */
class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(free: number) {
    this.#free = free;
  }

  async take(): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}

async function put(
  cluster: Cluster,
  turns: Turns,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<StoredBlob> {
  const name = randomBytes(NAME_BYTES).toString('hex');
  const key = FOLDER + name;
  const common = { key, ...(signal === undefined ? {} : { signal }) };
  const frames = framed(name, bytes);
  let held: Uint8Array[] = [];
  let held_bytes = 0;
  let total = 0;
  let upload: string | undefined;
  let isTurn = false;
  const etags: string[] = [];
  const flush = async () => {
    upload ??= textOf(
      await cluster.document({ ...common, method: 'POST', query: { uploads: '' } }),
      'UploadId',
    );
    const query = { partNumber: String(etags.length + 1), uploadId: upload };
    const { headers } = await cluster.ask({ ...common, method: 'PUT', query, body: Buffer.concat(held) });
    etags.push(headers.etag ?? '');
    [held, held_bytes] = [[], 0];
  };
  try {
    for await (const frame of frames) {
      signal?.throwIfAborted();
      if (!isTurn && total > 0) {
        await turns.take();
        isTurn = true;
      }
      held.push(frame);
      held_bytes += frame.length;
      total += frame.length;
      if (held_bytes >= PART_BYTES) await flush();
    }
    signal?.throwIfAborted();
    if (upload === undefined) await cluster.ask({ ...common, method: 'PUT', body: Buffer.concat(held) });
    else {
      if (held_bytes > 0) await flush();
      await complete(cluster, key, upload, etags, total);
    }
    return { id: `s-${name}`, size: plainSize(total) ?? 0 };
  } catch (error) {
    // One that was sent may have arrived, whatever came back.
    const removed =
      upload === undefined
        ? cluster.ask({ method: 'DELETE', key }).catch(() => {})
        : abort(cluster, key, upload);
    // Who hears that the cluster does not answer need not wait for that once more; the sweep finds what stays.
    if (!isAway(error)) await removed;
    throw signal?.aborted === true ? signal.reason : error;
  } finally {
    if (isTurn) turns.give();
  }
}

async function complete(
  cluster: Cluster,
  key: string,
  uploadId: string,
  etags: readonly string[],
  total: number,
): Promise<void> {
  const parts = etags.map(
    (etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
  );
  const body = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`);
  try {
    await cluster.document({ method: 'POST', key, query: { uploadId }, body });
  } catch (error) {
    if (!(error instanceof ClusterError && error.status === UNKNOWN)) throw error;
    // It was sent again, and had been done the first time.
    const { headers } = await cluster.ask({ method: 'HEAD', key });
    if (Number(headers['content-length']) !== total) throw error;
  }
}

/** Best effort: what stays is removed at the next start. */
const abort = (cluster: Cluster, key: string, uploadId: string): Promise<unknown> =>
  cluster.ask({ method: 'DELETE', key, query: { uploadId } }).catch(() => {});

/** What an earlier process left half done. */
async function abortUploads(cluster: Cluster): Promise<void> {
  for (;;) {
    const page = await cluster.document({ method: 'GET', query: { prefix: FOLDER, uploads: '' } });
    const uploads = page.children.filter(({ name }) => name === 'Upload');
    for (const upload of uploads) {
      const query = { uploadId: textOf(upload, 'UploadId') };
      await cluster.ask({ method: 'DELETE', key: textOf(upload, 'Key'), query }).catch(isGone);
    }
    if (textOf(page, 'IsTruncated') !== 'true' || uploads.length === 0) return;
  }
}

async function* get(cluster: Cluster, id: BlobId, range?: ByteRange): AsyncGenerator<Uint8Array> {
  const name = NAME.exec(id)?.[1];
  if (name === undefined) throw new MissingBlobError(`"${id}" names no blob`);
  const wanted = range ?? { from: 0, to: Number.POSITIVE_INFINITY };
  if (wanted.from < 0 || wanted.from > wanted.to)
    throw new RangeError(`bytes ${wanted.from} to ${wanted.to}`);
  if (wanted.from === wanted.to) return;
  // Of the block that comes next.
  let index = Math.floor(wanted.from / BLOCK_BYTES);
  for (let reads = 1; ; reads++) {
    let moved_ms = cluster.now();
    try {
      for await (const block of blocks(cluster, name, index, wanted)) {
        const start = index * BLOCK_BYTES;
        index += 1;
        const part = block.subarray(
          Math.max(0, wanted.from - start),
          Math.min(block.length, wanted.to - start),
        );
        if (part.length > 0) yield part;
        moved_ms = cluster.now();
      }
      return;
    } catch (error) {
      const isStill = cluster.now() - moved_ms >= TRIED_MS_MAX;
      if (!isAway(error) || isStill || reads >= READS_MAX) throw error;
    }
  }
}

/** From that block on, to the end of what is wanted. */
async function* blocks(
  cluster: Cluster,
  name: string,
  first: number,
  { to }: ByteRange,
): AsyncGenerator<Buffer> {
  const from = first * FRAME_BYTES;
  const end = Number.isFinite(to) ? String(framesOf({ from: 0, to }).to - 1) : '';
  const answer = await cluster
    .send({ method: 'GET', key: FOLDER + name, headers: { range: `bytes=${from}-${end}` } })
    .catch((error: unknown) => {
      if (!(error instanceof ClusterError)) throw error;
      if (error.status === UNKNOWN) throw new MissingBlobError(`there is no blob ${name}`);
      if (error.status === BEYOND_END) throw new DamagedBlobError('it is shorter than what was stored');
      throw error;
    });
  try {
    const total = totalOf(answer);
    const size = plainSize(total);
    if (size === undefined) throw new DamagedBlobError('it is not as long as anything that was stored');
    if (Number.isFinite(to) && to > size) throw new RangeError(`bytes up to ${to} of a blob of ${size}`);
    const last = Number.isFinite(to) ? Math.ceil(to / BLOCK_BYTES) : Math.ceil(total / FRAME_BYTES);
    let index = first;
    for await (const frame of inFrames(
      cluster.piecesOf(answer),
      Math.min(total, last * FRAME_BYTES) - from,
    )) {
      yield blockIn(name, index, size, frame);
      index += 1;
    }
  } finally {
    answer.destroy();
  }
}

/** `Content-Range: bytes 0-9/100`; a server may give all without it. */
function totalOf({ headers, statusCode }: IncomingMessage): number {
  const found = /^bytes \d+-\d+\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1];
  if (statusCode === 206 && found !== undefined) return Number(found);
  throw new ClusterError('the S3 cluster below does not give ranges', 400);
}

async function* inFrames(pieces: AsyncIterable<Buffer>, expected: number): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let length = 0;
  let left = expected;
  for await (const chunk of pieces) {
    let rest = chunk;
    while (rest.length > 0) {
      const part = rest.subarray(0, FRAME_BYTES - length);
      held.push(part);
      length += part.length;
      left -= part.length;
      rest = rest.subarray(part.length);
      if (length === FRAME_BYTES) {
        yield Buffer.concat(held);
        [held, length] = [[], 0];
      }
    }
  }
  if (left !== 0) throw new ClusterError('the answer broke off', 0);
  if (length > 0) yield Buffer.concat(held);
}

interface Listed {
  readonly id: BlobId;
  /** Undefined: what lies there was not put by us like that. */
  readonly size: number | undefined;
  readonly stored_ms: number;
}

/** In the order of ids, which is that of keys. */
async function* list(cluster: Cluster, after: BlobId): AsyncGenerator<Listed> {
  let last = after === '' ? '' : FOLDER + after.slice('s-'.length);
  for (;;) {
    const page = await cluster.document({
      method: 'GET',
      query: {
        'list-type': '2',
        'max-keys': String(LIST_PAGE),
        prefix: FOLDER,
        ...(last === '' ? {} : { 'start-after': last }),
      },
    });
    const found = page.children.filter(({ name }) => name === 'Contents');
    for (const one of found) {
      const key = textOf(one, 'Key');
      const id = `s-${key.slice(FOLDER.length)}`;
      last = key;
      if (!NAME.test(id)) continue;
      const size = plainSize(Number(textOf(one, 'Size')));
      yield { id, size, stored_ms: Date.parse(textOf(one, 'LastModified')) };
    }
    if (textOf(page, 'IsTruncated') !== 'true' || found.length === 0) return;
  }
}

/** Reads all of it. What was deleted meanwhile has no fault. */
async function faultOf(bytes: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  try {
    for await (const _ of bytes);
    return undefined;
  } catch (error) {
    if (error instanceof DamagedBlobError) return error.message;
    if (error instanceof MissingBlobError) return undefined;
    throw error;
  }
}

const isAway = (error: unknown): boolean => error instanceof ClusterError && error.status === 0;

const isGone = (error: unknown): void => {
  if (!(error instanceof ClusterError && error.status === UNKNOWN)) throw error;
};

const textOf = (element: XmlElement, name: string): string =>
  element.children.find((child) => child.name === name)?.text ?? '';
