/**
 * The region's master key, in one file of mode 0600 that only the region's own user may read. Every other key at rest is
 * wrapped under it. Losing the file loses every key; whoever reads it and the database reads everything.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KEY_BYTES, type SymmetricKey, symmetricKey } from './wrapping.ts';

const PREFIX = 'casemate-master-key-v1 ';
const FILE_BYTES = PREFIX.length + 2 * KEY_BYTES + 1;
const MODE = 0o600;

/** Why the master key cannot be used, and what to do. Never carries any of it. */
export class MasterKeyError extends Error {
  override readonly name = 'MasterKeyError';
}

const codeOf = (error: unknown) =>
  error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function checkFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY).catch((error: unknown) => {
    throw new MasterKeyError(
      `the master key's folder ${path} cannot be opened (${codeOf(error)}); create it with mode 0700`,
    );
  });
  try {
    const { mode } = await folder.stat();
    if ((mode & 0o022) !== 0) {
      throw new MasterKeyError(
        `the master key's folder ${path} can be written by others (mode ${(mode & 0o7777).toString(8)}); run: chmod go-w ${path}`,
      );
    }
  } finally {
    await folder.close();
  }
}

/** Writes the whole file beside its place and links it there, so that a crash leaves no half of a key. */
async function create(path: string): Promise<void> {
  const draft = `${path}.new`;
  await rm(draft, { force: true });
  const text = Buffer.alloc(FILE_BYTES, '\n');
  text.write(PREFIX, 'ascii');
  const key = randomBytes(KEY_BYTES);
  writeHex(key, text, PREFIX.length);
  key.fill(0);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const file = await open(draft, flags, MODE);
  try {
    await file.chmod(MODE); // Whatever the umask was.
    await file.writeFile(text);
    await file.sync();
  } finally {
    text.fill(0);
    await file.close();
  }
  try {
    await link(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
  await syncFolder(dirname(path));
}

// By hand, because a string in the heap could not be zeroed.
const HEX = Buffer.from('0123456789abcdef', 'ascii');

function writeHex(bytes: Uint8Array, text: Buffer, offset: number): void {
  bytes.forEach((byte, index) => {
    text[offset + 2 * index] = HEX[byte >> 4] ?? 0;
    text[offset + 2 * index + 1] = HEX[byte & 15] ?? 0;
  });
}

/** The bytes that lower-case hex digits stand for, or undefined when something else is among them. */
function readHex(text: Uint8Array): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    const high = HEX.indexOf(text[2 * i] ?? 0);
    const low = HEX.indexOf(text[2 * i + 1] ?? 0);
    if (high < 0 || low < 0) return undefined;
    bytes[i] = (high << 4) | low;
  }
  return bytes;
}

/** Who must own it: whoever runs this, or, for root at a ceremony, whoever owns the folder. */
async function ownerFor(path: string, uid: number): Promise<number> {
  const self = process.geteuid?.() ?? uid;
  return self === 0 ? (await stat(dirname(path))).uid : self;
}

async function check(file: FileHandle, path: string): Promise<void> {
  const { uid, mode, nlink, size } = await file.stat();
  const own = await ownerFor(path, uid);
  if ((mode & constants.S_IFMT) !== constants.S_IFREG) {
    throw new MasterKeyError(`the master key ${path} is not a regular file`);
  }
  if (uid !== own) {
    throw new MasterKeyError(
      `the master key ${path} belongs to uid ${uid}, but this runs as uid ${own}; run: chown ${own} ${path}`,
    );
  }
  if ((mode & 0o077) !== 0) {
    throw new MasterKeyError(
      `the master key ${path} can be read by others (mode ${(mode & 0o7777).toString(8)}); ` +
        `run: chmod 600 ${path}, and think about who may have read it`,
    );
  }
  if (nlink !== 1)
    throw new MasterKeyError(`the master key ${path} has ${nlink} hard links; it must have one name only`);
  if (size !== FILE_BYTES)
    throw new MasterKeyError(
      `the master key ${path} has ${size} bytes, not ${FILE_BYTES}; restore it from its backup`,
    );
}

async function read(path: string): Promise<SymmetricKey> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: unknown) => {
    throw codeOf(error) === 'ELOOP'
      ? new MasterKeyError(`the master key ${path} is a symbolic link; it must be a file`)
      : error;
  });
  const text = Buffer.alloc(FILE_BYTES);
  try {
    await check(file, path);
    await file.read(text, 0, FILE_BYTES, 0);
  } finally {
    await file.close();
  }
  const key =
    text.toString('latin1', 0, PREFIX.length) === PREFIX
      ? readHex(text.subarray(PREFIX.length, FILE_BYTES - 1))
      : undefined;
  text.fill(0);
  if (!key) throw new MasterKeyError(`the master key ${path} is damaged; restore it from its backup`);
  return symmetricKey(key);
}

/** Reads the master key. Throws MasterKeyError when the file is missing, open to others, or damaged. */
export async function loadMasterKey(path: string): Promise<SymmetricKey> {
  await checkFolder(dirname(path));
  try {
    return await read(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    throw new MasterKeyError(
      `there is no master key at ${path}; restore it from its backup: without it no key of this region opens`,
    );
  }
}

/** Reads the master key, or makes one when there is none (bootstrap only). Its folder must exist. */
export async function loadOrCreateMasterKey(path: string): Promise<SymmetricKey> {
  await checkFolder(dirname(path));
  try {
    return await read(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  try {
    await create(path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  return read(path);
}
