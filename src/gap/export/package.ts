/**
 * The package of a released request: a tar file of its manifest and its files, encrypted for the recipient, and beside it a signed statement that says of which realm, for whom,
 * and the digests of both. The statement names no file and no person: whoever carries the package learns nothing from it.
 */
import { createHash, hash } from 'node:crypto';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RealmKeys } from '#kernel/keys.ts';
import { encrypt } from './age/age.ts';
import { parseRecipient } from './age/keys.ts';
import { type ContentOptions, contentOf } from './content.ts';
import { signEnvelope } from './dsse.ts';
import { type ExportRequestObject, MANIFEST_NAME } from './request-kind.ts';
import { PACKAGE_FILE, SIGNED_FILE } from './store.ts';
import { type TarFile, tarOf } from './tar-writer.ts';

export const EXPORT_PREDICATE = 'https://casemate.internal/export/v1';

/** What is signed. */
export interface ExportStatement {
  readonly _type: 'https://in-toto.io/Statement/v1';
  /** The package, then its manifest. */
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
  readonly predicateType: typeof EXPORT_PREDICATE;
  readonly predicate: {
    /** Origin of the ledger. */
    readonly from: string;
    readonly request: { readonly name: string; readonly uid: string };
    readonly to: { readonly name: string; readonly key: string };
    readonly label: string;
    /** Of the package. */
    readonly bytes: number;
    readonly releasedAt: string;
  };
}

export interface PackageOptions {
  readonly request: ExportRequestObject;
  /** `manifestOf` the request. */
  readonly manifest: Buffer;
  readonly key: string;
  readonly keys: RealmKeys;
  readonly content: ContentOptions;
  /** RFC 3339. */
  readonly releasedAt: string;
}

/** What a package is, for the status. */
export interface PackageFacts {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
  /** Of the signed file, hex. */
  readonly manifest: string;
}

/** Writes both files into an empty folder. Throws ContentError when the content is not what was agreed to; then what was written is to be thrown away. */
export async function writePackage(folder: string, options: PackageOptions): Promise<PackageFacts> {
  const { request, manifest, key, keys, content, releasedAt } = options;
  const files: TarFile[] = [
    { path: MANIFEST_NAME, size: manifest.length, content: once(manifest) },
    ...request.spec.files.map((file, index) => ({
      path: file.path,
      size: file.size,
      content: contentOf(content, index, file),
    })),
  ];
  const digest = createHash('sha256');
  let bytes = 0;
  const handle = await open(join(folder, PACKAGE_FILE), 'wx', 0o600);
  try {
    for await (const chunk of encrypt(tarOf(files), parseRecipient(key))) {
      digest.update(chunk);
      bytes += chunk.length;
      await handle.write(chunk);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  const sha256 = digest.digest('hex');
  const statement: ExportStatement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [
      { name: PACKAGE_FILE, digest: { sha256 } },
      { name: MANIFEST_NAME, digest: { sha256: hash('sha256', manifest) } },
    ],
    predicateType: EXPORT_PREDICATE,
    predicate: {
      from: keys.logs.changes.origin,
      request: { name: request.metadata.name, uid: request.metadata.uid },
      to: { name: request.spec.recipient, key },
      label: request.spec.label,
      bytes,
      releasedAt,
    },
  };
  const signed = `${JSON.stringify(await signEnvelope(Buffer.from(JSON.stringify(statement)), keys), null, 2)}\n`;
  await writeFile(join(folder, SIGNED_FILE), signed, { mode: 0o600, flag: 'wx', flush: true });
  return { bytes, sha256, manifest: hash('sha256', signed) };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
