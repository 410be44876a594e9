/**
 * Listening on a unix socket that is open to some only. Node cannot read a peer's credentials, so who may ask is decided by the file
 * system: by the socket's mode, and by the folder it lies in, which is its maker's to protect.
 */
import { lstat, unlink } from 'node:fs/promises';
import { connect, type Server } from 'node:net';

/** `0o600`: for the server's own account and root; `0o660`: for its group as well. */
export type SocketMode = 0o600 | 0o660;

const ALL_PERMISSIONS = 0o777;

/**
 * Resolves once `server` accepts at `path`. What an earlier process left there is replaced. Throws when another process still
 * listens there, or when something else than a socket lies there.
 */
export async function listenLocally(server: Server, path: string, mode: SocketMode): Promise<void> {
  await removeStale(path);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // The socket is born with its mode, so nobody connects before a chmod. `listen` makes the file before it returns: the mask, which
    // is the whole process's, holds for that file only.
    const mask = process.umask(ALL_PERMISSIONS & ~mode);
    try {
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      process.umask(mask);
    }
  });
}

async function removeStale(path: string): Promise<void> {
  try {
    if (!(await lstat(path)).isSocket()) {
      throw new Error(`${path} is in the way: it is no socket; remove it or choose another path`);
    }
    if (await answers(path)) {
      throw new Error(`another process listens at ${path}: stop it first, or choose another path`);
    }
    await unlink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Whether anybody listens there. A socket whose process has ended refuses. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') resolve(false);
      else reject(error);
    });
  });
}
