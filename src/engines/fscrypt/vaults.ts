/**
 * Vaults: for each key a folder that the kernel encrypts under it (fscrypt, policy version 2: content AES-256-XTS, names AES-256-CTS), in it the file of a btrfs
 * pool. A vault is called by its key's identifier, so it can never be mistaken for another one's. What is open stays so until it is locked, whoever ends.
 */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { readMounts } from '#kernel/mounts.ts';
import { run, settle, tell } from './commands.ts';
import { type VaultPaths, vaultPaths } from './folders.ts';
import { keyIdentifier } from './key-identifier.ts';
import { type OpenPool, type Vault, VaultError } from './protocol.ts';
import { isMountedAt, makeStore, mountStore } from './store.ts';

/** As of the host's own pool (`prepareIncus`): what instances may do on a volume does not hang on where it lies. */
const POOL_OPTIONS = 'loop,noatime,discard=async';
const BUSY_LIMIT_MS = 5_000;
const LOOK_EVERY_MS = 20;
/** Names are padded to 32 bytes each, so that they do not tell how long they are. */
const POLICY = 'set_encpolicy -v 2 -c AES-256-XTS -n AES-256-CTS -f 3';

/** All that there are. */
export function listVaults(root: string): readonly Vault[] {
  if (!existsSync(root)) return [];
  return readdirSync(root).flatMap((id) => {
    const { owner, pool } = vaultPaths(root, id);
    if (!/^[0-9a-f]{32}$/.test(id) || !existsSync(owner)) return [];
    const { realm } = JSON.parse(readFileSync(owner, 'utf8')) as { realm: string };
    return [{ id, realm, isOpen: isMountedAt(pool) }];
  });
}

export interface OpenRequest {
  readonly key: Uint8Array;
  /** Makes it where it is not there. Absent: one that is there alone. */
  readonly make?: {
    /** Whose it is. */
    readonly realm: string;
    /** How large its pool may grow. */
    readonly size_bytes: number;
  };
}

/** Opens the vault under a key. Repeated, it changes nothing. Throws VaultError `NotFound` where there is none. */
export function openVault(root: string, { key, make }: OpenRequest): OpenPool {
  const id = keyIdentifier(key);
  const paths = vaultPaths(root, id);
  if (isMountedAt(paths.pool)) return { id, path: paths.pool };
  if (!existsSync(paths.storeFile)) {
    if (make === undefined) throw new VaultError('NotFound', 'there is no vault under that key');
    mkdirSync(paths.folder, { recursive: true, mode: 0o711 });
    writeOwner(paths, make.realm);
    makeStore(paths, make.size_bytes);
    settle(paths.folder, root);
  }
  mountStore(paths);
  const added = /identifier ([0-9a-f]{32})/.exec(tell(paths.store, 'add_enckey', key))?.[1];
  if (added !== id) throw new VaultError('Failed', `the kernel calls that key ${added}, not ${id}`);
  mkdirSync(paths.secret, { recursive: true, mode: 0o700 });
  // Of a folder that has this policy it changes nothing; of one that has another, or holds what is not under it, it fails.
  tell(paths.secret, `${POLICY} ${id}`);
  if (!existsSync(paths.poolFile)) {
    if (make === undefined)
      throw new VaultError('NotFound', 'the vault under that key was never made to its end');
    makePool(paths, make.size_bytes);
  }
  mkdirSync(paths.pool, { recursive: true, mode: 0o711 });
  run('mount', ['-t', 'btrfs', '-o', POOL_OPTIONS, paths.poolFile, paths.pool]);
  return { id, path: paths.pool };
}

function writeOwner({ owner }: VaultPaths, realm: string): void {
  writeFileSync(`${owner}.new`, JSON.stringify({ realm }), { mode: 0o644 });
  settle(`${owner}.new`);
  renameSync(`${owner}.new`, owner);
}

/** Its file's name is what says that it is whole: nothing lies in it before that is on the disk, since without the name it would be made anew. */
function makePool({ poolFile, secret, store }: VaultPaths, size_bytes: number): void {
  const made = `${poolFile}.new`;
  writeFileSync(made, '', { mode: 0o600 });
  truncateSync(made, size_bytes);
  run('mkfs.btrfs', ['-q', '-f', made]);
  settle(made);
  renameSync(made, poolFile);
  settle(secret, store);
}

/**
 * Takes the pool away, the key out of the kernel, and the store after them. Throws VaultError `InUse` where anything still has it; it can be opened again then.
 */
export function lockVault(root: string, id: string): void {
  const { pool, store } = vaultPaths(root, id);
  const mounts = readMounts();
  const own = mounts.find(({ point }) => point === pool);
  const elsewhere = mounts.find(({ point, device }) => device === own?.device && point !== pool);
  if (elsewhere !== undefined)
    throw new VaultError('InUse', `its pool is mounted at ${elsewhere.point} as well`);
  if (own !== undefined) unmount(pool);
  removePoint(pool);
  if (!isMountedAt(store)) return;
  try {
    tell(store, `rm_enckey -a ${id}`);
  } catch (error) {
    // It was not there: it goes with the mount in any case.
    if (!(error instanceof VaultError) || !/Required key not available/.test(error.message)) throw error;
  }
  unmount(store, own?.device);
  removePoint(store);
}

/**
 * Takes the empty places of pools away that are not open. Where the host's own disk is btrfs Incus would take such a folder for the pool, and write to the host's disk what is to be in cipher.
 */
export function hideClosed(root: string): void {
  for (const { id, isOpen } of listVaults(root)) if (!isOpen) removePoint(vaultPaths(root, id).pool);
}

/** With the folder the kernel takes away whatever is mounted at it in mounts of other processes' own (mount_namespaces(7)), who would keep that open. */
function removePoint(path: string): void {
  if (existsSync(path)) rmdirSync(path);
}

/**
 * What was mounted lives on for a moment after its last user, and its loop device with it: the kernel ends them when it finds time. Throws VaultError `InUse`, with how those are found
 * that have the `other` device in mounts of their own.
 */
function unmount(path: string, other?: string): void {
  const deadline_ms = Date.now() + BUSY_LIMIT_MS;
  for (;;) {
    try {
      run('umount', [path]);
      return;
    } catch (error) {
      const { message } = error as Error;
      if (!/target is busy/.test(message)) throw error;
      const who =
        other === undefined ? '' : ` (who has its pool is told by: grep -l ' ${other} ' /proc/*/mountinfo)`;
      if (Date.now() >= deadline_ms) throw new VaultError('InUse', `${message}${who}`);
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_EVERY_MS);
  }
}

/**
 * With its file and all that is in it, and without its key: taken from Incus, too, which may have it mounted. Throws VaultError `InUse` where an instance still has something of
 * it. Repeated, it changes nothing.
 */
export function removeVault(root: string, id: string): void {
  const { pool, folder } = vaultPaths(root, id);
  const mounts = readMounts();
  const own = mounts.find(({ point }) => point === pool);
  for (const { point, device } of mounts) if (device === own?.device && point !== pool) takeFrom(point);
  lockVault(root, id);
  rmSync(folder, { recursive: true, force: true });
}

/** Somebody else's place for it, which stays: an empty folder is made anew, since its removal is what reaches the mounts of others. */
function takeFrom(point: string): void {
  unmount(point);
  const place = statSync(point);
  if (!place.isDirectory() || readdirSync(point).length > 0) return;
  const { mode, uid, gid } = place;
  removePoint(point);
  mkdirSync(point);
  chownSync(point, uid, gid);
  chmodSync(point, mode);
}

/** Locks all that nobody uses. Gives what stayed open, and why. */
export function lockAll(root: string): readonly string[] {
  return listVaults(root).flatMap(({ id }) => {
    try {
      lockVault(root, id);
      return [];
    } catch (error) {
      return [`${id}: ${error instanceof Error ? error.message : String(error)}`];
    }
  });
}
