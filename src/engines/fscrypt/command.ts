/** How the agent is started, as data for whoever supervises it. */
import { fileURLToPath } from 'node:url';
import { lockFile } from './folders.ts';

export interface AgentCommand {
  readonly command: string;
  readonly args: readonly string[];
}

const CAPABILITY = '-all,+sys_admin';

/** One at a time, whoever starts it: it waits for the one before. As root's uid, with one of root's capabilities and no way to another. */
export const agentCommand = (node: string, folder: string): AgentCommand => ({
  command: 'flock',
  args: [
    '--no-fork',
    lockFile(folder),
    'setpriv',
    `--inh-caps=${CAPABILITY}`,
    `--bounding-set=${CAPABILITY}`,
    '--no-new-privs',
    '--',
    node,
    '--max-old-space-size=64',
    fileURLToPath(new URL('./agent.ts', import.meta.url)),
    '--folder',
    folder,
  ],
});
