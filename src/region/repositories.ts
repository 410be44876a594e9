/**
 * The processes at repositories of tenants' backups, for the supervisor: as an account of their own, started when the region asks for one. They can write nowhere but into memory, and what they send goes only where the seal
 * lets the region out.
 */
import { join } from 'node:path';
import { repositoryCommand } from '#services/backup/engine/command.ts';
import { AT_ONCE_MAX } from '#services/backup/limits.ts';
import type { RegionConfig } from './config/schema.ts';
import { type Account, type Accounts, isRoot } from './embedded/accounts.ts';
import { inOwnMounts, READ_ONLY } from './embedded/own-mounts.ts';
import { asAccount, type Command, withProgram } from './embedded/unprivileged.ts';
import type { Layout } from './layout.ts';
import type { OnDemandDefinition } from './supervisor/definition.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Those that are still ending are counted too. */
const ENDING_MAX = 2;
/** Packs that are on their way, the password, and what restic writes beside. */
const MEMORY_FOLDER_MIB = 512;

const IN_MEMORY = '/dev/shm';

/** Where one is asked for. */
export const repositoriesSocket = ({ run }: Pick<Layout, 'run'>): string => join(run.folder, 'backup.sock');

export function repositoriesDefinition(
  layout: Layout,
  { id }: Pick<RegionConfig, 'id'>,
  accounts: Accounts,
  program: Command = repositoryCommand(),
): OnDemandDefinition {
  const { backups: account } = accounts;
  const own = () => withProgram(layout.program, inMemory(id, account, asAccount(account, program)));
  return {
    name: 'backup',
    socket: repositoriesSocket(layout),
    ...(isRoot() ? { gid: accounts.region.gid } : {}),
    atOnce_max: AT_ONCE_MAX + ENDING_MAX,
    ...(isRoot() ? own() : program),
    env: { PATH, LANG: 'C.UTF-8', NODE_ENV: 'production', CASEMATE_BACKUP_FOLDER: IN_MEMORY },
    cwd: '/',
  };
}

/**
 * In mounts of its own, all of them read-only, with a folder in memory for it alone; and by a host name of this region, for restic tells its own stale locks by the host's name and a process that is gone.
 * Takes root, which `command` then gives up.
 */
function inMemory(id: string, { uid, gid }: Account, program: Command): Command {
  const options = `mode=0700,uid=${uid},gid=${gid},size=${MEMORY_FOLDER_MIB}m,nosuid,nodev`;
  const name = 'echo "$1" > /proc/sys/kernel/hostname';
  return inOwnMounts(
    {
      script: `${name}; ${READ_ONLY}; mount -t tmpfs -o ${options} tmpfs ${IN_MEMORY}`,
      values: [`casemate-${id}`],
      besides: ['--ipc', '--uts'],
    },
    program,
  );
}
