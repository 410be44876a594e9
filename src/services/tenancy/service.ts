/**
 * Tenancy as a service: organizations, projects, quotas, and the core kinds every project has.
 */
import type { Kind } from '#kernel/kind.ts';
import type { Service } from '#kernel/service.ts';
import { ConfigMap } from './config-map.ts';
import { Event } from './event.ts';
import { eventExpiry } from './event-expiry.ts';
import { lifecycleAdmission } from './lifecycle-admission.ts';
import { Namespace } from './namespace.ts';
import { namespaceController } from './namespace-controller.ts';
import { Organization } from './organization.ts';
import { type OrganizationControllerOptions, organizationController } from './organization-controller.ts';
import { Quota } from './quota.ts';
import { quotaAdmission } from './quota-admission.ts';
import { quotaController } from './quota-controller.ts';
import { Secret } from './secret.ts';

export interface TenancyOptions extends Pick<OrganizationControllerOptions, 'beforeDestroying' | 'keyring'> {
  /**
   * Every kind that organizations serve, of all services: `() => registry.servedIn('organization')`. A function, because the
   * registry is made from the services, this one among them; it is not called before controllers start or changes come.
   */
  readonly kinds: () => readonly Kind[];
}

export const TENANCY_KINDS: readonly Kind[] = [Organization, Namespace, Quota, Secret, ConfigMap, Event];

export function tenancyService(options: TenancyOptions): Service {
  const { kinds } = options;
  return {
    name: 'tenancy',
    kinds: TENANCY_KINDS,
    admissions: [lifecycleAdmission, quotaAdmission(kinds)],
    controllers: [
      organizationController(options),
      namespaceController(kinds),
      quotaController(kinds),
      eventExpiry,
    ],
  };
}
