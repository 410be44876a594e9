/**
 * A private incusd: how to start it (as data, for whoever supervises it), how to see that it is ready, how to make it
 * ready for Casemate. Several run side by side on a host, each under a folder of its own; none touches /var/lib/incus.
 * Nothing here starts a process.
 */
import { existsSync, statfsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Clock, sleep } from '#kernel/clock.ts';
import { connectIncus, type Incus } from './client.ts';
import { IncusError, isIncusError } from './errors.ts';

export interface IncusdDescription {
  readonly command: string;
  readonly args: readonly string[];
  /** All the environment it needs. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** GET over its unix socket answers 200 once it is ready; 503 until then. */
  readonly ready: { readonly type: 'http'; readonly socket: string; readonly path: string };
  readonly startLimit_ms: number;
  /**
   * SIGPWR: it shuts its instances down, unmounts and ends. SIGTERM: it ends and leaves instances running, to find them
   * again when it starts. Never signal its process group: instances' monitors are in sessions of their own.
   */
  readonly stop: { readonly signal: 'SIGPWR'; readonly grace_ms: number };
}

/** Where Debian's packages put it, in the order we look. */
const BINARIES: readonly string[] = ['/usr/libexec/incus/incusd', '/usr/lib/incus/incusd', '/usr/bin/incusd'];

// sun_path of unix(7) holds 108 bytes with its NUL; the longest socket incusd makes is below its folder.
const SOCKET_PATH_MAX = 107;
const LONGEST_SOCKET = 'unix.socket.user';

// Incus asks a public server for a list of instance types, at every start and every day. A proxy that is not there
// keeps the request, and the look-up of the name, on this machine.
const NOWHERE = 'http://127.0.0.1:9';

/** Path of incusd, or undefined when Incus is not installed. */
export const findIncusd = (): string | undefined => BINARIES.find((binary) => existsSync(binary));

export const incusSocket = (folder: string): string => join(folder, 'unix.socket');

/**
 * Describes the daemon that lives in `folder` (made by the caller, mode 0711). `group`: whose members may talk to it,
 * which is as good as root. Throws IncusError `Unsupported` when Incus is not installed or the path is too long.
 */
export function describeIncusd(folder: string, group = 'root'): IncusdDescription {
  const command = findIncusd();
  if (command === undefined) {
    throw new IncusError('Unsupported', 'Incus is not installed; apt-get install incus-base');
  }
  if (join(folder, LONGEST_SOCKET).length > SOCKET_PATH_MAX) {
    throw new IncusError(
      'Unsupported',
      `${folder} is too long for a socket; use a path of at most ${SOCKET_PATH_MAX - LONGEST_SOCKET.length - 1} characters`,
    );
  }
  return {
    command,
    args: ['--group', group],
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      LANG: 'C.UTF-8',
      HOME: '/root',
      INCUS_DIR: folder,
      HTTP_PROXY: NOWHERE,
      HTTPS_PROXY: NOWHERE,
    },
    cwd: '/',
    ready: { type: 'http', socket: incusSocket(folder), path: '/internal/ready' },
    startLimit_ms: 60_000,
    stop: { signal: 'SIGPWR', grace_ms: 60_000 },
  };
}

const READY_EVERY_MS = 50;

/** Resolves with a connection once the daemon in `folder` serves; throws `Timeout` after `limit_ms`. */
export async function untilReady(folder: string, clock: Clock, limit_ms: number): Promise<Incus> {
  const incus = connectIncus({ socketPath: incusSocket(folder) }, clock);
  const deadline_ms = clock.now() + limit_ms;
  for (;;) {
    try {
      await incus.ready();
      return incus;
    } catch (error) {
      if (!isIncusError(error, 'Unavailable')) throw error;
      if (clock.now() >= deadline_ms) {
        incus.close();
        throw new IncusError('Timeout', `incusd in ${folder} did not become ready in ${limit_ms} ms`);
      }
    }
    await sleep(clock, READY_EVERY_MS);
  }
}

export interface IncusPreparation {
  /** The pool's name; instances name it in their root disk. */
  readonly pool: string;
  /** Where the daemon keeps its data: decides how the pool is made. */
  readonly folder: string;
  /** Size of the pool's loop file, which is sparse. Not used where the folder is on btrfs already. */
  readonly poolSize_bytes: number;
}

export const DEFAULT_POOL = 'default';
export const DEFAULT_POOL_BYTES = 64 * 1024 ** 3;
const BTRFS_MAGIC = 0x9123683e;

/** The first folder on the way to `folder` that others may not pass, if any. */
function closedFolder(folder: string): string | undefined {
  for (let at = resolve(folder); at !== '/'; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return at;
  }
  return undefined;
}

/**
 * Gives a fresh daemon its storage pool and the settings that keep it quiet; on one that has them it changes nothing.
 * On a cluster, whose pools an administrator makes, call it with a pool that exists.
 */
export async function prepareIncus(incus: Incus, preparation: IncusPreparation): Promise<void> {
  const closed = closedFolder(preparation.folder);
  if (closed !== undefined) {
    throw new IncusError(
      'Unsupported',
      `instances cannot reach their disks through ${closed}, which only its owner may pass; chmod o+x it`,
    );
  }
  await incus.extensions();
  await incus.configure({
    'core.proxy_http': NOWHERE,
    'core.proxy_https': NOWHERE,
    'images.auto_update_interval': '0',
    // how long SIGPWR waits for instances, in minutes
    'core.shutdown_timeout': '1',
  });
  const pools = await incus.pools.list();
  if (pools.some((pool) => pool.name === preparation.pool)) return;
  const onBtrfs = statfsSync(preparation.folder).type === BTRFS_MAGIC;
  await incus.pools.create(
    preparation.pool,
    'btrfs',
    onBtrfs
      ? { source: join(preparation.folder, 'storage-pools', preparation.pool) }
      : { size: `${preparation.poolSize_bytes}B`, 'btrfs.mount_options': 'discard=async,noatime' },
  );
}
