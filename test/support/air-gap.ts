/**
 * A machine within the machine that has no way out: a network namespace with nothing but loopback, no default route and no
 * name server, and the mounts a region needs in there. Needs root. For tests only.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WITHOUT_VAULTS } from '#engines/fscrypt/without-vaults.ts';
import { type CommandOptions, type CommandResult, runCommand, untilFirstWord } from './command.ts';

/**
 * sysfs shows the network of whoever mounted it, so it is mounted anew; that hides the control groups, which are therefore
 * kept aside and put back. Everything happens in a mount namespace of its own and goes with it.
 */
const SET_UP = `
set -eu
${WITHOUT_VAULTS}
ip link set lo up
mkdir -p "$1/cgroup"
mount --rbind /sys/fs/cgroup "$1/cgroup"
mount -t sysfs sysfs /sys
mount --rbind "$1/cgroup" /sys/fs/cgroup
mount --bind "$1/resolv.conf" "$(readlink -f /etc/resolv.conf)"
echo ready
exec cat
`;

export interface AirGap {
  /** A process inside, by which `nsenter` and observers find the namespace. */
  readonly pid: number;
  /** The words to put before a command so that it runs inside. */
  readonly enter: readonly string[];
  run(command: string, args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Ends it. Whatever still runs inside keeps the namespace, and only that. */
  close(): Promise<void>;
}

export async function openAirGap(): Promise<AirGap> {
  const folder = mkdtempSync(join(tmpdir(), 'air-gap-'));
  writeFileSync(join(folder, 'resolv.conf'), '# There is no name server here.\n');
  const holder = spawn(
    'unshare',
    ['--net', '--mount', '--propagation', 'private', '--', 'sh', '-c', SET_UP, 'sh', folder],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  await untilFirstWord(holder, 'the air gap');
  const { pid } = holder;
  if (pid === undefined) throw new Error('the holder of the air gap has no pid');
  const enter = ['nsenter', `--target=${pid}`, '--net', '--mount', '--'];
  return {
    pid,
    enter,
    run: (command, args, options) => runCommand('nsenter', [...enter.slice(1), command, ...args], options),
    async close() {
      const ended = once(holder, 'exit');
      holder.stdin.end();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Runs one command in an air gap of its own. */
export async function inAirGap(
  command: string,
  args: readonly string[],
  options?: CommandOptions,
): Promise<CommandResult> {
  const gap = await openAirGap();
  try {
    return await gap.run(command, args, options);
  } finally {
    await gap.close();
  }
}
