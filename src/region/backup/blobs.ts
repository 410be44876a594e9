/**
 * Bytes of objects, for `casemate backup create --with-objects`: each file of the folder that they lie in, encrypted for the recipient, beside the backups. What is there already is not copied again: a file of
 * blobs never changes, and a pack of small ones only grows, so a longer copy of it has all that a shorter one has.
 *
 *   <backups>/objects/<recipient>/<name>[.<length>].zst.age    a file, or so much of a pack
 *   <backup>/objects.list                                      which of them the backup needs: names of no meaning, in the clear
 */

import type { KeyObject } from 'node:crypto';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { chown, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { syncFolder, writeDurably } from '#trust/files.ts';
import { type Account, isRoot } from '../embedded/accounts.ts';
import { OBJECTS_LIST, OBJECTS_SEALED } from './description.ts';
import { openSealed, SEALED_SUFFIX, sealInto } from './sealed-file.ts';

const FILE = /^[0-9a-f]{32}$/;
const FILES_FOLDER = /^[0-9a-f]{2}$/;
const PACK = /^([0-9a-f]{16})\.pack$/;
/** As it lies sealed, without its suffix. */
const SEALED_NAME = /^(?:[0-9a-f]{32}|[0-9a-f]{16}\.pack\.[0-9]{1,10})$/;
const RECIPIENT_DIGITS = 16;

/** Keys change: what is there for another one does not open with this one. */
const recipientName = (recipient: string): string =>
  createHash('sha256').update(recipient).digest('hex').slice(0, RECIPIENT_DIGITS);

const sealedFolder = (backups: string, recipient: string): string =>
  join(backups, OBJECTS_SEALED, recipientName(recipient));

const lengthOf = (name: string): number => Number(name.split('.')[2] ?? 0);

export interface SealBlobsOptions {
  /** The folder of blobs. */
  readonly from: string;
  readonly backups: string;
  /** age's public key as it is written, and the same as bytes. */
  readonly recipient: string;
  readonly key: Buffer;
}

/** Copies what is not there yet; gives the names of all that the folder needs now. What goes meanwhile is left out. */
export async function sealBlobs({ from, backups, recipient, key }: SealBlobsOptions): Promise<Set<string>> {
  const into = sealedFolder(backups, recipient);
  await mkdir(into, { recursive: true, mode: 0o700 });
  await syncFolder(dirname(into));
  const there = new Set((await readdir(into)).map((name) => name.slice(0, -SEALED_SUFFIX.length)));
  const longest = new Map<string, number>();
  for (const name of there) {
    const [pack = ''] = name.split('.');
    longest.set(pack, Math.max(longest.get(pack) ?? 0, lengthOf(name)));
  }
  const needed = new Set<string>();
  const seal = async (path: string, name: string, end: number) => {
    if (!there.has(name)) {
      // Of a pack, as much as there was when it was looked at: what comes behind it is another backup's.
      await sealInto(join(into, `${name}${SEALED_SUFFIX}`), createReadStream(path, { end: end - 1 }), key);
      there.add(name);
    }
    needed.add(name);
  };
  for await (const { path, name, isPack } of filesIn(from)) {
    try {
      const { size } = await stat(path);
      if (size === 0) continue;
      if (!isPack) await seal(path, name, size);
      else await seal(path, `${name}.pack.${Math.max(size, longest.get(name) ?? 0)}`, size);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return needed;
}

async function* filesIn(
  folder: string,
): AsyncGenerator<{ readonly path: string; readonly name: string; readonly isPack: boolean }> {
  const listed = (path: string) => readdir(path).catch(() => []);
  for (const part of (await listed(join(folder, 'files'))).toSorted()) {
    if (!FILES_FOLDER.test(part)) continue;
    for (const name of (await listed(join(folder, 'files', part))).toSorted()) {
      if (FILE.test(name)) yield { path: join(folder, 'files', part, name), name, isPack: false };
    }
  }
  for (const file of (await listed(join(folder, 'packs'))).toSorted()) {
    const [, name] = PACK.exec(file) ?? [];
    if (name !== undefined) yield { path: join(folder, 'packs', file), name, isPack: true };
  }
}

export async function writeList(backup: string, names: ReadonlySet<string>): Promise<void> {
  await writeDurably(
    join(backup, OBJECTS_LIST),
    [...names]
      .toSorted()
      .map((name) => `${name}\n`)
      .join(''),
    0o600,
  );
}

/** Undefined: the backup is without objects. Throws for a line that is no name. */
export async function readList(backup: string): Promise<readonly string[] | undefined> {
  const path = join(backup, OBJECTS_LIST);
  if (!existsSync(path)) return undefined;
  const names = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
  const wrong = names.find((name) => !SEALED_NAME.test(name));
  if (wrong !== undefined) throw new Error(`${path}: "${wrong.slice(0, 64)}" is no file of objects`);
  return names;
}

/** Those that the backup needs and that are not there, as when it was moved without the folder beside it. */
export async function missingBlobs(backup: string, recipient: string): Promise<readonly string[]> {
  const folder = sealedFolder(dirname(backup), recipient);
  const names = (await readList(backup)) ?? [];
  const there = new Set(existsSync(folder) ? await readdir(folder) : []);
  return names.filter((name) => !there.has(`${name}${SEALED_SUFFIX}`));
}

export interface OpenBlobsOptions {
  readonly backup: string;
  readonly recipient: string;
  readonly identity: KeyObject;
  /** The folder of blobs, which is there and empty. */
  readonly into: string;
  readonly account: Account;
}

/** Puts them back, each with the owner that it had. Those that are not there are left out: the region names what lies in them. */
export async function openBlobs({
  backup,
  recipient,
  identity,
  into,
  account,
}: OpenBlobsOptions): Promise<number> {
  const folder = sealedFolder(dirname(backup), recipient);
  const missing = new Set(await missingBlobs(backup, recipient));
  const own = async (path: string) => {
    if (isRoot()) await chown(path, account.uid, account.gid);
  };
  const makeFolder = async (path: string) => {
    if (await mkdir(path, { mode: 0o700 }).then(() => true, isThere)) await own(path);
  };
  // Of a pack that grew while it was copied the longest is last, and has all.
  const names = ((await readList(backup)) ?? []).toSorted((a, b) => lengthOf(a) - lengthOf(b));
  let count = 0;
  for (const part of ['files', 'packs']) await makeFolder(join(into, part));
  for (const name of names) {
    if (missing.has(name)) continue;
    const [plain = '', kind] = name.split('.');
    const place = kind === 'pack' ? join('packs', `${plain}.pack`) : join('files', plain.slice(0, 2), plain);
    await makeFolder(dirname(join(into, place)));
    const path = join(into, place);
    await pipeline(
      openSealed(join(folder, `${name}${SEALED_SUFFIX}`), identity),
      createWriteStream(path, { mode: 0o600, flush: true }),
    );
    await own(path);
    count += 1;
  }
  return count;
}

const isThere = (error: NodeJS.ErrnoException): false => {
  if (error.code !== 'EEXIST') throw error;
  return false;
};

export interface KeptBackup {
  readonly name: string;
  readonly recipient: string;
}

/** Removes what no backup needs any more that is left; gives how many files. */
export async function pruneBlobs(backups: string, kept: readonly KeptBackup[]): Promise<number> {
  const all = join(backups, OBJECTS_SEALED);
  if (!existsSync(all)) return 0;
  const needed = new Set<string>();
  for (const { name, recipient } of kept) {
    const own = recipientName(recipient);
    for (const file of (await readList(join(backups, name))) ?? [])
      needed.add(`${own}/${file}${SEALED_SUFFIX}`);
  }
  let count = 0;
  for (const recipient of await readdir(all)) {
    for (const file of await readdir(join(all, recipient))) {
      if (needed.has(`${recipient}/${file}`)) continue;
      await rm(join(all, recipient, file));
      count += 1;
    }
  }
  return count;
}
