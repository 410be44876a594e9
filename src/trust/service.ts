/** What trust hands to the composition root: its kinds and what makes them true. */

import type { Kind } from '#kernel/kind.ts';
import type { Service } from '#kernel/service.ts';
import { projectBindingController, projectBindingsAdmission } from './access/project-bindings.ts';
import { Guardrail } from './access/guardrail.ts';
import { Role } from './access/role.ts';
import { RoleBinding } from './access/role-binding.ts';
import { wayInAdmission } from './access/way-in.ts';
import type { CertificateTasks } from './certificates/tasks.ts';
import { ClientCertificate } from './identity/client-certificate.ts';
import { clientCertificateController } from './identity/controller.ts';
import type { Keyring } from './keys/keyring.ts';

export interface TrustServiceOptions {
  readonly keyring: Pick<Keyring, 'clientAuthority'>;
  /** Who checks signing requests. Default: this thread. */
  readonly certificates?: CertificateTasks;
  /** The kind of projects (`v1 Namespace`), which bindings may name. */
  readonly projectKind: Kind;
}

export function trustService({ keyring, certificates, projectKind }: TrustServiceOptions): Service {
  return {
    name: 'trust',
    kinds: [Role, RoleBinding, Guardrail, ClientCertificate],
    admissions: [wayInAdmission, projectBindingsAdmission(projectKind)],
    controllers: [clientCertificateController(keyring, certificates), projectBindingController(projectKind)],
  };
}
