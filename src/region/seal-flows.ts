/**
 * What the seal lets out because region.yaml says so: an engine of the region on another machine is a part of the region. And whose an address of an instance is.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { contains, parseAddress, parseCidr } from '#engines/nftables/ipv4.ts';
import { SEAL_UNTIL_S_MAX, type SealFlow } from '#engines/nftables/seal/model.ts';
import type { PostgresConnection } from '#engines/postgres/database.ts';
import type { NetworkResolver } from '#gap/seal/resolvers.ts';
import type { ReconcileContext } from '#kernel/controller.ts';
import { organizationRealm } from '#kernel/realm-id.ts';
import { Instance, type InstanceObject } from '#services/compute/instance.ts';
import { gatewayOf } from '#services/network/addresses.ts';
import { AddressRange } from '#services/network/claims.ts';
import type { RegionConfig } from './config/schema.ts';

const STANDARD_PORTS: Readonly<Record<string, number>> = {
  'postgres:': 5_432,
  'postgresql:': 5_432,
  'https:': 443,
  'http:': 80,
};

/** Flows to an external PostgreSQL and to what objects lie in elsewhere, at the addresses that their names lead to now. */
export async function settingsFlows(
  { postgres, objects }: Pick<RegionConfig, 'postgres' | 'objects'>,
  { host, port }: PostgresConnection,
  /** Told of a name that leads nowhere: the region works without what is there. */
  onProblem: (problem: string) => void = () => {},
): Promise<readonly SealFlow[]> {
  const flows: SealFlow[] = [];
  if (postgres.mode === 'external') flows.push(...(await flowTo('settings-postgres', host, port)));
  for (const [field, text] of [
    ['database', objects.database],
    ['backend.endpoint', objects.backend.endpoint],
  ] as const) {
    if (text === undefined) continue;
    const { hostname, port: own, protocol } = new URL(text);
    const id = `settings-objects-${field.replace('.', '-')}`;
    try {
      flows.push(...(await flowTo(id, hostname, own === '' ? STANDARD_PORTS[protocol] : Number(own))));
    } catch (error) {
      onProblem(`objects.${field} in region.yaml: ${error instanceof Error ? error.message : error}`);
    }
  }
  return flows;
}

async function flowTo(
  id: string,
  named: string | undefined,
  port: number | undefined,
): Promise<readonly SealFlow[]> {
  const host = named?.replace(/^\[|\]$/g, '');
  // A socket on this machine is no flow.
  if (host === undefined || port === undefined || host.startsWith('/')) return [];
  const found =
    isIP(host) === 0 ? await lookup(host, { all: true }) : [{ address: host, family: isIP(host) }];
  const to = found.map(({ address, family }) => `${address}/${family === 4 ? 32 : 128}`);
  if (to.length === 0) return [];
  return [{ id, from: 'region', sources: [], protocol: 'tcp', ports: [port], to, until_s: SEAL_UNTIL_S_MAX }];
}

/** `hospital/ward/lan`: the organization, project and network that an address was given to. */
export function whoseAddress(address: string, { realm }: ReconcileContext): string | undefined {
  const number = parseAddress(address);
  if (number === undefined) return undefined;
  for (const { spec } of realm.view.list(AddressRange)) {
    const range = parseCidr(spec.cidr);
    if (range === undefined || spec.owner === undefined || !contains(range, number)) continue;
    return `${spec.owner.organization}/${spec.owner.project}/${spec.owner.name}`;
  }
  return undefined;
}

/** `hospital/ward/web`: the instance that has an address now, by its own organization's word. */
export async function instanceAtAddress(
  address: string,
  context: ReconcileContext,
): Promise<string | undefined> {
  const [organization, project] = whoseAddress(address, context)?.split('/') ?? [];
  if (organization === undefined) return undefined;
  try {
    return await context.realms.use(organizationRealm(organization), ({ view }) => {
      const found = (view.list(Instance, project) as InstanceObject[]).find(({ status }) =>
        status?.addresses?.some((one) => one.address === address),
      );
      return found && `${organization}/${project}/${found.metadata.name}`;
    });
  } catch {
    // Gone, or closed for want of its keys: the network is known all the same.
    return undefined;
  }
}

/** The name servers of all networks: each at its gateway. */
export function networkResolvers({ realm }: ReconcileContext): NetworkResolver[] {
  return realm.view.list(AddressRange).flatMap(({ spec }) => {
    if (spec.owner === undefined) return [];
    const { organization, project, name } = spec.owner;
    return [{ address: gatewayOf(spec.cidr), whose: `${organization}/${project}/${name}` }];
  });
}
