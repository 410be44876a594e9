/**
 * Keeps a folder to one process: two witnesses on one folder could cosign two histories. The lock is a socket's name in the kernel, so it goes
 * with its process, however that ends.
 */
import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { createServer } from 'node:net';

/** Takes the folder; gives what lets it go. Throws when another process of this machine has it. */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const digest = createHash('sha256')
    .update(await realpath(folder))
    .digest('hex')
    .slice(0, 32);
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new Error(`${folder}: another process runs this witness`) : error),
    );
    // A name that begins with NUL is no file (unix(7): abstract).
    server.listen({ path: `\0casemate-witness-${digest}` }, resolve);
  });
  return () => new Promise((resolve) => server.close(() => resolve()));
}
