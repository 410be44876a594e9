/**
 * Which services this region offers: one line each. Everything they need is made in `compose.ts`.
 */
import type { RealmKeyring } from '#kernel/keys.ts';
import type { Kind } from '#kernel/kind.ts';
import type { Service } from '#kernel/service.ts';
import { Namespace } from '#services/tenancy/namespace.ts';
import { tenancyService } from '#services/tenancy/service.ts';
import type { Keyring } from '#trust/keys/keyring.ts';
import { trustService } from '#trust/service.ts';

export interface ServiceParts {
  readonly keyring: Keyring & RealmKeyring;
  /** Kinds that organizations serve; not to be called before all services are made. */
  readonly organizationKinds: () => readonly Kind[];
}

export function regionServices({ keyring, organizationKinds }: ServiceParts): readonly Service[] {
  return [
    trustService({ keyring, projectKind: Namespace }),
    tenancyService({ keyring, kinds: organizationKinds }),
  ];
}
