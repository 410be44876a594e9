/** Workload identity as a service: instances that run as service accounts, without a stored secret. Beside compute, whose kinds it uses. */
import type { Logger } from '#kernel/logger.ts';
import type { Service } from '#kernel/service.ts';
import { AddressLimit } from '#trust/identity/oidc/address-limit.ts';
import type { TokenRights } from '#trust/identity/service-accounts/token-rights.ts';
import { workloadAdmission } from './admission.ts';
import type { ApiDoorParts } from './api-door.ts';
import { gatewayController } from './controller.ts';
import { Gateways } from './gateways.ts';
import { COUNTED_MAX, TOKENS_BURST, TOKENS_PER_SECOND } from './limits.ts';
import type { TokenServerParts } from './token-server.ts';
import type { Ports } from './workloads.ts';

export type GatewayParts = Omit<TokenServerParts, 'limit'> & ApiDoorParts;

/** What the composition root gives; the network service gives the rest. */
export type RegionParts = Omit<GatewayParts, 'ports'>;

export function gatewaysOf(parts: GatewayParts): Gateways {
  const limit = new AddressLimit({
    clock: parts.clock,
    burst: TOKENS_BURST,
    perSecond: TOKENS_PER_SECOND,
    addresses_max: COUNTED_MAX,
  });
  return new Gateways({ ...parts, limit });
}

export interface WorkloadIdentityOptions {
  readonly rights: TokenRights;
  /** What gateways are served with; not called before the region is composed. */
  readonly parts: () => RegionParts;
  readonly ports: Ports;
  readonly logger: Logger;
}

export function workloadIdentityService({ rights, parts, ports, logger }: WorkloadIdentityOptions): Service {
  return {
    name: 'workload-identity',
    kinds: [],
    admissions: [workloadAdmission(rights)],
    controllers: [gatewayController(() => gatewaysOf({ ...parts(), ports }), logger)],
  };
}
