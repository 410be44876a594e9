/**
 * Networks as a service: private networks, firewall policies and forwards, and the packet filter that makes them true.
 */
import type { HostsFolder } from '#engines/dnsmasq/hosts-folder.ts';
import type { Incus } from '#engines/incus/client.ts';
import type { FilterClient } from '#engines/nftables/client.ts';
import { hostRanges } from '#engines/nftables/host-addresses.ts';
import { parseCidr } from '#engines/nftables/ipv4.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Kind } from '#kernel/kind.ts';
import type { Logger } from '#kernel/logger.ts';
import type { Realms } from '#kernel/realm.ts';
import type { Service } from '#kernel/service.ts';
import { networkAdmission } from './admission.ts';
import { AddressRange, ForwardPort } from './claims.ts';
import { FirewallPolicy } from './firewall-policy.ts';
import { flowReviewer } from './flow-answers.ts';
import { FlowQuestion } from './flow-question.ts';
import { Forward } from './forward.ts';
import { forwardController } from './forward-controller.ts';
import { networkKeeper } from './keeper.ts';
import { Network } from './network.ts';
import { networkController } from './network-controller.ts';
import { endpointController, policyController } from './policy-controller.ts';
import { ProjectFilter } from './project-filter.ts';
import { RegionFilter } from './region-filter.ts';

export interface NetworkServiceOptions {
  readonly incus: Incus;
  /** `filterClient(socket)` of the agent. */
  readonly filter: FilterClient;
  readonly regionId: string;
  /** Where the names of instances are kept for the networks' DNS. */
  readonly names: HostsFolder;
  /** The kind Instance of the compute service. */
  readonly instanceKind: Kind;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ranges that networks are taken from. */
  readonly pools?: readonly string[];
  /** Prefix length of a network that asks for no range of its own. */
  readonly networkPrefix?: number;
  /** Addresses of this host that forwards may listen on (`hostAddresses()`); the first is the default. */
  readonly forwardAddresses: readonly string[];
  readonly forwardPorts?: { readonly first: number; readonly last: number };
  /** Whether a policy may let instances reach past the region at all. Default: no. */
  readonly egress?: boolean;
  /** Where questions about flows look; not called before all services are made. Absent: nobody answers them. */
  readonly realms?: () => Pick<Realms, 'use'>;
  /** UDP port of this host where the region's time is served; instances are told of it, and find it at port 123 of their gateway. */
  readonly timePort?: number;
  /** Names of what the region serves at gateways. */
  readonly gatewayNames?: readonly string[];
  /** TCP port of this host where objects are served to instances, who find them by HTTPS at their gateway; and the domain that leads there, with all names below it. */
  readonly objects?: { readonly port: number; readonly domain: string } | undefined;
}

/** A part of 10.0.0.0/8 that few others use: 16,384 networks of 253 instances. */
export const DEFAULT_POOLS: readonly string[] = ['10.64.0.0/10'];
export const DEFAULT_NETWORK_PREFIX = 24;
/** Below the ports that Linux opens outgoing connections from. */
export const DEFAULT_FORWARD_PORTS = { first: 20_000, last: 29_999 } as const;

export const NETWORK_KINDS: readonly Kind[] = [
  Network,
  FirewallPolicy,
  Forward,
  FlowQuestion,
  AddressRange,
  ForwardPort,
];

export interface NetworkService extends Service {
  /** The one port whose packets may bear an address, by the packet filter in force in this process; undefined when that is not known. */
  portOf(address: string): string | undefined;
}

export function networkService(options: NetworkServiceOptions): NetworkService {
  const { incus, regionId, names, instanceKind, clock, logger, forwardAddresses, realms } = options;
  const pools = options.pools ?? DEFAULT_POOLS;
  const regionFilter = new RegionFilter({
    client: options.filter,
    regionId,
    outbound: options.egress ?? false,
    ...(options.timePort === undefined ? {} : { timePort: options.timePort }),
    ...(options.objects === undefined ? {} : { objectsPort: options.objects.port }),
    clock,
    logger,
  });
  const filter = new ProjectFilter(regionFilter, { regionId, instanceKind, logger });
  return {
    name: 'network',
    portOf: (address) => regionFilter.portOf(address),
    kinds: NETWORK_KINDS,
    ...(realms === undefined
      ? {}
      : {
          reviews: {
            [FlowQuestion.resource]: flowReviewer({
              realms,
              regionId,
              instanceKind,
              pools: pools.map(poolRange),
              forwardAddresses,
              outbound: options.egress ?? false,
            }),
          },
        }),
    admissions: [
      networkAdmission({
        pools: pools.map(poolRange),
        forwardAddresses,
        forwardPorts: options.forwardPorts ?? DEFAULT_FORWARD_PORTS,
      }),
    ],
    controllers: [
      networkController({
        incus,
        filter,
        regionId,
        names,
        servesTime: options.timePort !== undefined,
        gatewayDomains: options.objects === undefined ? [] : [options.objects.domain],
        ...(options.gatewayNames === undefined ? {} : { gatewayNames: options.gatewayNames }),
        ranges: { pools, prefix: options.networkPrefix ?? DEFAULT_NETWORK_PREFIX, host: hostRanges },
        instanceKind,
      }),
      endpointController(filter, instanceKind, Network),
      policyController(filter, instanceKind),
      forwardController({ filter, regionId, forwardAddresses, instanceKind }),
      networkKeeper({ incus, filter, regionFilter, regionId, names, logger }),
    ],
  };
}

function poolRange(cidr: string) {
  const range = parseCidr(cidr);
  if (!range) throw new TypeError(`network pools: "${cidr}" is not an IPv4 range such as 10.64.0.0/10`);
  return range;
}
