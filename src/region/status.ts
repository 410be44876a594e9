/**
 * What a region is doing, for `casemate status`.
 */
import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { loadConfig } from './config/load.ts';
import type { RegionConfig } from './config/schema.ts';
import type { Layout } from './layout.ts';
import type { SupervisorStatus } from './supervisor/definition.ts';
import { supervisorStatus } from './supervisor/launch.ts';
import { leftovers } from './supervisor/leftovers.ts';

export type RegionState = 'ready' | 'sealed' | 'starting' | 'degraded' | 'stopped' | 'abandoned' | 'absent';

export interface RegionStatus {
  /** `sealed`: it waits for somebody to unseal its master key. `abandoned`: its supervisor was killed, and processes of it are left. */
  readonly state: RegionState;
  readonly data: string;
  readonly name?: string;
  readonly id?: string;
  readonly api?: string;
  readonly kubeconfig?: string;
  /** What holds its keys; absent until it is open. */
  readonly keys?: object;
  readonly supervisor?: SupervisorStatus;
}

export async function regionStatus(layout: Layout): Promise<RegionStatus> {
  if (!existsSync(layout.config)) return { state: 'absent', data: layout.data };
  const config = await loadConfig(layout.config);
  const known = {
    data: layout.data,
    name: config.name,
    id: config.id,
    api: apiUrl(config.listen),
    ...(existsSync(layout.operatorKubeconfig) ? { kubeconfig: layout.operatorKubeconfig } : {}),
  };
  const supervisor = await supervisorStatus(layout);
  if (supervisor === undefined) {
    const left = await leftovers(layout.run.state);
    return { state: left.length > 0 ? 'abandoned' : 'stopped', ...known };
  }
  const keys = supervisor.processes.find((process) => process.keys !== undefined)?.keys;
  return { state: stateOf(supervisor), ...known, ...(keys === undefined ? {} : { keys }), supervisor };
}

function stateOf({ processes }: SupervisorStatus): RegionState {
  const needed = processes.filter((process) => !process.optional);
  if (needed.some((process) => process.failing !== undefined)) return 'degraded';
  if (needed.every((process) => process.state === 'ready')) {
    return needed.some((process) => process.sealed !== undefined) ? 'sealed' : 'ready';
  }
  return needed.some((process) => process.state === 'backoff' || process.restarts > 0)
    ? 'degraded'
    : 'starting';
}

/** Where clients on this machine reach the API: a wildcard address is not one to connect to. */
export function apiUrl(listen: string): string {
  const [, address = '', port = ''] = /^(.*):(\d+)$/.exec(listen) ?? [];
  if (address === '0.0.0.0') return `https://127.0.0.1:${port}`;
  if (address === '[::]') return `https://[::1]:${port}`;
  return `https://${address}:${port}`;
}

/**
 * Where people's browsers reach the region, and what its tokens are issued in the name of: by a name where there is one, because passkeys
 * belong to names and not to addresses. The first of `advertise` that is a name, else the first of it, else where it listens.
 */
export function publicUrl({ listen, advertise }: Pick<RegionConfig, 'listen' | 'advertise'>): string {
  const [, address = '', port = ''] = /^(.*):(\d+)$/.exec(listen) ?? [];
  const advertised = advertise.find((name) => isIP(name) === 0) ?? advertise[0];
  const isHere = ['0.0.0.0', '[::]', '127.0.0.1', '[::1]'].includes(address);
  const host = advertised ?? (isHere ? 'localhost' : address);
  return `https://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}
