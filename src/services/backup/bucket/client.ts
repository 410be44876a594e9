/** What the source of buckets asks of one bucket, by the S3 protocol: a page of keys, an object, a write. A page, a small object or a part is in memory at a time. */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '#kernel/clock.ts';
import { Cluster, ClusterError } from '#services/objects/blobs/s3/client.ts';
import { percentDecode } from '#services/objects/s3/uri.ts';
import type { XmlElement } from '#services/objects/s3/xml/parse.ts';
import type { S3Credentials } from '../sources/source.ts';

const PAGE = 1_000;
const REGION = 'us-east-1';
const NOT_FOUND = 404;

/** What stands beside an object's bytes, by the header that gives it; with these alone it is written again. */
const KEPT_HEADERS: readonly string[] = [
  'content-type',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
  'x-amz-website-redirect-location',
];
const META = 'x-amz-meta-';

export interface ListedObject {
  readonly key: string;
  readonly size: number;
}

export interface FoundObject {
  readonly size: number;
  readonly headers: Readonly<Record<string, string>>;
  /** To be read to its end. */
  readonly body: IncomingMessage;
}

export interface BucketOptions {
  readonly endpoint: string;
  readonly certificateAuthority: string;
  readonly bucket: string;
  readonly credentials: S3Credentials;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export class BucketClient {
  readonly #cluster: Cluster;
  readonly #signal: AbortSignal;

  constructor({ endpoint, certificateAuthority, bucket, credentials, clock, signal }: BucketOptions) {
    this.#signal = signal;
    this.#cluster = new Cluster({
      endpoint,
      bucket,
      region: REGION,
      ...credentials,
      ...(certificateAuthority === '' ? {} : { certificateAuthority }),
      clock,
    });
  }

  /** In the order of keys' bytes. */
  async *list(): AsyncGenerator<ListedObject> {
    let token: string | undefined;
    do {
      const page = await this.#cluster.document({
        method: 'GET',
        query: {
          'list-type': '2',
          'max-keys': String(PAGE),
          'encoding-type': 'url',
          ...(token === undefined ? {} : { 'continuation-token': token }),
        },
        signal: this.#signal,
      });
      for (const one of page.children) {
        if (one.name !== 'Contents') continue;
        yield { key: percentDecode(textOf(one, 'Key')), size: Number(textOf(one, 'Size')) };
      }
      token = textOf(page, 'IsTruncated') === 'true' ? textOf(page, 'NextContinuationToken') : undefined;
    } while (token !== undefined);
  }

  /** Undefined: it is gone meanwhile. */
  async get(key: string): Promise<FoundObject | undefined> {
    try {
      const body = await this.#cluster.send({ method: 'GET', key, signal: this.#signal });
      const kept = Object.entries(body.headers).flatMap(([name, value]) =>
        typeof value === 'string' && (KEPT_HEADERS.includes(name) || name.startsWith(META))
          ? [[name, value]]
          : [],
      );
      const tagCount = Number(body.headers['x-amz-tagging-count'] ?? 0);
      const tags = tagCount > 0 ? { 'x-amz-tagging': await this.#tagsOf(key) } : {};
      return {
        size: Number(body.headers['content-length']),
        headers: Object.fromEntries([...kept.toSorted(byName), ...Object.entries(tags)]) as Record<
          string,
          string
        >,
        body,
      };
    } catch (error) {
      if (error instanceof ClusterError && error.status === NOT_FOUND) return undefined;
      throw error;
    }
  }

  async put(key: string, headers: Readonly<Record<string, string>>, body: Buffer): Promise<void> {
    await this.#cluster.ask({ method: 'PUT', key, headers, body, signal: this.#signal });
  }

  /** Writes an object in parts of one size; the last one is what is left. Aborts the upload when it fails. */
  async putParts(
    key: string,
    headers: Readonly<Record<string, string>>,
    parts: AsyncIterable<Buffer>,
  ): Promise<void> {
    const begun = await this.#cluster.document({
      method: 'POST',
      key,
      query: { uploads: '' },
      headers,
      signal: this.#signal,
    });
    const uploadId = textOf(begun, 'UploadId');
    try {
      const etags: string[] = [];
      for await (const body of parts) {
        const query = { partNumber: String(etags.length + 1), uploadId };
        const { headers: answer } = await this.#cluster.ask({
          method: 'PUT',
          key,
          query,
          body,
          signal: this.#signal,
        });
        etags.push(answer.etag ?? '');
      }
      const listed = etags.map(
        (etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${etag}</ETag></Part>`,
      );
      const body = Buffer.from(`<CompleteMultipartUpload>${listed.join('')}</CompleteMultipartUpload>`);
      await this.#cluster.document({ method: 'POST', key, query: { uploadId }, body, signal: this.#signal });
    } catch (error) {
      await this.#cluster.ask({ method: 'DELETE', key, query: { uploadId } }).catch(() => {});
      throw error;
    }
  }

  async delete(key: string): Promise<void> {
    await this.#cluster.ask({ method: 'DELETE', key, signal: this.#signal });
  }

  close(): void {
    this.#cluster.close();
  }

  /** As the header that sets them has it. */
  async #tagsOf(key: string): Promise<string> {
    const document = await this.#cluster.document({
      method: 'GET',
      key,
      query: { tagging: '' },
      signal: this.#signal,
    });
    const tags = document.children.find(({ name }) => name === 'TagSet')?.children ?? [];
    return new URLSearchParams(tags.map((tag) => [textOf(tag, 'Key'), textOf(tag, 'Value')]))
      .toString()
      .replaceAll('+', '%20');
  }
}

const byName = ([one = '']: readonly string[], [other = '']: readonly string[]) => (one < other ? -1 : 1);

const textOf = (element: XmlElement, name: string): string =>
  element.children.find((child) => child.name === name)?.text ?? '';
