/** The programs that do it, each run to its end. Arguments never hold a key: it goes through standard input. */
import { spawnSync } from 'node:child_process';
import { VaultError } from './protocol.ts';

const LIMIT_MS = 60_000;
const SAID_MAX = 500;

/** Gives what it printed. Throws VaultError with what it said. */
export function run(command: string, args: readonly string[], input?: Uint8Array): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: LIMIT_MS,
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    ...(input === undefined ? {} : { input }),
  });
  if (error !== undefined) throw new VaultError('Failed', `${command} could not be run: ${error.message}`);
  // xfs_io says what is wrong, and ends well.
  const said = stderr.trim();
  if (status !== 0 || (command === 'xfs_io' && said !== '')) {
    throw new VaultError(
      'Failed',
      `${command}: ${(said || stdout.trim() || `status ${status}`).slice(0, SAID_MAX)}`,
    );
  }
  return stdout;
}

/** What is written there is on the disk, whatever happens: of a folder, which names it has. */
export const settle = (...paths: readonly string[]): string => run('sync', paths);

/** Tells the kernel something of a folder (fscrypt). */
export const tell = (folder: string, command: string, input?: Uint8Array): string =>
  run('xfs_io', ['-r', '-c', command, folder], input);
