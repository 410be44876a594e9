/**
 * Reads single files out of an image's archive (an Incus unified tarball), without unpacking it: with tar, which is handed the archive and the
 * member's name and writes nothing but to us. The archive is one whose digest an operator stated; what is in it is only ever data.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Unreadable } from '#gap/advisories/report/subjects.ts';

const READ_LIMIT_MS = 120_000;
const ROOT = 'rootfs';

const run = promisify(execFile);

/** `path` is absolute within the image. Throws Unreadable when there is no such file, or no such archive. */
export async function fileOfImage(
  archive: string,
  path: string,
  bytes_max: number,
  signal: AbortSignal,
): Promise<string> {
  // It ends at the first member of that name; without --force-local a colon in the archive's path would name a host.
  const options = ['--extract', '--to-stdout', '--occurrence=1', '--force-local', `--file=${archive}`];
  try {
    const limits = { maxBuffer: bytes_max, timeout: READ_LIMIT_MS, signal, encoding: 'utf8' } as const;
    const { stdout } = await run('tar', [...options, '--', `${ROOT}${path}`], limits);
    return stdout;
  } catch (error) {
    signal.throwIfAborted();
    const { code } = error as { readonly code?: string | number };
    throw new Unreadable(`${path} cannot be read from its file (${code ?? 'it took too long'})`);
  }
}
