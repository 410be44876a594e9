/**
 * How to start the agent, as data for whoever supervises it.
 */
import { fileURLToPath } from 'node:url';

export interface AgentCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * The command that starts the agent as root's uid with the region's group, CAP_NET_ADMIN as its only capability and no way
 * to gain another. The supervisor makes the folders of `socket` and `state` beforehand: owned by root, writable by root
 * alone, the socket's folder enterable by the region's group (`root:<gid> 0750`).
 */
export function agentCommand(options: {
  /** The Node binary. */
  readonly node: string;
  /** Of Node itself. */
  readonly flags?: readonly string[];
  readonly region: string;
  readonly socket: string;
  readonly state: string;
  /** Primary group of the region process. */
  readonly gid: number;
  /** Whether the seal only counts what leaves undeclared, instead of dropping it. */
  readonly sealObserves?: boolean;
}): AgentCommand {
  return {
    command: 'setpriv',
    args: [
      '--regid',
      String(options.gid),
      '--clear-groups',
      '--inh-caps=-all,+net_admin',
      '--bounding-set=-all,+net_admin',
      '--no-new-privs',
      '--',
      options.node,
      ...(options.flags ?? []),
      fileURLToPath(new URL('./agent.ts', import.meta.url)),
      '--socket',
      options.socket,
      '--region',
      options.region,
      '--state',
      options.state,
      ...(options.sealObserves === true ? ['--seal-observes'] : []),
    ],
  };
}
