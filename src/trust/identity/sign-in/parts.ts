/** What the sign-in pages need of the region. */
import type { AccessLog } from '#kernel/access.ts';
import type { Clock } from '#kernel/clock.ts';
import type { RealmKeyring } from '#kernel/keys.ts';
import type { Realms } from '#kernel/realm.ts';

import type { SealedRecords } from '../../sealed-records.ts';
import type { FederatedSignIn } from '../federation/federation.ts';

export interface SignInParts {
  readonly realms: Pick<Realms, 'use' | 'fresh'>;
  readonly keyring: Pick<RealmKeyring, 'open'>;
  readonly records: SealedRecords;
  readonly accessLog: AccessLog;
  readonly clock: Clock;
  /** Signing in with somebody else's provider. Absent: none is offered. */
  readonly federation?: FederatedSignIn;
  /** Where browsers reach the region: `https://region.example:6443`. Invitation links begin with it. */
  readonly url: string;
  /** Host names that the region goes by, in lower case: passkeys are made and used under these. The one in `url` is always one. */
  readonly hostNames?: readonly string[];
}
