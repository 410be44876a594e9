/**
 * The end of an organization's issuers. While its keys are still there each of its issuers is put on the list of the region's issuer that vouched
 * for it, and stays there until it would have expired: what an organization that is no more has signed is refused by whoever asks for lists.
 */
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { ChangeContext, Realm } from '#kernel/realm.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import type { RegionIssuers } from '../certificates/issuers.ts';
import { Revocation } from './revocation.ts';

export interface CessationOptions {
  readonly issuers: Pick<RegionIssuers, 'numbers' | 'byNumber' | 'vouchedBy'>;
  readonly clock: Clock;
}

/**
 * Writes a Revocation into the region for each issuer of the organization that has not expired. Doing it again adds nothing. To be called before
 * the organization's keys are destroyed: an issuer's certificate is kept with its key.
 */
export async function revokeIssuersOf(
  { issuers, clock }: CessationOptions,
  organization: RealmId,
  region: Realm,
  change: ChangeContext,
): Promise<void> {
  for (const number of await issuers.numbers(organization)) {
    const issuer = await issuers.byNumber(organization, number);
    if (issuer === undefined || issuer.notAfter_ms <= clock.now()) continue;
    const parent = await issuers.vouchedBy(issuer.certificate);
    if (parent === undefined) continue;
    const serial = issuer.certificate.serialNumber.toLowerCase();
    const spec = {
      serial,
      issuer: parent.number,
      reason: 'cessationOfOperation',
      revokedAt: rfc3339(clock.now()),
      notAfter: rfc3339(issuer.notAfter_ms),
      certificate: `${organization}/issuer/${number}`,
    };
    try {
      await region.resources.create(
        Revocation,
        undefined,
        { metadata: { name: `${parent.number}-${serial}` }, spec },
        change,
      );
    } catch (error) {
      if (!isStatusError(error, 'AlreadyExists')) throw error;
    }
  }
}
