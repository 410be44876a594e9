/**
 * Makes the reports that buckets ask for (`spec.inventory`): CSV files of what a bucket holds, then a manifest of them, put into the bucket that is named. The manifest comes last, so whoever finds one finds
 * all that it names; a report that is broken off has none, and is made anew. It is not of one moment: each page is what was there when it was read.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { RealmId } from '#kernel/realm-id.ts';
import { LIST_MAX, type ReportedVersion } from '../../metadata/store.ts';
import type { Inventory } from '../../s3/documents/inventory.ts';
import { type OwnWriting, ownSession, ownTarget, putOwn } from '../own-writes.ts';
import type { OpenBucket, Session } from '../session.ts';
import { headersOf } from '../stored.ts';
import { GzipFile } from './gzip-file.ts';
import { fileSchema, reportLine } from './line.ts';

export const REPORTER = 'system:inventory';
const CALL = 'S3.PUT.INVENTORY';
/** Of S3's format (user guide, "Inventory manifest"). */
const FORMAT_VERSION = '2016-11-30';
/** Compressed; then another file is begun. */
const FILE_BYTES_MAX = 8 * 2 ** 20;

export interface InventoryOptions extends Pick<OwnWriting, 'parts' | 'record' | 'signal'> {
  /** Versions of a page, LIST_MAX by default; bytes of a file. */
  readonly page?: number;
  readonly fileBytes?: number;
}

export const inventoryTask = (id: string, uid: string): string => `inventory/${id}/${uid}`;

interface Round {
  readonly session: Session;
  readonly source: OpenBucket;
  readonly target: OpenBucket;
  readonly inventory: Inventory;
  readonly put: (key: string, bytes: Uint8Array, contentType: string) => Promise<string>;
  /** Below which all of this report is. */
  readonly folder: string;
}

interface ReportFile {
  readonly key: string;
  readonly size: number;
  readonly MD5checksum: string;
}

export class InventoryReports {
  readonly #options: InventoryOptions;

  constructor(options: InventoryOptions) {
    this.#options = options;
  }

  /** One report, to its end; notes that it was made. Gives its manifest's key; undefined where nobody asks for it any more. Throws what stands in the way. */
  async run(realm: RealmId, name: string, uid: string, id: string): Promise<string | undefined> {
    const { parts, record, signal } = this.#options;
    const writing: OwnWriting = { parts, realm, record, actor: REPORTER, call: CALL, signal };
    const session = ownSession(writing);
    const source = await session.bucket(name);
    const inventory = source.spec.inventory?.[id];
    if (source.uid !== uid || source.isDeleting || inventory?.enabled !== true) return undefined;
    const field = `spec.inventory[${id}].targetBucket`;
    const target = await ownTarget(session, source, inventory.targetBucket, field);
    const begin_ms = session.now_ms;
    const round: Round = {
      session,
      source,
      target,
      inventory,
      put: (key, bytes, contentType) => putOwn(writing, source, target, { key, bytes, contentType }),
      folder: `${inventory.prefix === '' ? '' : `${inventory.prefix}/`}${source.name}/${id}`,
    };
    const manifest = await this.#manifest(round, await this.#files(round), begin_ms);
    await parts.metadata.noteProgress(inventoryTask(id, uid), { done_ms: begin_ms });
    return manifest;
  }

  async #files(round: Round): Promise<readonly ReportFile[]> {
    const { signal, fileBytes = FILE_BYTES_MAX } = this.#options;
    const files: ReportFile[] = [];
    let file = new GzipFile();
    const close = async () => {
      const bytes = await file.end();
      const key = `${round.folder}/data/${randomUUID()}.csv.gz`;
      files.push({ key, size: bytes.length, MD5checksum: await round.put(key, bytes, 'application/gzip') });
    };
    try {
      for await (const lines of this.#lines(round)) {
        signal.throwIfAborted();
        await file.write(lines);
        if (file.size < fileBytes) continue;
        await close();
        file = new GzipFile();
      }
      if (!file.isEmpty) await close();
    } finally {
      file.destroy();
    }
    return files;
  }

  /** A page at a time. */
  async *#lines({ session, source, inventory }: Round): AsyncGenerator<string> {
    const { parts, page = LIST_MAX } = this.#options;
    const onlyLive = inventory.includedObjectVersions === 'Current';
    const asksKey = inventory.optionalFields.some(
      (field) => field === 'EncryptionStatus' || field === 'BucketKeyStatus',
    );
    let last: ReportedVersion | undefined;
    for (;;) {
      const versions: readonly ReportedVersion[] = await parts.metadata.reported({
        bucket: source.uid,
        prefix: inventory.filter?.prefix ?? '',
        ...(last === undefined ? {} : { after: last }),
        onlyLive,
        limit: page,
      });
      let lines = '';
      for (const version of versions) {
        const isKms = asksKey && (await isUnderKey(session, source, version));
        const isNewest = last?.key !== version.key;
        lines += reportLine(inventory, { bucket: source.name, version, isNewest, isKms });
        last = version;
      }
      if (lines !== '') yield lines;
      if (versions.length < page) return;
    }
  }

  /** With its checksum, and the same for Hive. */
  async #manifest(
    { source, target, inventory, put, folder }: Round,
    files: readonly ReportFile[],
    begin_ms: number,
  ): Promise<string> {
    const minute = new Date(begin_ms).toISOString().slice(0, 16).replace(':', '-');
    const manifest = Buffer.from(
      JSON.stringify({
        sourceBucket: source.name,
        destinationBucket: `arn:aws:s3:::${target.name}`,
        version: FORMAT_VERSION,
        creationTimestamp: String(begin_ms),
        fileFormat: 'CSV',
        fileSchema: fileSchema(inventory),
        files,
      }),
    );
    const links = files.map(({ key }) => `s3://${target.name}/${key}`).join('\n');
    const checksum = createHash('md5').update(manifest).digest('hex');
    const key = `${folder}/${minute}Z/manifest.json`;
    await put(`${folder}/hive/dt=${minute.replace('T', '-')}/symlink.txt`, Buffer.from(links), 'text/plain');
    await put(key, manifest, 'application/json');
    // S3 says of it: once it is there, the report is whole.
    await put(`${folder}/${minute}Z/manifest.checksum`, Buffer.from(checksum), 'text/plain');
    return key;
  }
}

/** Which Key the newest of the bucket's keys is under is known; of older ones the object itself says it. */
async function isUnderKey(session: Session, source: OpenBucket, version: ReportedVersion): Promise<boolean> {
  if (version.isMarker || version.isCustomerKey) return false;
  if (version.keyVersion === source.keyVersion) return source.spec.key !== undefined;
  const whole = await session.parts.metadata.get(source.uid, version.key, version.position);
  if (whole === undefined) return false;
  return (await headersOf(session, source, whole)).encryption.type === 'aws:kms';
}
