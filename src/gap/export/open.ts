/** What the recipient does, where no region is: holds a package against its signed manifest, and opens it. Nothing is left of what is not whole and as it was agreed to. */
import { createHash, hash, type KeyObject } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Static, Type } from 'typebox';
import { tarMembers } from '../archive/tar.ts';
import { readerOf } from '../bundle/json.ts';
import { decrypt } from './age/age.ts';
import { openEnvelope } from './dsse.ts';
import { FILES_MAX, MIB } from './limits.ts';
import { EXPORT_PREDICATE } from './package.ts';
import { MANIFEST_NAME, PATH_PATTERN } from './request-kind.ts';

const MANIFEST_BYTES_MAX = MIB;

/** Why a package is not taken. */
export class PackageError extends Error {}

const Digest = Type.Object({ sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }) });
const Statement = Type.Object({
  _type: Type.Literal('https://in-toto.io/Statement/v1'),
  subject: Type.Array(Type.Object({ name: Type.String(), digest: Digest }), { minItems: 2, maxItems: 2 }),
  predicateType: Type.Literal(EXPORT_PREDICATE),
  predicate: Type.Object({
    from: Type.String(),
    request: Type.Object({ name: Type.String(), uid: Type.String() }),
    to: Type.Object({ name: Type.String(), key: Type.String() }),
    label: Type.String(),
    bytes: Type.Integer(),
    releasedAt: Type.String(),
  }),
});
const Manifest = Type.Object({
  format: Type.Literal('casemate-export-v1'),
  from: Type.String(),
  request: Type.Object({ name: Type.String(), uid: Type.String() }),
  to: Type.Object({ name: Type.String(), key: Type.String() }),
  label: Type.String(),
  reason: Type.String(),
  files: Type.Array(
    Type.Object({
      path: Type.String({ pattern: PATH_PATTERN, maxLength: 255 }),
      size: Type.Integer({ minimum: 0 }),
      sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    }),
    { maxItems: FILES_MAX },
  ),
});
export type PackageManifest = Static<typeof Manifest>;

const readStatement = readerOf(Statement);
const readManifest = readerOf(Manifest);

export interface VerifiedPackage {
  readonly statement: Static<typeof Statement>;
  /** Which keys signed. */
  readonly signers: readonly string[];
}

/** Holds the package in a file against the signed manifest. Throws PackageError or EnvelopeError. */
export async function verifyPackage(
  file: string,
  signed: string,
  vkeys: readonly string[],
): Promise<VerifiedPackage> {
  const { payload, signers } = openEnvelope(signed, vkeys);
  const statement = readStatement(payload, 'the signed manifest');
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(file)) digest.update(chunk as Buffer);
  if (digest.digest('hex') !== statement.subject[0]?.digest.sha256) {
    throw new PackageError(`${file} is not the package that was signed for: its SHA-256 differs`);
  }
  return { statement, signers };
}

/** Opens a package into a folder that is not there yet. Throws PackageError, AgeError, ArchiveError; then the folder is gone again. */
export async function openPackage(
  source: AsyncIterable<Buffer>,
  identity: KeyObject,
  folder: string,
  verified?: VerifiedPackage,
): Promise<PackageManifest> {
  await mkdir(folder, { mode: 0o700 });
  try {
    return await unpack(source, identity, folder, verified);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function unpack(
  source: AsyncIterable<Buffer>,
  identity: KeyObject,
  folder: string,
  verified: VerifiedPackage | undefined,
): Promise<PackageManifest> {
  let manifest: PackageManifest | undefined;
  let count = 0;
  for await (const { name, content } of tarMembers(decrypt(source, identity))) {
    if (manifest === undefined) {
      if (name !== MANIFEST_NAME)
        throw new PackageError(`its first file is not ${MANIFEST_NAME}: it is no export of Casemate`);
      const bytes = await whole(content);
      if (verified !== undefined && hash('sha256', bytes) !== verified.statement.subject[1]?.digest.sha256) {
        throw new PackageError('what is in it is not what was signed for');
      }
      manifest = readManifest(bytes, MANIFEST_NAME);
      continue;
    }
    const wanted = manifest.files[count];
    count += 1;
    // Names in headers are bytes; those of the manifest are what counts.
    if (wanted === undefined || Buffer.from(wanted.path).toString('latin1') !== name) {
      throw new PackageError(`it holds ${JSON.stringify(name)}, which its manifest does not name there`);
    }
    await keep(join(folder, wanted.path), content, wanted);
  }
  if (manifest === undefined) throw new PackageError('it is empty');
  const missing = manifest.files[count];
  if (missing !== undefined) throw new PackageError(`${missing.path} is missing`);
  return manifest;
}

async function whole(content: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of content) {
    size += part.length;
    if (size > MANIFEST_BYTES_MAX)
      throw new PackageError(`${MANIFEST_NAME} has more than ${MANIFEST_BYTES_MAX} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

async function keep(
  path: string,
  content: AsyncIterable<Buffer>,
  { path: name, size, sha256 }: PackageManifest['files'][number],
): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const digest = createHash('sha256');
  let written = 0;
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of content) {
      digest.update(chunk);
      written += chunk.length;
      await file.write(chunk);
    }
  } finally {
    await file.close();
  }
  if (written !== size || digest.digest('hex') !== sha256)
    throw new PackageError(`${name} is not what its manifest says`);
}
