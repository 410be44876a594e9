/**
 * ACME for tenants, put together: the server of every organization, the lists of revoked certificates, and what follows from certificates
 * that end. Made once the realms are open, and once a process.
 */
import type { AccessLog } from '#kernel/access.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Connector } from '#kernel/connect.ts';
import type { Controller } from '#kernel/controller.ts';
import type { WrappedKeyStorage } from '#kernel/keys.ts';
import type { Kind } from '#kernel/kind.ts';
import type { Logger } from '#kernel/logger.ts';
import type { Realms } from '#kernel/realm.ts';
import type { RealmRoute } from '#kernel/route.ts';
import type { RegionIssuers } from '../certificates/issuers.ts';
import { RegionIssuer } from '../certificates/region-issuer.ts';
import type { CertificateTasks } from '../certificates/tasks.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { SealedRecords } from '../sealed-records.ts';
import { AcmeAccount } from './account.ts';
import { AccountServer } from './account-server.ts';
import { bindingAction, bindingKeys } from './accounts.ts';
import { httpChallenge } from './challenge.ts';
import { issuedCertificateController, revocationController } from './controllers.ts';
import { IssuedCertificate } from './issued-certificate.ts';
import { certificatesRoute } from './lists.ts';
import type { InstanceNames } from './names.ts';
import { acmeNonces } from './nonces.ts';
import { OrderServer } from './order-server.ts';
import { Orders } from './orders.ts';
import { Revocation } from './revocation.ts';
import { RevokeServer } from './revoke-server.ts';
import { acmeRoute } from './route.ts';

export const CERTIFICATE_KINDS: readonly Kind[] = [AcmeAccount, IssuedCertificate, Revocation, RegionIssuer];
export const CERTIFICATE_CONTROLLERS: readonly Controller[] = [
  issuedCertificateController,
  revocationController,
];

export interface AcmeOptions {
  /** `https://host:port`, as clients reach the region. */
  readonly apiUrl: () => string;
  /** As the route has them. */
  readonly hostNames?: readonly string[];
  readonly realms: Realms;
  readonly keyring: Pick<Keyring, 'open' | 'clientAuthority'>;
  readonly storage: Pick<WrappedKeyStorage, 'add' | 'get'>;
  readonly records: SealedRecords;
  readonly issuers: RegionIssuers;
  readonly names: InstanceNames;
  readonly accessLog: AccessLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly certificates?: CertificateTasks;
}

export interface Acme {
  readonly routes: readonly RealmRoute[];
  readonly connectors: Readonly<Record<string, Connector>>;
}

export function openAcme(options: AcmeOptions): Acme {
  const { apiUrl, records, clock } = options;
  const bindings = bindingKeys(options);
  const parts = {
    ...options,
    bindings,
    orders: new Orders(records),
    challenge: httpChallenge(clock),
  };
  const servers = {
    accounts: new AccountServer(parts),
    orders: new OrderServer(parts),
    revocations: new RevokeServer(parts),
  };
  return {
    routes: [
      acmeRoute({ ...options, servers, nonces: acmeNonces(records, clock) }),
      certificatesRoute(options),
    ],
    connectors: { [`${AcmeAccount.resource}/eab`]: bindingAction(bindings, apiUrl) },
  };
}
