/** Programs in mounts of their own, of which none comes to the host and none of the host's comes later. Takes root, which the program then gives up. */
import { WITHOUT_VAULTS } from '#engines/fscrypt/without-vaults.ts';
import type { Command } from './unprivileged.ts';

// What cannot be made so (/proc of others, say) is nothing that an account may write to.
export const READ_ONLY =
  'while read -r _ at _; do mount -o remount,bind,ro -- "$at" 2>/dev/null || :; done < /proc/self/mounts';

export interface OwnMounts {
  /** What is done there first: shell, whose parameters `$1` and so on are `values`. */
  readonly script: string;
  readonly values: readonly string[];
  /** What else is its own: options of unshare(1). */
  readonly besides?: readonly string[];
}

export function inOwnMounts(
  { script, values, besides = [] }: OwnMounts,
  { command, args }: Command,
): Command {
  const first = `set -e; ${WITHOUT_VAULTS}; ${script}; shift ${values.length}; exec "$@"`;
  const own = ['--mount', '--propagation', 'private', ...besides, '--'];
  return { command: 'unshare', args: [...own, 'sh', '-c', first, 'sh', ...values, command, ...args] };
}
