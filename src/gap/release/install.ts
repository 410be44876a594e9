/**
 * Lays a published release beside the others: every file copied out of content, held against its digest as it is written, and the folder given its name only when all
 * of them are on disk. What is installed belongs to whoever runs this; nobody who can write to content can change it afterwards.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { syncFolder, writeDurably } from '#trust/files.ts';
import { jsonBytes } from '../bundle/json.ts';
import { BLOCK_BYTES } from '../bundle/limits.ts';
import { BundleError } from '../bundle/problem.ts';
import type { ContentStore } from '../import/content-store.ts';
import { type ReleaseConfig, type ReleaseFile, readReleaseConfig } from './facts.ts';
import { openPlain, readRelease } from './published.ts';

const run = promisify(execFile);

/** Beside the files of a release: what it is. */
const FACTS = '.release.json';
const UNFINISHED = '.new';
const DIGEST_CHARACTERS = 12;
const SYNC_LIMIT_MS = 300_000;

export interface Installed {
  readonly version: string;
  readonly digest: string;
  readonly folder: string;
  readonly config: ReleaseConfig;
}

/** `0.2.0-4f1c…`: two builds of one version never share a folder. */
export const folderName = ({
  version,
  digest,
}: {
  readonly version: string;
  readonly digest: string;
}): string => `${version}-${digest.slice('sha256:'.length, 'sha256:'.length + DIGEST_CHARACTERS)}`;

/** Installs it, or checks what is installed already. Throws BundleError where a byte is not what was signed for; nothing is left then. */
export async function installRelease(
  content: Pick<ContentStore, 'blobPath'>,
  release: { readonly version: string; readonly digest: string },
  releases: string,
): Promise<Installed> {
  const folder = join(releases, folderName(release));
  const config = await readRelease(content, release);
  if ((await stat(folder).catch(() => undefined)) !== undefined) {
    await checkFiles(folder, config.files);
    return { ...release, folder, config };
  }
  const unfinished = `${folder}${UNFINISHED}`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o755 });
  try {
    const made = new Set<string>();
    for (const file of config.files) {
      const path = join(unfinished, file.name);
      await makeFolder(dirname(path), made);
      await copyChecked(content, file, path);
    }
    await writeDurably(join(unfinished, FACTS), jsonBytes({ ...release, config }).toString('utf8'), 0o644);
    // One call in place of one for each of some thousand files.
    await run('sync', ['--file-system', unfinished], { timeout: SYNC_LIMIT_MS });
    await rename(unfinished, folder);
    await syncFolder(releases);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
  return { ...release, folder, config };
}

async function makeFolder(path: string, made: Set<string>): Promise<void> {
  if (made.has(path)) return;
  await mkdir(path, { recursive: true, mode: 0o755 });
  made.add(path);
}

/** Not linked: then whoever owns the content could still change what root runs. */
async function copyChecked(
  content: Pick<ContentStore, 'blobPath'>,
  { name, executable, sha256, size }: ReleaseFile,
  path: string,
): Promise<void> {
  const source = await openPlain(content.blobPath(`sha256:${sha256}`), name);
  try {
    const target = await open(path, 'wx', executable ? 0o755 : 0o644);
    try {
      await target.chmod(executable ? 0o755 : 0o644);
      const found = await readThrough(source, size, (bytes) => target.writeFile(bytes));
      if (found !== sha256) throw new BundleError('WrongDigest', name, 'is damaged in the region’s content');
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** The SHA-256 of a file of that size; undefined when it has another one. */
async function readThrough(
  file: FileHandle,
  size: number,
  take: (bytes: Buffer) => Promise<void> = async () => {},
): Promise<string | undefined> {
  const hash = createHash('sha256');
  const room = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, size + 1));
  let done = 0;
  for (;;) {
    const { bytesRead } = await file.read(room, 0, room.length, null);
    if (bytesRead === 0) return done === size ? hash.digest('hex') : undefined;
    done += bytesRead;
    if (done > size) return undefined;
    const bytes = room.subarray(0, bytesRead);
    hash.update(bytes);
    await take(bytes);
  }
}

/** What is installed in a folder, every file held against its digest. Throws BundleError that names the first that is not as it was. */
export async function checkInstalled(folder: string): Promise<Installed> {
  const text = await readFile(join(folder, FACTS), 'utf8').catch((error: Error) => {
    throw new BundleError('Missing', folder, error.message);
  });
  const { version, digest, config } = JSON.parse(text) as Omit<Installed, 'folder'>;
  const checked = readReleaseConfig(jsonBytes(config), folder);
  await checkFiles(folder, checked.files);
  return { version, digest, folder, config: checked };
}

async function checkFiles(folder: string, files: readonly ReleaseFile[]): Promise<void> {
  for (const { name, sha256, size } of files) {
    const file = await openPlain(join(folder, name), join(folder, name));
    try {
      if ((await readThrough(file, size)) !== sha256)
        throw new BundleError('WrongDigest', join(folder, name), 'is not as it was installed');
    } finally {
      await file.close();
    }
  }
}

/** Removes what was never finished, and all releases but those in `keep`. Folders that are none of ours stay. */
export async function removeOthers(releases: string, keep: readonly string[]): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const entry of await readdir(releases, { withFileTypes: true })) {
    const folder = join(releases, entry.name);
    if (!entry.isDirectory() || keep.includes(folder)) continue;
    const isOurs =
      entry.name.endsWith(UNFINISHED) ||
      (await stat(join(folder, FACTS)).catch(() => undefined)) !== undefined;
    if (!isOurs) continue;
    await rm(folder, { recursive: true, force: true });
    removed.push(entry.name);
  }
  return removed;
}
