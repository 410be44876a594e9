/**
 * What Incus should hold for an instance, worked out from its object alone, and whether what it holds differs. Pure.
 */
import {
  type Config,
  type Devices,
  INSTANCE_STATUS,
  type IncusInstance,
  type InstanceDraft,
} from '#engines/incus/types.ts';
import { bytes, millicores } from '#kernel/quantity.ts';
import { type InstanceSpec, NETWORKS_MAX } from './instance.ts';
import { isEngineVolume, LABELS, type Owner, projectLabels } from './names.ts';
import type { VolumeDevice } from './volumes.ts';

/** An interface of the instance, settled: which bridge, which address, which ends. */
export interface Nic {
  readonly bridge: string;
  readonly address: string;
  readonly mac: string;
  /** The host's end. */
  readonly port: string;
}

export interface PlanInputs {
  readonly owner: Owner;
  readonly uid: string;
  readonly name: string;
  readonly spec: InstanceSpec;
  readonly nics: readonly Nic[];
  readonly volumes?: readonly VolumeDevice[];
  readonly pool: string;
  /** For cloud-init, beside what the user says. */
  readonly vendorData?: string | undefined;
}

export interface EnginePlan {
  readonly config: Config;
  readonly devices: Devices;
}

/** Processes of one instance: enough for a busy server, too few to choke the host. */
const PROCESSES_MAX = 16_384;

export function planInstance(inputs: PlanInputs): EnginePlan {
  const { spec, uid, name, owner } = inputs;
  const config: Record<string, string> = {
    ...projectLabels(owner),
    [LABELS.uid]: uid,
    [LABELS.name]: name,
    'limits.cpu': String(millicores(spec.cpu) / 1000),
    'limits.memory': `${bytes(spec.memory)}B`,
    // The guest can read its own configuration through it; ours is none of its business.
    'security.guestapi': 'false',
  };
  // Means nothing for a virtual machine, but Incus 6.0.4 of Debian 13 asks for it in every project that is restricted to isolated containers.
  config['security.idmap.isolated'] = 'true';
  if (spec.type === 'container') config['limits.processes'] = String(PROCESSES_MAX);
  if (inputs.vendorData !== undefined) config['cloud-init.vendor-data'] = inputs.vendorData;
  if (spec.userData !== undefined) config['cloud-init.user-data'] = spec.userData;
  if (spec.sshKeys !== undefined && spec.sshKeys.length > 0) {
    // Beside user data, not in it: what the user wrote stays as it is, and both count. JSON strings are YAML.
    const keys = spec.sshKeys.map((key) => `  - ${JSON.stringify(key)}`);
    config['user.meta-data'] = ['public-keys:', ...keys].join('\n');
  }
  const devices: Record<string, Config> = {
    root: { type: 'disk', path: '/', pool: inputs.pool, size: `${bytes(spec.disk)}B` },
  };
  inputs.nics.forEach((nic, index) => {
    devices[`eth${index}`] = {
      type: 'nic',
      network: nic.bridge,
      name: `eth${index}`,
      hwaddr: nic.mac,
      host_name: nic.port,
      'ipv4.address': nic.address,
    };
  });
  for (const { name, path, readOnly, pool = inputs.pool } of inputs.volumes ?? []) {
    devices[name] = {
      type: 'disk',
      pool,
      source: name,
      ...(path === undefined ? {} : { path }),
      ...(readOnly ? { readonly: 'true' } : {}),
    };
  }
  return { config, devices };
}

/**
 * For a clone: the source's interfaces and volumes would come along, so each one that is not ours is taken away by name. `inherited`: what devices
 * the source has.
 */
export function cloneDevices(devices: Devices, inherited: Devices): Devices {
  const result: Record<string, Config> = {};
  for (let index = 0; index < NETWORKS_MAX; index++) result[`eth${index}`] = { type: 'none' };
  for (const name of Object.keys(inherited)) if (isEngineVolume(name)) result[name] = { type: 'none' };
  return { ...result, ...devices };
}

export function draftFromImage(
  name: string,
  type: InstanceSpec['type'],
  plan: EnginePlan,
  fingerprint: string,
): InstanceDraft {
  return { name, type, source: { type: 'image', fingerprint }, profiles: [], ...plan };
}

export function draftFromSnapshot(
  name: string,
  type: InstanceSpec['type'],
  plan: EnginePlan,
  source: string,
  inherited: Devices,
): InstanceDraft {
  return {
    name,
    type,
    source: { type: 'copy', source, instance_only: true },
    profiles: [],
    config: plan.config,
    devices: cloneDevices(plan.devices, inherited),
  };
}

/**
 * What of the plan a virtual machine that runs can be given now. Its memory is what it was started with: Incus never gives it more, and takes
 * some back only as far as its system lets go of it. `later` is what waits for its next start, in words.
 */
export function liveParts(
  current: IncusInstance,
  plan: EnginePlan,
): { readonly plan: EnginePlan; readonly later: readonly string[] } {
  const memory = 'limits.memory';
  const held = current.config[memory];
  const isLive = current.type === 'container' || current.status_code !== INSTANCE_STATUS.running;
  if (isLive || held === undefined || held === plan.config[memory]) return { plan, later: [] };
  return { plan: { ...plan, config: { ...plan.config, [memory]: held } }, later: ['memory'] };
}

const isOwn = (key: string): boolean => key.startsWith('volatile.') || key.startsWith('image.');

/** Whether Incus holds anything else than planned; keys that Incus keeps for itself do not count. */
export function differs(current: IncusInstance, plan: EnginePlan): boolean {
  const config = Object.fromEntries(Object.entries(current.config).filter(([key]) => !isOwn(key)));
  if (!sameConfig(config, plan.config)) return true;
  const names = new Set([...Object.keys(current.devices), ...Object.keys(plan.devices)]);
  return [...names].some((name) => !sameConfig(current.devices[name] ?? {}, plan.devices[name] ?? {}));
}

function sameConfig(left: Config, right: Config): boolean {
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => left[key] === right[key]);
}
