/** The process that serves objects, for the supervisor: as an account of its own, one at a time, started when the region asks for it. */
import { objectsCommand } from '#services/objects/gate/command.ts';
import type { RegionConfig } from '../config/schema.ts';
import { type Accounts, isRoot } from '../embedded/accounts.ts';
import { inOwnMounts, READ_ONLY } from '../embedded/own-mounts.ts';
import { asAccount, type Command, withProgram } from '../embedded/unprivileged.ts';
import type { Layout } from '../layout.ts';
import type { OnDemandDefinition } from '../supervisor/definition.ts';
import { blobsFolder, objectsSocket } from './places.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** glibc keeps what was freed by the thread that had it: uploads that come and go on many would leave some 30 MiB more. */
const MALLOC_ARENA_MAX = '2';

export function objectsDefinition(
  layout: Layout,
  config: RegionConfig,
  accounts: Accounts,
  program: Command = objectsCommand(),
): OnDemandDefinition {
  const folder = config.objects.backend.type === 'filesystem' ? blobsFolder(layout) : undefined;
  const own = () => withProgram(layout.program, onlyWriting(folder, asAccount(accounts.objects, program)));
  return {
    name: 'objects',
    socket: objectsSocket(layout),
    ...(isRoot() ? { gid: accounts.region.gid } : {}),
    // Two would write into the same folder; the next one waits until the one before has ended.
    atOnce_max: 1,
    ...(isRoot() ? own() : program),
    env: { PATH, LANG: 'C.UTF-8', NODE_ENV: 'production', MALLOC_ARENA_MAX },
    cwd: '/',
  };
}

const BUT_FOR = 'mount --bind -- "$1" "$1"; mount -o remount,bind,rw -- "$1"';

/** In mounts of its own, where everything is read-only but one folder, and without message queues or shared memory of others. Takes root, which `command` then gives up. */
const onlyWriting = (folder: string | undefined, program: Command): Command =>
  inOwnMounts(
    {
      script: folder === undefined ? READ_ONLY : `${READ_ONLY}; ${BUT_FOR}`,
      values: folder === undefined ? [] : [folder],
      besides: ['--ipc'],
    },
    program,
  );
