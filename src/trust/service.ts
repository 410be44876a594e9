/** What trust hands to the composition root, beside access (`access/service.ts`): its kinds and what makes them true. */

import type { Service } from '#kernel/service.ts';
import { CERTIFICATE_CONTROLLERS, CERTIFICATE_KINDS } from './acme/acme.ts';
import { ClientCertificate } from './identity/client-certificate.ts';
import { clientCertificateController } from './identity/controller.ts';
import { federationAdmission } from './identity/federation/guard.ts';
import { IDENTITY_KINDS } from './identity/kinds.ts';
import { PEOPLE_CONTROLLERS } from './identity/people/controllers.ts';
import { peopleAdmission } from './identity/people/guard.ts';
import { PEOPLE_KINDS } from './identity/people/kinds.ts';
import { removalAdmission } from './identity/people/removal/admission.ts';
import { userRemovalController } from './identity/people/removal/controller.ts';
import type { Keyring } from './keys/keyring.ts';

export interface TrustServiceOptions {
  readonly keyring: Pick<Keyring, 'clientAuthority'>;
}

export function trustService({ keyring }: TrustServiceOptions): Service {
  return {
    name: 'trust',
    kinds: [ClientCertificate, ...PEOPLE_KINDS, ...IDENTITY_KINDS, ...CERTIFICATE_KINDS],
    admissions: [peopleAdmission, removalAdmission, federationAdmission],
    controllers: [
      clientCertificateController(keyring),
      ...PEOPLE_CONTROLLERS,
      ...CERTIFICATE_CONTROLLERS,
      userRemovalController,
    ],
  };
}
