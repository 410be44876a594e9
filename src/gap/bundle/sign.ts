/**
 * Signs a bundle: with one signer's pair of keys, wherever the bundle happens to be. What was signed does not change; only the metadata manifest and
 * the index do. A folder is changed in place, so that every moment leaves a bundle that can be read; a tar file is written anew beside itself.
 */
import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder, writeDurably } from '#trust/files.ts';
import { layoutHead, metadataBlobs } from './assemble.ts';
import { expectedEntries, readHead, readItems } from './contents.ts';
import { blobFile, type OutputFile } from './output.ts';
import { BundleError } from './problem.ts';
import { type BundleSource, openBundle } from './source.ts';
import { paddingOf, TAR_END, tarHeader } from './tar-header.ts';
import { signersOfRole } from './tuf/check-role.ts';
import type { BundleMetadata } from './tuf/client.ts';
import type { RoleName, Signable } from './tuf/metadata.ts';
import { keyIdOf, type PrivateSigner, signWith } from './tuf/signer.ts';

const ROLES = ['targets', 'snapshot', 'timestamp'] as const satisfies readonly RoleName[];

export interface SignedRole {
  readonly role: RoleName;
  readonly threshold: number;
  readonly signed: readonly string[];
}

/** Signs every role that the bundle's newest root gives the signer. Throws BundleError when it gives none. */
export function signMetadata(metadata: BundleMetadata, signer: PrivateSigner): BundleMetadata {
  const root = metadata.roots.at(-1);
  if (root === undefined) throw new BundleError('Missing', 'root', 'the bundle has no root');
  const id = keyIdOf(signer.public.classical);
  const mine = ROLES.filter((role) => root.signed.roles[role].keyids.includes(id));
  const known = root.signed['x-casemate-signers'][id];
  if (mine.length === 0 || known === undefined || keyIdOf(known.key) !== keyIdOf(signer.public.postQuantum)) {
    throw new BundleError(
      'Untrusted',
      signer.public.name,
      `version ${root.signed.version} of the root lets these keys sign nothing in a bundle`,
    );
  }
  const sign = <S>(role: RoleName, file: Signable<S>) =>
    mine.some((one) => one === role) ? signWith(file, signer) : file;
  return {
    roots: metadata.roots,
    targets: sign('targets', metadata.targets),
    snapshot: sign('snapshot', metadata.snapshot),
    timestamp: sign('timestamp', metadata.timestamp),
  };
}

/** Who has signed, by the bundle's own newest root. */
export function signedRoles(metadata: BundleMetadata): SignedRole[] {
  const root = metadata.roots.at(-1);
  if (root === undefined) return [];
  return ROLES.map((role) => {
    const { threshold, signed } = signersOfRole(root.signed, role, metadata[role], role);
    return { role, threshold, signed };
  });
}

/** Signs the bundle at `path`; tells who has signed now. Content is not read: `verify` does that, before or after. */
export async function signBundle(path: string, signer: PrivateSigner): Promise<SignedRole[]> {
  return changeMetadata(path, (metadata) => signMetadata(metadata, signer));
}

/** Puts other metadata about the same content into a bundle. */
export async function changeMetadata(
  path: string,
  change: (metadata: BundleMetadata) => BundleMetadata,
): Promise<SignedRole[]> {
  const source = await openBundle(path);
  try {
    const { metadata: before } = await readHead(source);
    const items = await readItems(source, before.targets.signed.targets);
    const metadata = change(before);
    const { index, entries } = expectedEntries(metadata, items);
    const head = [...layoutHead(index), ...metadataBlobs(metadata).blobs.map(blobFile)];
    if (source.form === 'folder') await replaceInFolder(path, source, head, new Set(entries.keys()));
    else await replaceInTar(path, source, head, [...entries.keys()]);
    return signedRoles(metadata);
  } finally {
    await source.close();
  }
}

const bytesOf = ({ blob: { content } }: OutputFile): Buffer =>
  typeof content === 'string' ? Buffer.alloc(0) : content;

/** The index last: until then the bundle is what it was. Whatever an earlier attempt left behind goes as well. */
async function replaceInFolder(
  path: string,
  source: BundleSource,
  head: readonly OutputFile[],
  expected: ReadonlySet<string>,
): Promise<void> {
  const indexLast = head.toSorted(
    (a, b) => Number(a.name === 'index.json') - Number(b.name === 'index.json'),
  );
  for (const file of indexLast)
    await writeDurably(join(path, file.name), bytesOf(file).toString('utf8'), 0o644);
  for (const name of source.entries.keys()) {
    if (!expected.has(name)) await rm(join(path, name), { force: true });
  }
  await syncFolder(join(path, 'blobs/sha256'));
}

async function replaceInTar(
  path: string,
  source: BundleSource,
  head: readonly OutputFile[],
  expected: readonly string[],
): Promise<void> {
  const draft = `${path}.${randomBytes(4).toString('hex')}.new`;
  const fresh = new Map(head.map((file) => [file.name, bytesOf(file)]));
  try {
    const file = await open(draft, 'wx');
    try {
      for (const name of expected) {
        const bytes = fresh.get(name);
        const size = bytes?.length ?? source.entries.get(name)?.size ?? 0;
        await file.appendFile(tarHeader({ name, size }));
        if (bytes !== undefined) await file.appendFile(bytes);
        else for await (const piece of source.pieces(name, name)) await file.appendFile(piece);
        await file.appendFile(Buffer.alloc(paddingOf(size)));
      }
      await file.appendFile(TAR_END);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
