/**
 * Starts one of our own programs as an unprivileged account, without ever having been root in our code: setpriv(1) becomes
 * the account and lets it gain nothing afterwards.
 *
 * A checkout can lie where only root may look, such as a clone in /root. Then the process gets a mount namespace of its
 * own in which the checkout shows, read-only, at a place it can reach. The mount goes with the process.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { PROGRAM_FOLDER } from '../program.ts';
import type { Account } from './accounts.ts';
import { inOwnMounts } from './own-mounts.ts';

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
}

const SHOW_THERE = 'mount --bind -- "$1" "$2"; mount -o remount,bind,ro -- "$2"';

/** Wraps a command so that it runs as `account`, and in `groups` besides the account's own. */
export function asAccount(
  { uid, gid }: Account,
  { command, args }: Command,
  groups: readonly number[] = [],
): Command {
  const others = groups.length === 0 ? '--clear-groups' : `--groups=${groups.join(',')}`;
  const identity = [`--reuid=${uid}`, `--regid=${gid}`, others, '--inh-caps=-all'];
  return {
    command: 'setpriv',
    args: [...identity, '--bounding-set=-all', '--no-new-privs', '--', command, ...args],
  };
}

/**
 * Wraps a command that runs files of our own program so that it finds them whoever it runs as. `place` is an empty folder
 * that everyone may enter.
 */
export function withProgram(place: string, { command, args }: Command, program = PROGRAM_FOLDER): Command {
  if (isReachable(program)) return { command, args };
  const moved = (text: string) =>
    text.startsWith(`${program}/`) ? `${place}${text.slice(program.length)}` : text;
  const there = { command: moved(command), args: args.map(moved) };
  return inOwnMounts({ script: SHOW_THERE, values: [program, place] }, there);
}

/** Whether everyone may enter a folder and all those above it. */
function isReachable(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/** Throws when files of the program themselves are closed to others, as after a clone with a umask of 077. */
export function checkProgramReadable(program = PROGRAM_FOLDER): void {
  for (const path of ['src/region/process.ts', 'node_modules/node/bin/node', 'package.json']) {
    accessSync(`${program}/${path}`, constants.R_OK);
    if ((statSync(`${program}/${path}`).mode & 0o004) === 0) {
      throw new Error(
        `${program}/${path} can only be read by its owner, and the region runs as an account of its own: chmod -R go+rX ${program}`,
      );
    }
  }
}
