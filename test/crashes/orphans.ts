/**
 * Compares what the host holds for a region with the objects of its API: every instance, snapshot, bridge, name, rule and process must belong to an
 * object, and every object must have what it needs.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readdirSync } from 'node:fs';
import { connectIncus } from '#engines/incus/client.ts';
import { incusSocket } from '#engines/incus/daemon.ts';
import { tableName } from '#engines/nftables/names.ts';
import { wakefulClock } from '#region/clock.ts';
import { readRegionId } from '#region/config/load.ts';
import { engineInstance, engineProject, engineSnapshot } from '#services/compute/names.ts';
import { bridgeName, portPrefix } from '#services/network/names.ts';
import type { Api } from './api.ts';
import type { Found } from './kinds.ts';
import { type Machine, processesNaming } from './machine.ts';

/** What one kind of thing should be, and what is found. */
export interface Comparison {
  readonly what: string;
  readonly should: readonly string[];
  readonly found: readonly string[];
}

/** Comparisons that do not hold; none when all is well. `organization` speaks in the only organization, `operator` in the region. */
export async function findOrphans(machine: Machine, organization: Api, operator: Api): Promise<Comparison[]> {
  const objects = async (api: Api, path: string): Promise<readonly Found[]> => {
    const answer = await api.call('GET', path);
    if (answer?.code !== 200) throw new Error(`GET ${path}: ${answer?.code} ${JSON.stringify(answer?.body)}`);
    return answer.body.items as Found[];
  };
  const { layout } = machine;
  const region = await readRegionId(layout.config);
  if (region === undefined) throw new Error('the region has no id');
  const instances = await objects(organization, '/apis/compute.casemate.internal/v1/instances');
  const snapshots = await objects(organization, '/apis/compute.casemate.internal/v1/instancesnapshots');
  const networks = await objects(organization, '/apis/network.casemate.internal/v1/networks');
  const projects = await objects(organization, '/api/v1/namespaces');
  const ranges = await objects(operator, '/apis/network.casemate.internal/v1/addressranges');
  const uids = (of: readonly Found[]): string[] => of.map(({ metadata }) => metadata.uid);
  const bridges = uids(networks).map(bridgeName);
  const taken = snapshots.filter(({ status }) => status?.takenAt !== undefined);
  const running = instances.filter(({ spec }) => spec?.powerState === 'Running');
  const attached = running.flatMap(({ status }) => (status?.addresses as unknown[] | undefined) ?? []);

  const incus = connectIncus({ socketPath: incusSocket(layout.incus) }, wakefulClock);
  try {
    const held = await incus.instances.listFull();
    const held_projects = (await incus.projects.list()).map(({ name }) => name);
    const held_networks = (await incus.networks.list()).filter(({ managed }) => managed);
    const interfaces = readdirSync('/sys/class/net');
    const commands = [...processesNaming(layout.incus).values()];
    // Incus projects are made with the first instance and go with the last.
    const used = new Set(instances.map(({ metadata }) => metadata.namespace));
    return [
      {
        what: 'instances in Incus',
        should: uids(instances).map(engineInstance),
        found: held.map(({ name }) => name),
      },
      {
        what: 'snapshots in Incus',
        should: uids(taken).map(engineSnapshot),
        found: held.flatMap(({ snapshots: of }) => (of ?? []).map(({ name }) => name)),
      },
      {
        what: 'projects in Incus',
        should: [
          'default',
          ...uids(projects.filter(({ metadata }) => used.has(metadata.name))).map(engineProject),
        ],
        found: held_projects,
      },
      { what: 'networks in Incus', should: bridges, found: held_networks.map(({ name }) => name) },
      {
        what: 'bridges on the host',
        should: bridges,
        found: interfaces.filter(
          (name) =>
            existsSync(`/sys/class/net/${name}/bridge`) && existsSync(`${layout.incus}/networks/${name}`),
        ),
      },
      {
        what: 'interfaces of instances on the host',
        should: attached.map(() => 'one'),
        found: interfaces.filter((name) => name.startsWith(portPrefix(region))).map(() => 'one'),
      },
      { what: 'claimed ranges', should: uids(networks), found: ranges.map(({ spec }) => ownerOf(spec)) },
      { what: 'folders of names', should: bridges, found: readdirSync(layout.names) },
      { what: 'bridges in the packet filter', should: bridges, found: bridgesInFilter(tableName(region)) },
      {
        what: 'processes of dnsmasq',
        should: bridges.map(() => 'one'),
        found: commands.filter((command) => /^\S*dnsmasq /.test(command)).map(() => 'one'),
      },
      {
        what: 'monitors of containers',
        should: running.map(() => 'one'),
        found: commands.filter((command) => command.startsWith('[lxc monitor]')).map(() => 'one'),
      },
      {
        what: 'disks in the pool',
        should: uids(instances).map(engineInstance),
        found: globSync(`${layout.incus}/storage-pools/*/containers/*`).map(
          (path) => path.split('/').at(-1)?.split('_').at(-1) ?? '',
        ),
      },
    ].filter(({ should, found }) => sorted(should) !== sorted(found));
  } finally {
    incus.close();
  }
}

const sorted = (names: readonly string[]): string => names.toSorted().join(' ');

const ownerOf = (spec: Found['spec']): string =>
  (spec?.owner as { uid?: string } | undefined)?.uid ?? 'nobody';

/** Every bridge's name looks like those of the region's networks, so that one that is left over shows. */
function bridgesInFilter(table: string): string[] {
  const text = ['inet', 'bridge']
    .map((family) => execFileSync('nft', ['list', 'table', family, table]).toString())
    .join('\n');
  const named = new Set(text.match(/\bcm[0-9a-f]{12}\b/g) ?? []);
  return [...named];
}

export const describe = (comparisons: readonly Comparison[]): string =>
  comparisons
    .map(({ what, should, found }) => `${what}: should be [${sorted(should)}], found [${sorted(found)}]`)
    .join('\n');
