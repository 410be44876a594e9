/** The process that serves objects, for the supervisor: as an account of its own, one at a time, started when the region asks for it. */
import { objectsCommand } from '#services/objects/gate/command.ts';
import { type Accounts, isRoot } from '../embedded/accounts.ts';
import { asAccount, withProgram } from '../embedded/unprivileged.ts';
import type { Layout } from '../layout.ts';
import type { OnDemandDefinition } from '../supervisor/definition.ts';
import { objectsSocket } from './places.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export function objectsDefinition(layout: Layout, accounts: Accounts): OnDemandDefinition {
  const program = objectsCommand();
  return {
    name: 'objects',
    socket: objectsSocket(layout),
    ...(isRoot() ? { gid: accounts.region.gid } : {}),
    // Two would write into the same folder; the next one waits until the one before has ended.
    atOnce_max: 1,
    ...(isRoot() ? withProgram(layout.program, asAccount(accounts.objects, program)) : program),
    env: { PATH, LANG: 'C.UTF-8', NODE_ENV: 'production' },
    cwd: '/',
  };
}
