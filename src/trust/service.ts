/** What trust hands to the composition root: its kinds and what makes them true. */
import type { Service } from '#kernel/service.ts';
import { RoleBinding } from './access/role-binding.ts';
import { ClientCertificate } from './identity/client-certificate.ts';
import { clientCertificateController } from './identity/controller.ts';
import type { Keyring } from './keys/keyring.ts';

export interface TrustServiceOptions {
  readonly keyring: Pick<Keyring, 'clientAuthority'>;
}

export function trustService({ keyring }: TrustServiceOptions): Service {
  return {
    name: 'trust',
    kinds: [RoleBinding, ClientCertificate],
    controllers: [clientCertificateController(keyring)],
  };
}
