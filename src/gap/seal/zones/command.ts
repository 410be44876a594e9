/** How the process that tries to leave from networks is started, as data for whoever supervises it. */
import { fileURLToPath } from 'node:url';
import type { ConfinedCommand } from '../../confined/command.ts';

export interface ZonesCommandOptions {
  /** The Node binary. */
  readonly node: string;
  /** A ping(8) that an account without privileges can start. */
  readonly ping: string;
  readonly uid: number;
  readonly gid: number;
}

/** In a network namespace of its own, as an account without rights, with CAP_NET_ADMIN: it has nothing there but what it is given. Root alone can start it so. */
export const zonesCommand = ({ node, ping, uid, gid }: ZonesCommandOptions): ConfinedCommand => ({
  command: 'unshare',
  args: [
    '--net',
    '--ipc',
    '--',
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    '--inh-caps=-all,+net_admin',
    '--ambient-caps=-all,+net_admin',
    '--bounding-set=-all,+net_admin',
    '--no-new-privs',
    '--',
    node,
    '--max-old-space-size=64',
    fileURLToPath(new URL('./try-networks.ts', import.meta.url)),
    '--ping',
    ping,
  ],
});
